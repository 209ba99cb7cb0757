"""What a timer sends goes on with the message that set the timer, and begins anew without one."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodes.flow.delay import Delay
from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.taps import Tapped
from oppleo_flow.engine.traces import Trace
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.watched_chain import Doubled, Sent, chain

LINE = ["before.out > held.in", "held.{port} > after.in", "after.out > end.in"]


class Echo(Node[NodeConfig]):
    """Send a word ten seconds later, and once more after ten seconds."""

    type_name = "echo"
    out: Out[int]
    value: int = 0

    def on_message(self, value: int) -> None:
        self.value = value
        self.after(10.0, self.say)

    def say(self) -> None:
        self.out.send(self.value)
        self.after(10.0, self.say_again)

    def say_again(self) -> None:
        self.out.send(self.value)


class Beacon(Node[NodeConfig]):
    """Send by timers that nothing but its start has set: one that repeats, and one set anew."""

    type_name = "beacon"
    out: Out[int]

    def start(self) -> None:
        self.every(10.0, lambda: self.out.send(1))
        self.after(5.0, self.next)

    def next(self) -> None:
        self.out.send(2)
        self.after(10.0, self.next)


class Repeating(Node[NodeConfig]):
    """Send all ten seconds from the first message on."""

    type_name = "repeating"
    out: Out[int]

    def on_message(self, value: int) -> None:
        self.every(10.0, lambda: self.out.send(value))


class Fails(Echo):
    """Fail when it rings for the first time."""

    type_name = "fails"
    rang = 0

    def say(self) -> None:
        self.rang += 1
        if self.rang == 1:
            raise OSError("not now")
        super().say()


def line(kind: type[Node[Any]], port: str = "out", **more: Any) -> Any:
    nodes = {"before": plan(Doubled), "held": plan(kind, **more), "after": plan(Doubled)}
    return graph_of({**nodes, "end": plan(Collect)}, [wire.format(port=port) for wire in LINE])


def bring(runtime: Runtime, *values: int) -> None:
    for value in values:
        runtime.inject("before", "in", value)
        runtime.run_for(0)


def seen(tap: Any) -> list[Tapped]:
    return list(iter(lambda: tap.get(0), None))


def begun(messages: list[Tapped]) -> list[tuple[int, str]]:
    """Return with which message each began, told by its number and where it came from."""
    return [(message.trace_id, message.source) for message in messages]


def way(trace: Trace) -> list[tuple[Any, ...]]:
    return [(step.node, step.port, *step.sent) for step in trace.steps]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="of a node in memory"),
        pytest.param({"durable": True}, id="of a node that keeps its state"),
    ],
)
@pytest.mark.parametrize("kind", [Echo, Fails])
def test_what_a_timer_sends_belongs_to_the_message_that_set_it(kind, more, run):
    runtime = run(line(kind, **more))
    came, left = runtime.tap("before", "out"), runtime.tap("after", "out")
    bring(runtime, 3)
    runtime.run_for(60.0)
    (first,) = seen(came)
    later = seen(left)
    assert [message.payload for message in later] == [12, 12]
    assert begun(later) == begun([first]) * 2
    assert len({first.id, *(message.id for message in later)}) == 3
    assert [message.began_at < message.at for message in later] == [False, False]


def test_nobody_sets_the_timers_of_a_source(run):
    runtime = run(graph_of({"beacon": plan(Beacon)}))
    tap = runtime.tap("beacon", "out")
    runtime.run_for(60.0)
    messages = seen(tap)
    assert len({message.trace_id for message in messages}) == len(messages) == 12
    assert all(message.id == message.trace_id for message in messages)


def test_what_repeats_begins_anew_each_time(run):
    runtime = run(line(Repeating))
    left = runtime.tap("held", "out")
    bring(runtime, 3)
    runtime.run_for(30.0)
    assert len({message.trace_id for message in seen(left)}) == 3


def test_a_trace_shows_it_as_one_way(run):
    runtime = run(chain(b=Sent))
    traces = runtime.trace(1)
    runtime.inject("a", "in", 1)
    runtime.run_for(1.0)
    (trace,) = traces.so_far()
    assert way(trace) == [
        ("a", "in", ("out", 2)),
        ("b", "in", ("last", 2), ("out", 2)),
        ("c", "in", ("out", 4)),
        ("end", "in"),
        ("b", None, ("out", -2)),
        ("c", "in", ("out", -4)),
        ("end", "in"),
    ]


def test_a_trace_waits_for_a_timer_that_rings_while_somebody_looks(run):
    runtime = run(line(Echo))
    traces = runtime.trace(1, within_s=15.0)
    bring(runtime, 3)
    runtime.run_for(9.0)
    assert not traces.ended
    runtime.run_for(7.0)
    assert traces.ended
    assert way(traces.so_far()[0])[2:] == [
        ("held", None, ("out", 6)),
        ("after", "in", ("out", 12)),
        ("end", "in"),
    ]


def test_a_trace_does_not_wait_for_a_timer_that_nobody_will_see_ring(run):
    runtime = run(line(Echo))
    traces = runtime.trace(1, within_s=9.0)
    bring(runtime, 3)
    runtime.run_for(2.0)
    assert traces.ended


def test_a_timer_that_rings_in_vain_takes_no_step_of_another(run):
    class Vain(Node[NodeConfig]):
        type_name = "vain"
        out: Out[int]

        def on_message(self, value: int) -> None:
            self.after(1.0, lambda: None)
            self.after(2.0, lambda: self.out.send(value))

    runtime = run(line(Vain))
    traces = runtime.trace(1)
    bring(runtime, 3)
    runtime.run_for(2.0)
    assert way(traces.so_far()[0])[1:] == [
        ("held", "in"),
        ("held", None, ("out", 6)),
        ("after", "in", ("out", 12)),
        ("end", "in"),
    ]


# -- over a restart, and over a deploy -------------------------------------------------------------


def first_and_later(
    clock: VirtualClock, path: Path, run: Callable[..., Runtime], graph: Any
) -> tuple[list[Tapped], list[Tapped]]:
    """Bring two messages, restart, and return what came before and what left after it."""
    runtime = run(graph, state_path=path)
    came = runtime.tap("before", "out")
    bring(runtime, 3)
    clock.advance(1.0)
    bring(runtime, 4)
    runtime.stop()
    clock.advance(3.0)
    runtime = run(graph, state_path=path)
    left = runtime.tap("after", "out")
    runtime.run_for(60.0)
    return seen(came), seen(left)


def test_a_durable_timer_goes_on_with_its_message_after_a_restart(clock, tmp_path, run):
    graph = line(Echo, durable=True)
    came, left = first_and_later(clock, tmp_path / "state.sqlite", run, graph)
    assert [message.payload for message in left] == [16] * 4
    assert begun(left) == [*begun(came), *begun(came)]


def test_what_a_delay_holds_goes_on_with_its_own_message_after_a_restart(clock, tmp_path, run):
    graph = line(Delay, "delayed", config={"wait": "10s"}, durable=True)
    came, left = first_and_later(clock, tmp_path / "state.sqlite", run, graph)
    assert [message.payload for message in left] == [12, 16]
    assert begun(left) == begun(came)


def test_what_a_delay_lets_go_at_one_moment_goes_on_with_its_own_messages(run):
    runtime = run(line(Delay, "delayed", config={"wait": "10s"}))
    came, left = runtime.tap("before", "out"), runtime.tap("after", "out")
    bring(runtime, 3, 4, 5)
    runtime.run_for(10.0)
    assert begun(seen(left)) == begun(seen(came))


def test_a_timer_that_is_handed_over_goes_on_with_its_message(run):
    runtime = run(line(Echo))
    came, left = runtime.tap("before", "out"), runtime.tap("after", "out")
    bring(runtime, 3)
    runtime.deploy(line(Echo, log_level="debug", at_most=(100, 1.0)))
    runtime.run_for(10.0)
    assert begun(seen(left)) == begun(seen(came))


def test_a_state_that_was_kept_before_timers_had_causes_is_read(clock, tmp_path, run):
    path, graph = tmp_path / "state.sqlite", line(Echo, durable=True)
    runtime = run(graph, state_path=path)
    bring(runtime, 3)
    runtime.stop()
    with sqlite3.connect(path) as db:
        ((text,),) = db.execute("SELECT state FROM node_state")
        state = json.loads(text)
        timers = state["timers of the node"]
        timers["left_s"] = [[name, left] for name, left, _ in timers["left_s"]]
        db.execute("UPDATE node_state SET state = ?", (json.dumps(state),))
    db.close()
    runtime = run(graph, state_path=path)
    left = runtime.tap("held", "out")
    runtime.run_for(10.0)
    (message,) = seen(left)
    assert (message.payload, message.id) == (6, message.trace_id)
