"""Taps and traces over the API, of a real flow on a real socket."""

import json
import threading
from contextlib import ExitStack, closing
from dataclasses import replace
from http.client import HTTPConnection
from urllib.parse import urlencode

import pytest

from oppleo_flow import Node, NodeConfig, SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import GraphFlow
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from webui.access import Demo
from webui.api import looking
from webui.server import listen

PATIENCE_S = 20.0
FAR = "other/store.b"  # the node `b` inside the instance `store` of a subflow, in the flow `other`


class Doubled(Node[NodeConfig]):
    """Return twice what comes in."""

    type_name = "doubled"

    def on_message(self, value: int) -> int:
        return 2 * value


@pytest.fixture
def flow():
    """Return a running flow, one node of which is inside a subflow of another flow."""
    nodes = {"a": plan(Doubled), "b": plan(Doubled), "end": plan(Collect)}
    graph = graph_of(nodes, ["a.out > b.in", "b.out > end.in"])
    into, out_of = graph.wires
    far = replace(graph.nodes["b"], id=FAR)
    made = Runtime(
        replace(
            graph,
            nodes={"a": graph.nodes["a"], FAR: far, "end": graph.nodes["end"]},
            flows=(GraphFlow("", "test", "", ""), GraphFlow("other/", "other", "", "")),
            wires=(replace(into, target_node=FAR), replace(out_of, source_node=FAR)),
        ),
        clock=SystemClock(),
        site=BenchSite(),
    )
    made.start()
    assert made.wait_settled(PATIENCE_S)
    yield made
    made.stop()


@pytest.fixture
def server(flow, tmp_path):
    with listen(flow, access=Demo(), clock=SystemClock(), port=0, built_page=tmp_path) as made:
        yield made.start()


@pytest.fixture
def ask(server):
    """Return a function that asks and gives the answer, with its body still to be read."""
    with ExitStack() as open_:

        def get(path, **query):
            asking = open_.enter_context(
                closing(HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S))
            )
            asking.request("GET", f"/api/v1/{path}?{urlencode(query, doseq=True)}")
            return asking.getresponse()

        yield get


def next_event(answer):
    """Return the data of the next event; None at the end."""
    while line := answer.readline():
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "data":
            return json.loads(value)
    return None


def watch_opening(flow):
    """Return what is set when somebody has begun to trace."""
    opened, trace = threading.Event(), flow.trace

    def opening(*args, **more):
        traces = trace(*args, **more)
        opened.set()
        return traces

    flow.trace = opening
    return opened


def test_a_tap_is_a_stream_of_messages(ask, flow):
    tap = ask("taps", node=FAR, port="out")
    assert (tap.status, tap.headers["Content-Type"]) == (200, "text/event-stream")
    flow.inject("a", "in", 3)
    (message,) = next_event(tap)["messages"]

    assert (message["type"], message["value"], message["source"]) == ("int", 12, "test/inject")
    assert (message["node"], message["port"]) == (FAR, "out")
    assert message["id"] == message["trace_id"]
    assert message["began_at"] <= message["at"]


def test_one_stream_taps_many_outputs(ask, flow):
    tap = ask("taps", at=["a", f"{FAR}.out", "a.out"])
    flow.inject("a", "in", 3)
    seen = []
    while len(seen) < 2:
        seen += next_event(tap)["messages"]
    assert [(one["node"], one["port"], one["value"]) for one in seen] == [
        ("a", "out", 6),
        (FAR, "out", 12),
    ]


def test_one_stream_counts_what_it_missed_of_all_its_outputs(ask, flow, monkeypatch):
    monkeypatch.setattr(looking, "_AT_ONCE", 2)
    tap = ask("taps", at=["a", FAR])
    heard = missed = 0
    for number in range(50):
        flow.inject("a", "in", number)
    while heard + missed < 100:
        event = next_event(tap)
        assert len(event["messages"]) <= 2
        heard += len(event["messages"])
        missed += event["missed"]
    assert (heard + missed, missed > 0) == (100, True)


def test_of_many_outputs_none_is_tapped_if_one_is_not_there(ask, flow):
    assert ask("taps", at=["a", "b"]).status == 422
    assert ask("taps", at=["a"] * (looking.MOST_OUTPUTS + 1)).status == 422
    assert len(flow._watching._taps) == 0


def test_what_a_browser_missed_is_counted(ask, flow, monkeypatch):
    monkeypatch.setattr(looking, "_AT_ONCE", 2)
    tap = ask("taps", node="a", port="out")
    flow.inject("a", "in", 0)
    seen = next_event(tap)
    for number in range(1, 50):
        flow.inject("a", "in", number)
    while sum(len(event) for event in [seen["messages"]]) + seen["missed"] < 50:
        event = next_event(tap)
        seen["messages"] += event["messages"]
        seen["missed"] += event["missed"]
    assert seen["messages"][-1]["value"] == 98


def test_a_trace_answers_with_the_way_of_the_next_messages(ask, flow):
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask("traces", count=1, node="a")))
    opened = watch_opening(flow)
    asking.start()
    assert opened.wait(PATIENCE_S)
    flow.inject("a", "in", 3)
    asking.join(PATIENCE_S)
    (found,) = json.loads(answers[0].read())["traces"]

    assert found["source"] == "test/inject"
    assert found["test"] is None  # nothing leads into the input
    assert [(step["node"], step["payload"]["value"]) for step in found["steps"]] == [
        ("a", 3),
        (FAR, 6),
        ("end", 12),
    ]
    assert found["steps"][1]["sent"] == [{"port": "out", "type": "int", "value": 12}]
    assert all(step["took_us"] >= 0 for step in found["steps"])


def test_a_trace_comes_as_a_test_of_the_flow_too(ask, flow):
    answers = []
    asking = threading.Thread(target=lambda: answers.append(ask("traces", node=FAR)))
    opened = watch_opening(flow)
    asking.start()
    assert opened.wait(PATIENCE_S)
    flow.inject(FAR, "in", 6)
    asking.join(PATIENCE_S)
    (found,) = json.loads(answers[0].read())["traces"]
    assert found["test"].splitlines()[2:] == [
        "  do:",
        "    - send: {a.out: 6}",
        "    - expect:",
        f"        {FAR}: 6",
        "        end: 12",
    ]


def test_without_a_message_it_answers_when_time_is_up(ask):
    assert json.loads(ask("traces", wait=1).read()) == {"traces": []}


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        ("taps", {"node": "a"}, 422, "no-port"),
        ("taps", {"port": "out"}, 422, "no-node"),
        ("taps", {"node": "b", "port": "out"}, 404, "no-such-output"),
        ("taps", {"node": "a", "port": "in"}, 404, "no-such-output"),
        ("taps", {"at": ""}, 422, "wrong-query"),
        ("taps", {"at": b"a.\xff"}, 422, "wrong-query"),
        ("traces", {"node": "b"}, 404, "no-such-node"),
        ("traces", {"count": "0"}, 422, "wrong-query"),
        ("traces", {"wait": "61"}, 422, "wrong-query"),
    ],
)
def test_what_cannot_be_looked_at_is_a_problem(ask, path, query, status, code):
    answer = ask(path, **query)
    assert (answer.status, json.loads(answer.read())["code"]) == (status, code)


def test_only_a_few_may_look_and_those_that_were_refused_hold_no_place(ask):
    for _ in range(looking.MOST_LOOKING + 1):
        ask("taps", node="nobody", port="out").read()
    for _ in range(looking.MOST_LOOKING):
        assert ask("taps", node="a", port="out").status == 200
    refused = ask("taps", node="a", port="out")
    assert (refused.status, json.loads(refused.read())["code"]) == (503, "too-many-looking")
    assert refused.headers["Retry-After"] == "10"


def test_stopping_the_server_ends_the_streams_and_closes_the_taps(ask, server, flow):
    tap = ask("taps", node="a", port="out")
    server.stop()
    assert next_event(tap) is None
    taken = [flow.tap("a", "out") for _ in range(100)]
    assert len(taken) == 100
