"""What takes too long is named, and its node in fault, while the rest runs; and what never ends."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from oppleo_flow import Actuator, Connection, Node, NodeConfig, Out, Ref
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.loop import Loop
from oppleo_flow.engine.workers import DEADLINE_S, Job, Worker
from oppleo_flow.errors import DeviceError
from oppleo_flow.testing import graph_of, plan

PATIENCE_S = 20.0


class Gates:
    """Where something is held until a test lets it go."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.go = threading.Event()

    def pass_through(self) -> None:
        self.reached.set()
        assert self.go.wait(PATIENCE_S)


@pytest.fixture
def gates() -> Iterator[Gates]:
    made = Bus.gates = Meter.gates = Endless.gates = Gates()
    Bus.slow = False
    Bus.done = threading.Event()
    yield made
    made.go.set()


@pytest.fixture
def live(run: Callable[..., Any], system_clock: SystemClock) -> Callable[..., Any]:
    return lambda made, **options: run(made, system_clock, **options)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("oppleo_flow.engine.workers.DEADLINE_S", 0.05)


class Bus(Connection[NodeConfig]):
    """A bus that may take long to open."""

    type_name = "bus"
    gates: Gates
    done: threading.Event
    slow = False

    def open(self) -> None:
        if self.slow:
            self.gates.pass_through()

    def close(self) -> None:
        self.done.set()


class MeterConfig(NodeConfig):
    bus: Ref[Bus] = Ref("bus")
    slow_in: str = ""


class Meter(Node[MeterConfig]):
    """Take long where it is told to."""

    type_name = "meter"
    blocking = True
    answer: Out[int]
    gates: Gates

    def start(self) -> None:
        self.take(("start",))

    def on_message(self, question: int) -> None:
        self.take(("handler",))
        self.answer.send(question)

    def stop(self, reason: str) -> None:
        self.take(("stop",))

    def take(self, here: tuple[str]) -> None:
        if self.config.slow_in in here:
            self.gates.pass_through()


class Free(Node[NodeConfig]):
    """Work, whatever others do."""

    type_name = "free"

    def start(self) -> None:
        self.heard = threading.Event()

    def on_message(self, number: int) -> None:
        self.heard.set()


def house(slow_in: str = "") -> Any:
    """Return two meters on one bus, of which `a` may be slow, and a node that has none."""
    return graph_of(
        {"a": plan(Meter, {"slow_in": slow_in}), "b": plan(Meter), "free": plan(Free)},
        [],
        {"bus": Bus},
    )


def faults(runtime: Any) -> dict[str, dict[str, str]]:
    return {n.id: {f.code: f.text for f in n.faults} for n in runtime.snapshot().nodes}


def wait_for(events: Any, kind: str, *nodes: str) -> None:
    """Wait until each of some nodes has told of a fault, or that one is over."""
    missing = set(nodes)
    while missing:
        event = events.get(timeout_s=PATIENCE_S)
        assert event is not None, f"no {kind} of {missing} came"
        if (event.kind, event.port) == (kind, "deadline"):
            missing.discard(event.node)


def test_a_connection_that_takes_long_to_open_puts_its_nodes_in_fault_until_it_has(
    live, gates, short
):
    Bus.slow = True
    heard: list[Any] = []
    runtime = live(house(), before=lambda it: heard.append(it.subscribe()))
    wait_for(heard[0], "fault", "a", "b")
    text = "connection 'bus': open() has been running for 0 s"
    assert faults(runtime) == {"a": {"deadline": text}, "b": {"deadline": text}, "free": {}}
    assert runtime.wait_settled(PATIENCE_S)
    runtime.inject("free", "in", 1)
    assert runtime.node("free").heard.wait(PATIENCE_S)
    gates.go.set()
    wait_for(heard[0], "clear", "a", "b")


@pytest.mark.parametrize(
    ("slow_in", "doing"),
    [
        pytest.param("start", "start()", id="a node that takes long to start"),
        pytest.param("handler", "a handler", id="a handler that takes long"),
    ],
)
def test_what_holds_a_worker_is_named_at_every_node_that_needs_it(
    live, gates, short, slow_in, doing
):
    heard: list[Any] = []
    runtime = live(house(slow_in), before=lambda it: heard.append(it.subscribe()))
    runtime.inject("a", "in", 1)
    wait_for(heard[0], "fault", "a", "b")
    text = f"{doing} has been running for 0 s"
    assert faults(runtime) == {
        "a": {"deadline": text},
        "b": {"deadline": f"node 'a': {text}"},
        "free": {},
    }
    assert runtime.wait_settled(PATIENCE_S)
    gates.go.set()
    wait_for(heard[0], "clear", "a", "b")


class HandClock(SystemClock):
    """A clock that a test turns."""

    def __init__(self) -> None:
        super().__init__()
        self.turned_s = 0.0

    def monotonic(self) -> float:
        return self.turned_s


def test_the_time_in_the_queue_does_not_count(gates):
    clock = HandClock()
    loop = Loop(clock)
    told: list[Job | None] = []
    heard = threading.Event()

    def tell(worker: Worker, job: Job | None) -> None:
        told.append(job)
        heard.set()

    worker = Worker("worker", loop, tell)
    second = Gates()
    loop.start()
    worker.submit(gates.pass_through, "node 'a'", "a handler")
    worker.submit(second.pass_through, "node 'b'", "a handler")
    assert gates.reached.wait(PATIENCE_S)
    clock.turned_s += DEADLINE_S - 1
    gates.go.set()
    assert second.reached.wait(PATIENCE_S)
    clock.turned_s += DEADLINE_S - 1
    loop.call(loop.timers.call_at, clock.turned_s, lambda: None)
    assert told == []
    clock.turned_s += 2
    loop.post(lambda: None)
    assert heard.wait(PATIENCE_S)
    assert [(job.owner, job.doing) for job in told if job] == [("node 'b'", "a handler")]
    second.go.set()
    assert worker.stop(PATIENCE_S)
    loop.call(lambda: None)
    loop.stop()
    assert told[1:] == [None]


def test_a_connection_that_opens_only_while_the_flow_stops_is_closed_again(
    live, gates, monkeypatch
):
    monkeypatch.setattr("oppleo_flow.engine.lifecycle._STOP_DEADLINE_S", 0.05)
    monkeypatch.setattr("oppleo_flow.engine.runtime._DRAIN_S", 0.05)
    Bus.slow = True
    runtime = live(house())
    assert gates.reached.wait(PATIENCE_S)
    assert runtime.stop().problems == (
        "node 'a': its worker still runs; left behind",
        "node 'b': its worker still runs; left behind",
        "connection 'bus': its worker is still busy",
    )
    assert not Bus.done.is_set()
    gates.go.set()
    assert Bus.done.wait(PATIENCE_S)


# -- what never ends -------------------------------------------------------------------------------


class Endless(Node[NodeConfig]):
    """Never come to the end of what it does on the dispatcher."""

    type_name = "endless"
    gates: Gates

    def on_message(self, number: int) -> None:
        self.gates.pass_through()

    def stop(self, reason: str) -> None:
        self.gates.pass_through()


class Relay(Actuator[NodeConfig]):
    """Be on until it is made safe."""

    type_name = "relay"
    safe_levels = ("off",)
    optional_inputs = frozenset({"in"})

    def start(self) -> None:
        self.on = True
        self.stuck = False

    def on_message(self, number: int) -> None:
        self.on = True

    def go_safe(self, reason: str) -> None:
        self.on = False
        self.reason = reason
        if self.stuck:
            raise DeviceError("no power")


def endless() -> Any:
    return graph_of({"e": plan(Endless), "relay": plan(Relay), "free": plan(Free)})


@pytest.mark.parametrize("busy", [False, True], ids=["in its stop", "in a handler"])
def test_a_node_that_never_leaves_the_dispatcher_is_named_and_outputs_are_safe(
    live, gates, monkeypatch, busy
):
    runtime = live(endless())
    relay = runtime.node("relay")
    if busy:
        poster = threading.Thread(target=runtime.inject, args=("e", "in", 1))
        poster.start()
        assert gates.reached.wait(PATIENCE_S)
    monkeypatch.setattr("oppleo_flow.engine.lifecycle._DISPATCHER_DEADLINE_S", 0.05)
    report = runtime.stop()
    assert report.problems == (
        "node 'e': keeps the dispatcher; left behind, and nodes after it are not stopped",
    )
    assert (relay.on, relay.reason) == (False, "stop: the runtime stops")


def test_an_output_that_cannot_be_made_safe_then_is_named_too(live, gates, monkeypatch):
    monkeypatch.setattr("oppleo_flow.engine.lifecycle._DISPATCHER_DEADLINE_S", 0.05)
    runtime = live(endless())
    runtime.node("relay").stuck = True
    assert runtime.stop().problems[1] == "node 'relay': could not go to its safe level: no power"


def test_a_blocking_node_that_never_stops_is_named_and_the_rest_is_stopped(
    live, gates, monkeypatch
):
    monkeypatch.setattr("oppleo_flow.engine.lifecycle._STOP_DEADLINE_S", 0.05)
    monkeypatch.setattr("oppleo_flow.engine.runtime._DRAIN_S", 0.05)
    made = graph_of({"a": plan(Meter, {"slow_in": "stop"}), "relay": plan(Relay)}, [], {"bus": Bus})
    runtime = live(made)
    assert runtime.wait_settled(PATIENCE_S)
    relay = runtime.node("relay")
    assert runtime.stop().problems == (
        "node 'a': its stop() still runs; left behind",
        "connection 'bus': its worker is still busy",
    )
    assert not relay.on


# -- a start that fails ----------------------------------------------------------------------------


class Claimer(Node[NodeConfig]):
    """Claim two things, of which the second is not there at first."""

    type_name = "claimer"
    claimed: tuple[str, ...] = ()
    there = False
    stuck = False

    def start(self) -> None:
        assert self.claimed == (), "it was not let go"
        self.claimed = ("first",)
        if not self.there:
            raise DeviceError("there is no second")
        self.claimed = ("first", "second")

    def stop(self, reason: str) -> None:
        self.claimed = ()
        self.reason = reason
        if self.stuck:
            raise DeviceError("stuck")


class WaitingClaimer(Claimer):
    """Claim on a worker."""

    type_name = "waiting-claimer"
    blocking = True


@pytest.mark.parametrize("kind", [Claimer, WaitingClaimer], ids=["plain", "blocking"])
def test_a_node_whose_start_failed_lets_go_before_it_is_tried_again(run, kind):
    runtime = run(graph_of({"c": plan(kind)}))
    node = runtime.node("c")
    assert (node.claimed, node.reason) == ((), "fault")
    assert faults(runtime) == {"c": {"not-started": "there is no second"}}
    node.there = True
    runtime.run_for(1)
    assert (node.claimed, faults(runtime)) == (("first", "second"), {"c": {}})


def test_a_node_that_cannot_let_go_either_is_tried_again_all_the_same(run, caplog):
    runtime = run(
        graph_of({"c": plan(Claimer)}), before=lambda it: setattr(it.node("c"), "stuck", True)
    )
    assert "c: after its failed start: stuck" in caplog.messages
    runtime.node("c").there = True
    runtime.run_for(1)
    assert faults(runtime) == {"c": {}}
