import pytest
from prometheus_client.parser import text_string_to_metric_families

from webui.api.health import Health


def test_whoever_answers_is_alive(client, runtime):
    runtime.ready = False
    assert client.get("/live").json == {"live": True}


def test_a_ready_runtime_is_ready(client):
    answer = client.get("/ready")
    assert (answer.status, answer.json) == (200, {"ready": True})


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
    }
    assert found["oppleo_flow_info", ("flow", "charge-point"), ("simulated", "true")] == 1
    assert found["oppleo_flow_start_time_seconds",] == runtime.started_at.timestamp()
    assert found["oppleo_flow_ready",] == 1
    assert found["oppleo_flow_web_streams",] == 0


def test_every_family_says_its_type_and_what_it_counts(client):
    families = list(text_string_to_metric_families(client.get("/metrics").body.decode()))
    assert [family.type for family in families if family.type == "unknown"] == []
    assert [family.name for family in families if not family.documentation] == []


@pytest.mark.parametrize("name", ['a "b"', "a\\b", "a\nb", "é"])
def test_a_label_may_hold_any_text(make_runtime, feed, name):
    runtime = make_runtime((name, "drop-in"))
    text = Health(runtime, feed).metrics()
    assert samples(text)["oppleo_flow_node_sent_total", ("node", name), ("type", "drop-in")] == 0
