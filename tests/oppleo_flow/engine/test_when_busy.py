"""What a message does to a node that is busy with another: `when_busy`, table by table."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from oppleo_flow import Level, Node, NodeConfig, Out, Payload
from oppleo_flow.flowfile.graph import OnError, WhenBusy
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.listener import PATIENCE_S, Heard

QUEUE, RESTART, DROP = WhenBusy(), WhenBusy("restart"), WhenBusy("drop")
RESTART_PER, DROP_PER = WhenBusy("restart", "card"), WhenBusy("drop", "card")


@dataclass(frozen=True, slots=True)
class Swipe(Payload):
    number: int
    card: str = "a"

    @property
    def urgent(self) -> bool:
        return self.card == "off"


class Lamp(Node[NodeConfig]):
    """Say `on` at once and `off` ten seconds later."""

    type_name = "lamp"
    said: Out[str]

    def start(self) -> None:
        self.given_up: list[Any] = []
        self.every(1000, lambda: None)
        self.after(1000, lambda: self.said.send("started long ago"))

    def on_message(self, swipe: Swipe) -> None:
        self.said.send(f"{swipe.number} on")
        self.after(5, lambda: self.half(swipe.number))

    def half(self, number: int) -> None:
        self.after(5, lambda: self.said.send(f"{number} off"))

    def give_up(self, key: Any) -> None:
        self.given_up.append(key)


def swipe(runtime: Any, name: str, *swipes: Swipe) -> None:
    for one in swipes:
        runtime.inject(name, "in", one)
    runtime.run_for(0)


def dropped(runtime: Any, name: str) -> int:
    return next(node.dropped for node in runtime.snapshot().nodes if node.id == name)


@pytest.mark.parametrize(
    ("policy", "said", "given_up", "lost"),
    [
        pytest.param(QUEUE, ["1 on", "2 on", "3 on", "1 off", "2 off", "3 off"], [], 0, id="queue"),
        pytest.param(RESTART, ["1 on", "2 on", "3 on", "3 off"], [None, None], 0, id="restart"),
        pytest.param(
            RESTART_PER,
            ["1 on", "2 on", "3 on", "2 off", "3 off"],
            ["a"],
            0,
            id="restart per card: 3 gives up 1, not 2",
        ),
        pytest.param(DROP, ["1 on", "1 off"], [], 2, id="drop"),
        pytest.param(
            DROP_PER, ["1 on", "2 on", "1 off", "2 off"], [], 1, id="drop per card: 3, not 2"
        ),
        pytest.param(
            WhenBusy("drop", "nothing"),
            ["1 on", "1 off"],
            [],
            2,
            id="per a field that is not there: all are alike",
        ),
    ],
)
def test_calls_set_with_after_keep_a_node_busy(run, policy, said, given_up, lost):
    runtime = run(
        graph_of(
            {"lamp": plan(Lamp, when_busy=policy), "end": plan(Collect)}, ["lamp.said > end.in"]
        )
    )
    for number, card in ((1, "a"), (2, "b"), (3, "a")):
        swipe(runtime, "lamp", Swipe(number, card))
        runtime.run_for(2)
    runtime.run_for(60)
    assert runtime.node("end").got == said
    assert (runtime.node("lamp").given_up, dropped(runtime, "lamp")) == (given_up, lost)


@pytest.mark.parametrize("policy", [RESTART, DROP, RESTART_PER, DROP_PER], ids=str)
def test_a_node_that_is_done_with_a_message_is_free_for_the_next(run, policy):
    runtime = run(
        graph_of(
            {"lamp": plan(Lamp, when_busy=policy), "end": plan(Collect)}, ["lamp.said > end.in"]
        )
    )
    for number in (1, 2):
        swipe(runtime, "lamp", Swipe(number))
        runtime.run_for(11)
    assert runtime.node("end").got == ["1 on", "1 off", "2 on", "2 off"]
    assert runtime.node("lamp").given_up == []


class Flaky(Node[NodeConfig]):
    """Fail at a number of 1."""

    type_name = "flaky"
    done: Out[int]

    def on_message(self, swipe: Swipe) -> None:
        if swipe.number == 1:
            raise OSError("not yet")
        self.done.send(swipe.number)


@pytest.mark.parametrize(
    ("policy", "done", "tried_for_s"),
    [
        pytest.param(QUEUE, [2], 30, id="queue: it waits for the other tries"),
        pytest.param(RESTART, [2], 0, id="restart: the other tries are given up"),
        pytest.param(DROP, [], 30, id="drop: it is dropped"),
    ],
)
def test_a_message_that_waits_for_another_try_keeps_a_node_busy(run, policy, done, tried_for_s):
    made = graph_of(
        {
            "f": plan(
                Flaky,
                when_busy=policy,
                on_error=OnError(retry=1, backoff_min_s=10.0, then="drop"),
            ),
            "end": plan(Collect),
        },
        ["f.done > end.in"],
    )
    runtime = run(made)
    swipe(runtime, "f", Swipe(1), Swipe(2))
    runtime.run_for(tried_for_s)
    assert runtime.node("end").got == done
    assert runtime.snapshot().nodes[0].failed == (0 if policy is RESTART else 1)


class Wall(Node[NodeConfig]):
    """Hold a level."""

    type_name = "wall"
    light: Level[Swipe]

    def on_message(self, swipe: Swipe) -> None:
        self.light.set(swipe)


def test_a_level_is_always_heard_and_so_is_what_switches_off(run):
    runtime = run(
        graph_of(
            {"wall": plan(Wall), "lamp": plan(Lamp, when_busy=DROP), "end": plan(Collect)},
            ["wall.light > lamp.in", "lamp.said > end.in"],
        )
    )
    for number in (1, 2):
        swipe(runtime, "wall", Swipe(number))
    assert runtime.node("end").got == ["1 on", "2 on"]
    other = run(
        graph_of({"lamp": plan(Lamp, when_busy=DROP), "end": plan(Collect)}, ["lamp.said > end.in"])
    )
    swipe(other, "lamp", Swipe(1), Swipe(2), Swipe(3, "off"))
    assert other.node("end").got == ["1 on", "3 on"]


# -- on workers ------------------------------------------------------------------------------------


class Gates:
    """Where each message waits until a test lets it go; a message is told by its number."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.reached: list[int] = []
        self.open: set[int] = set()

    def pass_through(self, number: int) -> None:
        with self.changed:
            self.reached.append(number)
            self.changed.notify_all()
            assert self.changed.wait_for(lambda: number in self.open, PATIENCE_S)

    def wait_for(self, *numbers: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: set(numbers) <= set(self.reached), PATIENCE_S)

    def let_go(self, *numbers: int) -> None:
        with self.changed:
            self.open.update(numbers)
            self.changed.notify_all()


class Waiting(Node[NodeConfig]):
    """Send each number twice: before and after it was let go."""

    type_name = "waiting"
    blocking = True
    parallel = True
    done: Out[str]
    handled: int = 0
    gates = Gates()

    def on_message(self, swipe: Swipe) -> None:
        self.handled += 1
        self.done.send(f"{swipe.number} begins")
        self.after(0, lambda: self.done.send(f"{swipe.number} rings"))
        self.gates.pass_through(swipe.number)
        if swipe.number == 13:
            raise OSError("a bad number")
        self.done.send(f"{swipe.number} of {self.message.payload.number}")


@pytest.fixture
def gates() -> Iterator[Gates]:
    Waiting.gates = Gates()
    yield Waiting.gates
    Waiting.gates.let_go(*range(100))


@pytest.fixture
def live(run: Callable[..., Any], system_clock: Any, gates: Gates) -> Callable[..., Any]:
    def start(policy: WhenBusy, **options: Any) -> Any:
        made = graph_of(
            {"w": plan(Waiting, when_busy=policy, **options), "heard": plan(Heard)},
            ["w.done > heard.in"],
        )
        runtime = run(made, system_clock)
        assert runtime.wait_settled(PATIENCE_S)
        return runtime

    return start


def all_of(*numbers: int) -> list[str]:
    return [f"{n} {rest}" for n in numbers for rest in ("begins", f"of {n}", "rings")]


@pytest.mark.parametrize("options", [{}, {"durable": True}], ids=["plain", "durable"])
def test_nothing_leaves_of_a_handler_that_was_superseded_while_it_ran(live, gates, options):
    runtime = live(RESTART, **options)
    runtime.inject("w", "in", Swipe(1))
    gates.wait_for(1)
    runtime.inject("w", "in", Swipe(2))
    runtime.inject("w", "in", Swipe(3))
    gates.let_go(1, 3)
    assert runtime.node("heard").wait_for_all_of("3 rings") == all_of(3)
    assert dropped(runtime, "w") == 2
    if options:
        assert runtime.node("w").handled == 1


def test_a_handler_that_was_superseded_and_raises_is_no_failure(live, gates):
    runtime = live(RESTART)
    runtime.inject("w", "in", Swipe(13))
    gates.wait_for(13)
    runtime.inject("w", "in", Swipe(2))
    gates.let_go(13, 2)
    assert runtime.node("heard").wait_for_all_of("2 rings") == all_of(2)
    assert (runtime.snapshot().nodes[0].failed, runtime.snapshot().nodes[0].faults) == (0, ())


def test_a_message_is_dropped_while_a_handler_runs(live, gates):
    runtime = live(DROP)
    runtime.inject("w", "in", Swipe(1))
    gates.wait_for(1)
    runtime.inject("w", "in", Swipe(2))
    gates.let_go(1, 2)
    assert runtime.node("heard").wait_for_all_of("1 rings") == all_of(1)
    assert dropped(runtime, "w") == 1


def test_so_many_handlers_run_at_once_and_each_keeps_what_it_sends_together(live, gates):
    runtime = live(WhenBusy("parallel", None, 3))
    for number in (1, 2, 3, 4):
        runtime.inject("w", "in", Swipe(number))
    gates.wait_for(1, 2, 3)
    assert sorted(gates.reached) == [1, 2, 3]
    gates.let_go(2)
    gates.wait_for(4)
    gates.let_go(1, 3, 4)
    got = runtime.node("heard").wait_for_all_of(*(f"{n} rings" for n in (1, 2, 3, 4)))
    assert sorted(got) == sorted(all_of(1, 2, 3, 4))
    for number in (1, 2, 3, 4):
        at = got.index(f"{number} begins")
        assert got[at + 1] == f"{number} of {number}"


def test_messages_with_the_same_key_are_handled_one_after_the_other(live, gates):
    runtime = live(WhenBusy("parallel", "card", 3))
    for number, card in ((1, "a"), (2, "a"), (3, "b")):
        runtime.inject("w", "in", Swipe(number, card))
    gates.wait_for(1, 3)
    assert sorted(gates.reached) == [1, 3]
    gates.let_go(1, 2, 3)
    got = runtime.node("heard").wait_for_all_of("2 rings", "3 rings")
    assert got.index("1 of 1") < got.index("2 begins")


def test_of_handlers_that_run_at_once_one_may_fail(live, gates):
    runtime = live(WhenBusy("parallel", None, 2), on_error=OnError(then="drop"))
    for number in (1, 13, 3):
        runtime.inject("w", "in", Swipe(number))
    gates.wait_for(1, 13)
    gates.let_go(1, 13, 3)
    got = runtime.node("heard").wait_for_all_of("1 rings", "3 rings")
    assert sorted(got) == sorted(all_of(1, 3))


def test_a_node_with_several_workers_is_in_fault_when_one_of_them_is_held(live, gates, monkeypatch):
    monkeypatch.setattr("oppleo_flow.engine.workers.DEADLINE_S", 0.05)
    runtime = live(WhenBusy("parallel", None, 2))
    events = runtime.subscribe()
    runtime.inject("w", "in", Swipe(1))
    while (event := events.get(timeout_s=PATIENCE_S)) is not None and event.kind != "fault":
        pass
    assert event is not None
    assert (event.port, event.value) == ("deadline", "a handler has been running for 0 s")
