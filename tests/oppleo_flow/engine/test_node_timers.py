"""A handler is atomic with its timers: what it set or took back stands only if it succeeds."""

from collections.abc import Callable
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, Out, node
from oppleo_flow.engine.node_timers import sets_timers
from oppleo_flow.engine.timers import TimerQueue
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan


class Alarm(Node[NodeConfig]):
    """Do to a timer what the message says, and raise if it ends with `raise`."""

    type_name = "alarm"
    ring: Out[str]

    def start(self) -> None:
        self.rung = 0
        self.timer = self.after(1000, self.done)

    def on_message(self, what: str) -> None:
        self.obey(what)

    def obey(self, what: str) -> None:
        for word in what.split():
            if word == "raise":
                raise ValueError(what)
            if word == "cancel":
                self.timer.cancel()
            elif word == "after":
                self.timer = self.after(10, self.done)
            else:
                self.timer = self.every(10, self.done)

    def done(self) -> None:
        self.rung += 1
        self.ring.send("ring")


class Returning(Alarm):
    """An alarm whose handler returns what goes on."""

    type_name = "returning"

    def on_message(self, what: str) -> int:
        self.obey(what)
        return 1

    def done(self) -> None:
        self.rung += 1


class Waiting(Alarm):
    """An alarm on a worker."""

    type_name = "waiting"
    blocking = True


KINDS = [
    pytest.param((Alarm, {}), id="in a fused run"),
    pytest.param((Returning, {}), id="that returns what goes on"),
    pytest.param((Alarm, {"durable": True}), id="with durable state"),
    pytest.param((Waiting, {}), id="on a worker"),
]


@pytest.fixture(params=KINDS)
def alarm(request: Any, run: Callable[..., Any]) -> Callable[[str], int]:
    """Give what sends words to an alarm and returns how often it rang in 35 seconds."""
    kind, options = request.param
    runtime = run(graph_of({"a": plan(kind, **options)}))

    def rings_after(*messages: str) -> int:
        for message in messages:
            runtime.inject("a", "in", message)
        runtime.run_for(35)
        rung: int = runtime.node("a").rung
        return rung

    return rings_after


@pytest.mark.parametrize(
    ("messages", "rings"),
    [
        pytest.param(["after"], 1, id="a timer rings"),
        pytest.param(["after raise"], 0, id="a timer set before raising does not ring"),
        pytest.param(["every raise"], 0, id="nor does a repeated one"),
        pytest.param(["after", "after raise"], 1, id="that of an earlier message rings"),
        pytest.param(["after", "cancel"], 0, id="a timer taken back does not ring"),
        pytest.param(["after", "cancel raise"], 1, id="taken back before raising, it rings"),
        pytest.param(["every", "cancel raise"], 3, id="and a repeated one goes on"),
        pytest.param(["after", "cancel after raise"], 1, id="set anew in vain, the old one rings"),
        pytest.param(["after", "cancel after cancel raise"], 1, id="however often"),
    ],
)
def test_a_handler_and_its_timers_succeed_or_fail_together(alarm, messages, rings):
    assert alarm(*messages) == rings


class Snooze(Node[NodeConfig]):
    """Ring a moment after each message; the handler of a message may take long."""

    type_name = "snooze"
    ring: Out[int]

    def on_message(self, number: int) -> None:
        self.timer = self.after(0, lambda: self.ring.send(number))
        if number == 2:
            raise ValueError("too late")

    def on_cancel(self, number: int) -> None:
        self.timer.cancel()


def test_a_timer_that_is_due_at_once_is_taken_back_too(run):
    runtime = run(graph_of({"s": plan(Snooze), "end": plan(Collect)}, ["s.ring > end.in"]))
    for number in (1, 2, 3):
        runtime.inject("s", "in", number)
    runtime.run_for(1)
    assert runtime.node("end").got == [1, 3]


class Bell(Node[NodeConfig]):
    """Ring ten seconds after a message; ring twice in vain first."""

    type_name = "bell"
    ring: Out[str]
    tries: int = 0

    def on_message(self, word: str) -> None:
        self.timer = self.after(10, self.done)

    def done(self) -> None:
        self.timer.cancel()
        self.tries += 1
        if self.tries < 3:
            raise OSError("stuck")
        self.ring.send("ring")


def test_a_timer_whose_call_fails_is_tried_again_though_it_takes_itself_back(run):
    made = graph_of(
        {"b": plan(Bell, on_error=OnError(retry=5)), "end": plan(Collect)}, ["b.ring > end.in"]
    )
    runtime = run(made)
    runtime.inject("b", "in", "begin")
    runtime.run_for(60)
    assert (runtime.node("b").tries, runtime.node("end").got) == (3, ["ring"])


class Late(Node[NodeConfig]):
    """Be busy when the timer is due, and take it back then."""

    type_name = "late"
    ring: Out[str]

    def on_message(self, word: str) -> None:
        if word == "set":
            self.timer = self.after(5, lambda: self.ring.send("ring"))
        elif word == "cancel":
            self.timer.cancel()
        else:
            raise OSError("busy")


def test_a_timer_that_waits_for_its_turn_can_still_be_taken_back(run):
    made = graph_of(
        {
            "late": plan(Late, on_error=OnError(retry=1, backoff_min_s=20.0, then="drop")),
            "end": plan(Collect),
        },
        ["late.ring > end.in"],
    )
    runtime = run(made)
    for word in ("set", "fail", "cancel"):
        runtime.inject("late", "in", word)
    runtime.run_for(60)
    assert runtime.node("end").got == []


@node("add-one")
def add_one(number: int) -> int:
    """Add one."""
    return number + 1


class Quiet(Node[NodeConfig]):
    """Set a timer while it starts, and only then."""

    type_name = "quiet"

    def start(self) -> None:
        self.every(60, self.on_nothing)

    def on_nothing(self) -> None:
        pass


@pytest.mark.parametrize(
    ("kind", "sets"),
    [
        pytest.param(Alarm, True, id="by name"),
        pytest.param(Returning, True, id="by inheritance"),
        pytest.param(Snooze, True, id="beside others"),
        pytest.param(Quiet, False, id="only while it starts"),
        pytest.param(Collect, False, id="none"),
        pytest.param(add_one, False, id="a function"),
    ],
)
def test_which_nodes_set_timers_is_told_from_their_code(kind, sets):
    assert sets_timers(kind) is sets


def test_timers_that_are_set_anew_all_the_time_do_not_pile_up():
    queue = TimerQueue(earlier=lambda: None)
    kept = queue.call_at(500.0, lambda: None)
    for number in range(10_000):
        queue.call_at(36_000.0 + number, lambda: None).cancel()
    assert len(queue) < 200
    assert queue.next_due() == kept.due


class Stubborn(Bell):
    """Ring ten seconds after a message, at the third try; nobody says how to try again."""

    type_name = "stubborn"


def test_a_timer_whose_call_fails_rings_again_later_each_time(run):
    made = graph_of({"b": plan(Stubborn), "end": plan(Collect)}, ["b.ring > end.in"])
    runtime = run(made)
    runtime.inject("b", "in", "begin")
    tries = []
    for seconds in (10, 1, 2, 100):
        runtime.run_for(seconds)
        tries.append(runtime.node("b").tries)
    assert (tries, runtime.node("end").got) == ([1, 2, 3, 3], ["ring"])
    assert runtime.snapshot().nodes[0].faults == ()
