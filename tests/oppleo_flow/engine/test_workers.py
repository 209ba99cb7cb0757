"""Nodes that may wait, on the system's clock: their workers, deadlines, and a clean stop."""

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from oppleo_flow import Connection, Level, Node, NodeConfig, Out, Ref, node
from oppleo_flow.engine.state_store import StateStore
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.listener import PATIENCE_S, Heard


class Bus(Connection[NodeConfig]):
    """A bus that knows which threads used it."""

    type_name = "bus"

    def open(self) -> None:
        self.threads = {threading.current_thread().name}


class MissingBus(Bus):
    """A bus whose adapter is not there at first."""

    type_name = "missing-bus"
    there = False

    def open(self) -> None:
        if not type(self).there:
            raise DeviceMissing("/dev/ttyUSB7: no such serial port")
        super().open()


class Database(Bus):
    """What several threads may use at the same time."""

    type_name = "database"
    parallel = True


class MeterConfig(NodeConfig):
    bus: Ref[Bus] = Ref("bus")


class Meter(Node[MeterConfig]):
    """Answer each question after a while, on the bus's worker."""

    type_name = "meter"
    blocking = True
    answer: Out[int]
    may_answer = threading.Event()

    def on_message(self, question: int) -> None:
        self.use(self.config.bus).threads.add(threading.current_thread().name)
        assert self.may_answer.wait(PATIENCE_S)
        self.answer.send(question)


class Meeting(Meter):
    """Answer when another one is asked too."""

    type_name = "meeting"
    place: threading.Barrier

    def on_message(self, question: int) -> None:
        self.place.wait()
        super().on_message(question)


class Source(Node[NodeConfig]):
    """Send from a thread of its own."""

    type_name = "source"
    out_: Out[int]
    held: Level[str]

    def start(self) -> None:
        self.thread = threading.Thread(target=self.work)
        self.thread.start()

    def work(self) -> None:
        for number in range(3000):
            self.out_.send(number)
        self.held.set("done")

    def stop(self, reason: str) -> None:
        self.thread.join(PATIENCE_S)


class Flushing(Node[NodeConfig]):
    """Keep a batch, and send it when it stops."""

    type_name = "flushing"
    blocking = True
    batch: Out[int]

    def start(self) -> None:
        self.kept: list[int] = []

    def on_message(self, number: int) -> None:
        self.kept.append(number)

    def stop(self, reason: str) -> None:
        self.batch.send(sum(self.kept))


@pytest.fixture
def live(run: Callable[..., Any], system_clock: Any) -> Callable[..., Any]:
    return lambda made, **options: run(made, system_clock, **options)


@pytest.fixture(autouse=True)
def _may_answer() -> None:
    Meter.may_answer.set()
    MissingBus.there = False


def two_meters(bus: type) -> Any:
    return graph_of(
        {"a": plan(Meter), "b": plan(Meter), "heard": plan(Heard)},
        ["a.answer > heard.in", "b.answer > heard.in"],
        {"bus": bus},
    )


def test_two_nodes_on_one_connection_share_its_worker(live):
    runtime = live(two_meters(Bus))
    for number in range(20):
        runtime.inject("ab"[number % 2], "in", number)
    assert sorted(runtime.node("heard").wait_for(20)) == list(range(20))
    assert runtime.node("a").use(Ref("bus")).threads == {"connection bus"}


def test_nodes_on_a_connection_for_several_threads_do_not_wait_for_each_other(live):
    Meeting.place = threading.Barrier(2, timeout=PATIENCE_S)
    nodes = {"a": plan(Meeting), "b": plan(Meeting), "heard": plan(Heard)}
    wires = ["a.answer > heard.in", "b.answer > heard.in"]
    runtime = live(graph_of(nodes, wires, {"bus": Database}))
    runtime.inject("a", "in", 1)
    runtime.inject("b", "in", 2)
    assert sorted(runtime.node("heard").wait_for(2)) == [1, 2]


def test_the_order_of_messages_to_one_node_is_kept(live):
    runtime = live(two_meters(Bus))
    for number in range(50):
        runtime.inject("a", "in", number)
    assert runtime.node("heard").wait_for(50) == list(range(50))


def test_the_dispatcher_goes_on_while_a_node_waits(live):
    Meter.may_answer.clear()
    runtime = live(two_meters(Bus))
    runtime.inject("a", "in", 1)
    runtime.inject("heard", "in", 2)
    assert runtime.node("heard").wait_for(1) == [2]
    Meter.may_answer.set()
    assert runtime.node("heard").wait_for(2) == [2, 1]


def test_a_connection_that_is_missing_puts_its_nodes_in_fault_until_it_is_there(live):
    heard: list[Any] = []
    runtime = live(two_meters(MissingBus), before=lambda it: heard.append(it.subscribe()))
    (events,) = heard
    seen = next_event(events, "fault")
    assert (seen.port, seen.value) == ("not-started", "/dev/ttyUSB7: no such serial port")
    MissingBus.there = True
    while next_event(events, "clear").node != seen.node:
        pass
    runtime.inject(seen.node, "in", 5)
    assert runtime.node("heard").wait_for(1) == [5]


def next_event(events: Any, kind: str) -> Any:
    while True:
        event = events.get(timeout_s=PATIENCE_S)
        assert event is not None, f"no {kind} came"
        if event.kind == kind:
            return event


def test_sending_is_legal_from_any_thread_and_keeps_its_order(live):
    runtime = live(graph_of({"s": plan(Source), "heard": plan(Heard)}, ["s.out_ > heard.in"]))
    assert runtime.node("heard").wait_for(3000) == list(range(3000))


def test_a_stop_lets_what_is_under_way_finish_and_what_is_kept_leave(live):
    runtime = live(graph_of({"f": plan(Flushing), "end": plan(Collect)}, ["f.batch > end.in"]))
    for number in (1, 2, 3):
        runtime.inject("f", "in", number)
    collect = runtime.node("end")
    report = runtime.stop()
    assert (collect.got, report.undelivered, report.problems) == ([6], 0, ())


def test_a_stop_does_not_wait_for_ever_for_a_node_that_hangs(live, monkeypatch):
    monkeypatch.setattr("oppleo_flow.engine.lifecycle._STOP_DEADLINE_S", 0.05)
    Meter.may_answer.clear()
    runtime = live(two_meters(Bus))
    runtime.inject("a", "in", 1)
    monkeypatch.setattr("oppleo_flow.engine.runtime._DRAIN_S", 0.05)
    report = runtime.stop()
    Meter.may_answer.set()
    assert "node 'a': its handler still runs; left behind" in report.problems


def test_a_handler_that_runs_too_long_is_a_fault_while_it_runs(live, monkeypatch):
    monkeypatch.setattr("oppleo_flow.engine.workers.DEADLINE_S", 0.05)
    Meter.may_answer.clear()
    runtime = live(two_meters(Bus))
    events = runtime.subscribe()
    runtime.inject("a", "in", 1)
    assert next_event(events, "fault").port == "deadline"
    Meter.may_answer.set()
    assert next_event(events, "clear").port == "deadline"


def test_state_is_committed_by_the_writers_thread_before_anything_leaves(live, tmp_path):
    class Counter(Node[NodeConfig]):
        """Count."""

        type_name = "counter"
        out_: Out[int]
        count: int = 0

        def on_message(self, number: int) -> None:
            self.count += number
            self.out_.send(self.count)

    class Auditor(Heard):
        """Look into the state file at each message."""

        type_name = "auditor"

        def on_message(self, payload: object) -> None:
            state = StateStore(tmp_path / "state.sqlite", threaded=False)
            found = state.state_of("c")
            state.close()
            super().on_message((payload, found))

    runtime = live(
        graph_of(
            {"c": plan(Counter, durable=True), "auditor": plan(Auditor)}, ["c.out_ > auditor.in"]
        ),
        state_path=tmp_path / "state.sqlite",
    )
    runtime.inject("c", "in", 5)
    assert runtime.node("auditor").wait_for(1) == [(5, ("counter", {"count": 5}))]


@node("pass-on")
def pass_on(seconds: float) -> float:
    """Let pass what comes in."""
    return seconds


@node("slow")
def slow(seconds: float) -> float:
    """Keep the dispatcher."""
    threading.Event().wait(seconds)
    return seconds


def slow_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return who was said to be slow."""
    end = " ms, more than 50 ms; a node that waits is `blocking`"
    said = [m.removesuffix(end) for m in caplog.messages if m.endswith(end)]
    return [text.partition(": a handler took ")[0] for text in said]


@pytest.mark.parametrize(
    ("flow", "messages", "named"),
    [
        pytest.param("s", [0.06], ["s"], id="alone"),
        pytest.param("a s b", [0.06], ["s"], id="in a run of nodes"),
        pytest.param("a s b", [0.06] * 2, ["s"], id="again only after a while"),
        pytest.param(
            "a s b", [0.0] * 127 + [0.06], ["s"], id="of many messages where one in 64 is timed"
        ),
        pytest.param("a s b", [0.0, 0.01], [], id="never when it is quick enough"),
    ],
)
def test_a_slow_handler_on_the_dispatcher_is_named(live, caplog, flow, messages, named):
    names = flow.split()
    runtime = live(
        graph_of(
            {**{n: plan(slow if n == "s" else pass_on) for n in names}, "heard": plan(Heard)},
            [f"{a}.out > {b}.in" for a, b in pairwise(names)],
        )
    )
    for seconds in messages:
        runtime.inject(names[0], "in", seconds)
    runtime.inject("heard", "in", "all is done")
    runtime.node("heard").wait_for(1)
    assert slow_of(caplog) == named
