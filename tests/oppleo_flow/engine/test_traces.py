"""Traces: the way of a message, node by node, with what left each and what went wrong."""

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow import Node, NodeConfig
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine import traces as traces_module
from oppleo_flow.engine import watching
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.traces import Trace
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.oppleo_flow.engine.watched_chain import (
    Arrivals,
    Door,
    Doubled,
    Odd,
    Sent,
    Slow,
    chain,
    counts,
    longest_run,
)

PATIENCE_S = 10.0


def send(runtime: Runtime, *values: int, node: str = "a") -> None:
    for value in values:
        runtime.inject(node, "in", value)
        runtime.run_for(0)


def way(trace: Trace) -> list[tuple[Any, ...]]:
    """Return each step as node, port in, payload and what left."""
    return [(s.node, s.port, s.payload, *s.sent) for s in trace.steps]


def test_a_trace_has_the_way_of_a_message_with_the_payload_at_each_step(run):
    runtime = run(chain())
    traces = runtime.trace()
    send(runtime, 3, 4)
    (trace,) = traces.so_far()

    assert (trace.source, trace.began_at, trace.cut) == ("test/inject", NOON, False)
    assert way(trace) == [
        ("a", "in", 3, ("out", 6)),
        ("b", "in", 6, ("out", 12)),
        ("c", "in", 12, ("out", 24)),
        ("end", "in", 24),
    ]
    assert all(step.took_us is not None and step.failure is None for step in trace.steps)


def test_as_many_are_followed_as_asked_for_and_no_part_of_another(run):
    runtime = run(chain(b=Slow))
    traces = runtime.trace(2)
    send(runtime, 1, 2, 3)

    assert [trace.steps[0].payload for trace in traces.so_far()] == [1, 2]
    assert [len(trace.steps) for trace in traces.so_far()] == [4, 4]


def test_those_that_begin_at_a_node_are_told_from_the_rest(run):
    runtime = run(chain())
    traces = runtime.trace(5, node="b")
    send(runtime, 1)
    send(runtime, 2, node="b")

    (trace,) = traces.so_far()
    assert [step.node for step in trace.steps] == ["b", "c", "end"]


def test_what_is_under_way_when_it_opens_is_not_followed(run):
    runtime = run(chain(b=Sent))
    runtime.inject("a", "in", 1)
    traces = runtime.trace(5)
    runtime.run_for(0)
    assert traces.so_far() == ()


def test_a_timer_that_sends_nothing_begins_no_message(run):
    class Idle(Node[NodeConfig]):
        type_name = "idle"

        def start(self) -> None:
            self.every(1.0, lambda: None)

    runtime = run(graph_of({"idle": plan(Idle)}))
    traces = runtime.trace(5, within_s=1000.0)
    runtime.run_for(100.0)
    assert traces.so_far() == ()


def test_a_failure_is_told_with_what_follows_from_it(run):
    graph = chain()
    wired = graph_of(
        {**dict(graph.nodes), "alarm": plan(Collect)},
        ["a.out > b.in", "b.out > c.in", "c.out > end.in", "flow.errors > alarm.in"],
    )
    runtime = run(wired)
    traces = runtime.trace()
    send(runtime, -1)

    (trace,) = traces.so_far()
    failed, told, alarm = trace.steps
    assert failed.failure == "ValueError: cannot be doubled"
    ((port, failure),) = failed.sent
    assert (port, type(failure)) == ("error", Failure)
    assert (told.node, told.port, told.took_us, told.sent) == (
        "flow",
        None,
        None,
        (("errors", failure),),
    )
    assert (alarm.node, alarm.payload) == ("alarm", failure)


def test_each_try_is_a_step(run):
    class Touchy(Node[NodeConfig]):
        type_name = "touchy"
        tries: int = 0

        def on_message(self, value: int) -> None:
            self.tries += 1
            if self.tries == 1:
                raise OSError("not now")

    again = OnError(retry=2, backoff_min_s=1.0, backoff_max_s=1.0)
    runtime = run(graph_of({"a": plan(Touchy, on_error=again)}))
    traces = runtime.trace()
    send(runtime, 1)
    runtime.run_for(1.5)

    (trace,) = traces.so_far()
    assert [step.failure for step in trace.steps] == ["OSError: not now", None]


def test_a_message_is_followed_over_a_durable_wire(run):
    durable = graph_of(
        {"a": plan(Doubled), "b": plan(Doubled), "end": plan(Collect)},
        ["a.out >> b.in", "b.out > end.in"],
    )
    runtime = run(durable)
    traces = runtime.trace()
    send(runtime, 1)

    (trace,) = traces.so_far()
    assert way(trace) == [
        ("a", "in", 1, ("out", 2)),
        ("b", "in", 2, ("out", 4)),
        ("end", "in", 4),
    ]


def test_a_message_that_goes_in_a_circle_is_cut(run, monkeypatch):
    monkeypatch.setattr(traces_module, "MOST_STEPS", 10)

    class Countdown(Node[NodeConfig]):
        type_name = "countdown"

        def on_message(self, value: int) -> int | None:
            return value - 1 if value else None

    runtime = run(graph_of({"a": plan(Countdown)}, ["a.out > a.in"]))
    traces = runtime.trace()
    send(runtime, 100)
    (trace,) = traces.so_far()
    assert (len(trace.steps), trace.cut) == (10, True)


def test_nothing_is_fused_while_somebody_looks_and_all_is_when_it_has_ended(run):
    runtime = run(chain())
    send(runtime, 1)
    traces = runtime.trace(1)
    send(runtime, 1)
    assert longest_run(runtime) == ()
    assert not traces.ended
    runtime.run_for(watching.LINGER_S)
    assert traces.ended
    send(runtime, 1)
    assert longest_run(runtime) == ("a", "b", "c", "end")
    assert counts(runtime) == {"a": (3, 3), "b": (3, 3), "c": (3, 3), "end": (3, 0)}


def test_a_trace_that_nobody_closes_ends_by_itself(run):
    runtime = run(chain())
    traces = runtime.trace(10, within_s=60.0)
    send(runtime, 1)
    runtime.run_for(60.0)
    assert traces.ended
    assert len(traces.wait(0)) == 1
    send(runtime, 1)
    assert longest_run(runtime) == ("a", "b", "c", "end")


def test_two_that_look_do_not_disturb_each_other(run):
    runtime = run(chain())
    first = runtime.trace(5)
    second = runtime.trace(5)
    tap = runtime.tap("b", "out")
    send(runtime, 1)
    first.close()
    send(runtime, 2)

    assert [t.steps[0].payload for t in first.so_far()] == [1]
    assert [t.steps[0].payload for t in second.so_far()] == [1, 2]
    assert [message.payload for message in iter(lambda: tap.get(0), None)] == [4, 8]


def test_a_probe_of_the_runtime_is_told_as_before(run):
    class Stubbing:
        def left(self, node: str, port: str, payload: Any, envelope: Any) -> None:
            left.append((node, port, payload))

        def call_of(self, node: Any, item: Item) -> Any:
            return (lambda value: value + 100) if node.node_id == "b" else item.call

        def timer_of(self, node: Any, call: Any) -> Any:
            return call

    left: list[tuple[str, str, Any]] = []
    runtime = run(chain(), probe=Stubbing())
    with_trace = runtime.trace()
    send(runtime, 1)

    assert ("b", "out", 102) in left
    assert way(with_trace.so_far()[0])[1] == ("b", "in", 2, ("out", 102))


@given(
    kinds=st.lists(st.sampled_from([Doubled, Sent, Slow, Odd]), min_size=1, max_size=6),
    look=st.lists(st.booleans(), min_size=1, max_size=6),
)
def test_a_flow_does_the_same_whether_somebody_looks_or_not(kinds, look):
    def played(looking: bool) -> tuple[Any, ...]:
        names = [f"n{number}" for number in range(len(kinds))]
        ports = ["odd" if kind is Odd else "out" for kind in kinds]
        wires = [f"{a}.{p} > {b}.in" for a, p, b in zip(names, ports, [*names[1:], "end"])]  # noqa: B905
        nodes = {name: plan(kind) for name, kind in zip(names, kinds, strict=True)}
        graph = graph_of({**nodes, "end": plan(Collect)}, wires)
        runtime = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
        runtime.start()
        for value, watched in enumerate(look):
            traces = runtime.trace(3) if watched and looking else None
            send(runtime, value, node="n0")
            if traces is not None:
                traces.close()
        runtime.run_for(1.5)
        runtime.stop()
        return runtime.node("end").got, counts(runtime)

    assert played(True) == played(False)


def test_a_message_of_a_thread_is_followed_through_a_worker(run, system_clock):
    nodes = {"door": plan(Door), "slow": plan(Slow), "end": plan(Arrivals)}
    runtime = run(graph_of(nodes, ["door.out > slow.in", "slow.out > end.in"]), system_clock)
    assert runtime.wait_settled(PATIENCE_S)
    traces = runtime.trace()
    runtime.node("door").push(1)
    assert runtime.node("end").arrived.acquire(timeout=PATIENCE_S)
    (trace,) = traces.wait(PATIENCE_S)

    assert way(trace) == [
        ("door", None, None, ("out", 1)),
        ("slow", "in", 1, ("out", 2)),
        ("end", "in", 2),
    ]
    assert (trace.source, trace.steps[0].took_us) == ("test/door.out", None)


def test_closing_wakes_who_waits(run):
    traces = run(chain()).trace()
    found: list[object] = []
    thread = threading.Thread(target=lambda: found.append(traces.wait(PATIENCE_S)))
    thread.start()
    traces.close()
    thread.join(PATIENCE_S)
    assert found == [()]


def test_a_node_that_is_not_there_cannot_be_followed(run):
    with pytest.raises(KeyError):
        run(chain()).trace(node="nobody")


def test_there_are_only_so_many(run, monkeypatch):
    monkeypatch.setattr(watching, "MOST_TRACES", 1)
    runtime = run(chain())
    runtime.trace()
    with pytest.raises(Refused, match="traces: 1 are open already"):
        runtime.trace()
