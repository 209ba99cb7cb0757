"""What machines watch, of a runtime that is moved by hand and of one that runs."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import oppleo_flow
from oppleo_flow import Level, Node, NodeConfig, VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.vitals import Vitals
from oppleo_flow.store.location import Written
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from webui.access import Closed
from webui.api import metrics
from webui.api.health import Health
from webui.ports import SiteFacts


def test_a_runtime_whose_dispatcher_turns_is_alive_be_it_ready_or_not(client, runtime):
    runtime.ready = False
    assert client.get("/live").json == {"live": True}


@pytest.mark.parametrize(
    ("turn_age_s", "detail"),
    [
        (2.5, "the dispatcher has not turned for 2.5 s; at most 2 s is alive"),
        (None, "the dispatcher does not run; at most 2 s is alive"),
    ],
)
def test_one_whose_dispatcher_hangs_is_not(client, runtime, turn_age_s, detail):
    runtime.vital = replace(runtime.vital, turn_age_s=turn_age_s)
    answer = client.get("/live")
    assert (answer.status, answer.json["code"], answer.json["detail"]) == (503, "not-alive", detail)


def test_each_node_and_connection_that_is_not_ready_is_named(client, runtime):
    runtime.ready = False
    runtime.change("meter", started=False)
    runtime.change("led", started=False, disabled=True)
    runtime.vital = replace(runtime.vital, connections={"bus": False, "db": True})
    assert client.get("/ready").json["reasons"] == [
        "node 'meter': has not started yet",
        "connection 'bus': is not open",
    ]


def test_what_is_written_to_the_ledger_and_to_storage_is_counted(runtime, feed):
    site = SiteFacts(ledger=Written(commits=3, value_bytes=1200))
    found = samples(Health(runtime, feed, site).metrics())
    assert found[("oppleo_flow_ledger_commits_total",)] == 3
    assert found[("oppleo_flow_ledger_written_bytes_total",)] == 1200
    assert found[("process_storage_written_bytes_total",)] >= 0


def test_a_ready_runtime_is_ready(client):
    answer = client.get("/ready")
    assert (answer.status, answer.json) == (200, {"ready": True, "connections": {}, "levels": []})


def test_the_age_of_the_last_reading_and_each_connection_are_told(make_client, runtime):
    client = make_client(site=SiteFacts(clock=VirtualClock(NOON)))
    runtime.vital = replace(runtime.vital, connections={"rs485": True})
    runtime.set("meter", "reading", 5, since=NOON - timedelta(seconds=12.5))
    runtime.set("evse_state", "state", "A", since=NOON, fresh=False)
    answer = client.get("/ready").json
    assert answer == {
        "ready": True,
        "connections": {"rs485": True},
        "levels": [
            {"node": "evse_state", "port": "state", "fresh": False, "age_s": 0.0},
            {"node": "meter", "port": "reading", "fresh": True, "age_s": 12.5},
        ],
    }


def test_a_runtime_that_is_not_ready_says_why(client, runtime):
    runtime.ready = False
    runtime.fault("meter", "port /dev/ttyUSB0 is not there")
    runtime.fault("rfid", "SPI bus 0 is not there")
    answer = client.get("/ready")
    assert answer.status == 503
    assert answer.json == {
        "title": "Service Unavailable",
        "status": 503,
        "code": "not-ready",
        "detail": "node 'rfid': SPI bus 0 is not there; "
        "node 'meter': port /dev/ttyUSB0 is not there",
        "reasons": [
            "node 'rfid': SPI bus 0 is not there",
            "node 'meter': port /dev/ttyUSB0 is not there",
        ],
        "connections": {},
        "levels": [],
    }


def samples(text):
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_prometheus_reads_the_counters_of_every_node(client, runtime):
    runtime.change(
        "meter", received=10, sent=9, failed=1, dropped=2, made_safe="stale", waiting=3, spooled=4
    )
    runtime.fault("meter", "silent")
    answer = client.get("/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(answer.body.decode())
    meter = (("node", "meter"), ("type", "modbus-meter"))
    assert {name: value for (name, *labels), value in found.items() if tuple(labels) == meter} == {
        "oppleo_flow_node_received_total": 10,
        "oppleo_flow_node_sent_total": 9,
        "oppleo_flow_node_failed_total": 1,
        "oppleo_flow_node_dropped_total": 2,
        "oppleo_flow_node_inbox_messages": 3,
        "oppleo_flow_node_spool_messages": 4,
        "oppleo_flow_node_faults": 1,
        "oppleo_flow_node_made_safe": 1,
        "oppleo_flow_node_started": 1,
    }
    fault = ("oppleo_flow_node_fault", ("code", "fault"), *meter)
    assert found[fault] == 1
    assert found["oppleo_flow_info", ("flow", "charge-point"), ("simulated", "true")] == 1
    assert found["oppleo_flow_start_time_seconds",] == runtime.started_at.timestamp()
    assert found["oppleo_flow_ready",] == 1
    assert found["oppleo_flow_web_streams",] == 0


def test_prometheus_reads_how_long_the_handlers_of_a_node_took(client, runtime):
    within = (0, 0, 1, 1, 3, 3, 3, 3, 3, 3, 3, 3, 4, 5)
    runtime.change("meter", timed=5, timed_s=12.5, timed_within=within)
    text = client.get("/metrics").body.decode()
    name = "oppleo_flow_node_handler_seconds"
    (family,) = [f for f in text_string_to_metric_families(text) if f.name == name]
    assert (family.type, family.documentation) == (
        "histogram",
        "Time in handlers, sampled: of the messages in a straight run of nodes the first 100 of "
        "each half second are timed and then one in 64, of others all.",
    )
    labels = {"node": "meter", "type": "modbus-meter"}
    assert {sample.labels["node"] for sample in family.samples} == {"meter"}
    buckets = [(s.labels["le"], s.value) for s in family.samples if s.name == f"{name}_bucket"]
    assert dict(buckets) == {
        "1e-05": 0, "3e-05": 0, "0.0001": 1, "0.0003": 1, "0.001": 3, "0.003": 3, "0.01": 3,
        "0.03": 3, "0.1": 3, "0.3": 3, "1.0": 3, "3.0": 3, "10.0": 4, "+Inf": 5,
    }  # fmt: skip
    rest = [(s.name, s.labels, s.value) for s in family.samples if "le" not in s.labels]
    assert rest == [(f"{name}_sum", labels, 12.5), (f"{name}_count", labels, 5)]


def test_every_family_says_its_type_and_what_it_counts(client):
    families = list(text_string_to_metric_families(client.get("/metrics").body.decode()))
    assert [family.type for family in families if family.type == "unknown"] == []
    assert [family.name for family in families if not family.documentation] == []


@pytest.mark.parametrize("name", ['a "b"', "a\\b", "a\nb", "é"])
def test_a_label_may_hold_any_text(make_runtime, feed, name):
    runtime = make_runtime((name, "drop-in"))
    text = Health(runtime, feed).metrics()
    assert samples(text)["oppleo_flow_node_sent_total", ("node", name), ("type", "drop-in")] == 0


def test_prometheus_reads_how_the_runtime_is(client, runtime):
    runtime.vital = Vitals(
        uptime_s=12.5,
        turn_age_s=0.2,
        lag_s=0.25,
        worst_lag_s=0.75,
        state_commits=3,
        state_bytes=400,
        connections={"bus": True, "other/db": False},
    )
    runtime.set("meter", "reading", 7, fresh=False, since=NOON)
    found = samples(client.get("/metrics").body.decode())
    level = (("node", "meter"), ("port", "reading"), ("type", "modbus-meter"))
    assert {
        key: value
        for key, value in found.items()
        if not key[0].startswith(("oppleo_flow_node", "process_"))
        and key[0] not in ("oppleo_flow_build_info", "oppleo_flow_start_time_seconds")
    } == {
        ("oppleo_flow_info", ("flow", "charge-point"), ("simulated", "true")): 1,
        ("oppleo_flow_ready",): 1,
        ("oppleo_flow_alive",): 1,
        ("oppleo_flow_uptime_seconds",): 12.5,
        ("oppleo_flow_loop_lag_seconds",): 0.25,
        ("oppleo_flow_loop_lag_worst_seconds",): 0.75,
        ("oppleo_flow_state_commits_total",): 3,
        ("oppleo_flow_state_written_bytes_total",): 400,
        ("oppleo_flow_connection_open", ("connection", "bus")): 1,
        ("oppleo_flow_connection_open", ("connection", "other/db")): 0,
        ("oppleo_flow_level_fresh", *level): 0,
        ("oppleo_flow_level_set_time_seconds", *level): NOON.timestamp(),
        ("oppleo_flow_web_streams",): 0,
    }
    version = ("version", oppleo_flow.__version__)
    assert any(key[0] == "oppleo_flow_build_info" and version in key for key in found)


def test_what_the_process_uses_is_told(client):
    found = samples(client.get("/metrics").body.decode())
    assert found["process_cpu_seconds_total",] > 0
    assert found["process_resident_memory_bytes",] > 1_000_000


def test_memory_that_the_system_does_not_tell_is_left_out(client, monkeypatch):
    monkeypatch.setattr(metrics, "_MEMORY", Path("/nowhere"))
    found = samples(client.get("/metrics").body.decode())
    assert ("process_resident_memory_bytes",) not in found
    assert ("process_cpu_seconds_total",) in found


class Doubled(Node[NodeConfig]):
    """Return twice what comes in, and keep it."""

    type_name = "doubled"
    last: Level[int]
    total: int = 0

    def on_message(self, value: int) -> int:
        self.total += value
        self.last.set(value)
        return 2 * value


def test_the_counts_of_a_real_flow_are_those_of_its_messages(feed):
    nodes = {"a": plan(Doubled, durable=True), "b": plan(Doubled), "end": plan(Collect)}
    graph = graph_of(nodes, ["a.out > b.in", "b.out > end.in"])
    runtime = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    before = runtime.vitals()
    runtime.start()
    for value in (1, 2, 3):
        runtime.inject("a", "in", value)
    runtime.run_for(60.0)
    found = samples(Health(runtime, feed).metrics())
    runtime.stop()

    by_node = {
        (name.removeprefix("oppleo_flow_node_"), dict(labels).get("node")): value
        for (name, *labels), value in found.items()
    }
    assert [by_node["received_total", node] for node in ("a", "b", "end")] == [3, 3, 3]
    assert [by_node["handler_seconds_count", node] for node in ("a", "b", "end")] == [3, 3, 3]
    assert by_node["handler_seconds_sum", "a"] == 0  # in virtual time nothing takes any
    of_a = {"node": "a", "type": "doubled"}
    at_once = ("oppleo_flow_node_handler_seconds_bucket", ("le", "1e-05"), *of_a.items())
    assert found[at_once] == 3
    assert found["oppleo_flow_state_commits_total",] == 3
    assert found["oppleo_flow_state_written_bytes_total",] > 0
    assert found["oppleo_flow_uptime_seconds",] == 60
    assert (before.alive, runtime.vitals().alive) == (False, False)


def test_a_passer_by_is_told_whether_it_is_ready_and_nothing_of_the_site(make_client, runtime):
    passer_by = make_client(access=Closed())
    assert passer_by.get("/ready").json == {"ready": True}
    runtime.ready = False
    runtime.fault("meter", "secret.example does not answer")
    answer = passer_by.get("/ready")
    assert (answer.status, answer.json["detail"]) == (
        *(503,),
        "not every node runs; sign in to see which",
    )
    assert "secret.example" not in answer.body.decode()
