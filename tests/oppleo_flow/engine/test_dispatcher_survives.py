"""Nothing that a node, its payloads or an old log bring may end the dispatcher."""

import sys
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, Out, Payload, Record, VirtualClock, node
from oppleo_flow.flowfile.graph import InboxPolicy, OnError
from oppleo_flow.payloads import Failure
from oppleo_flow.testing import Collect, graph_of, plan


@dataclass(frozen=True, slots=True)
class Moody(Payload):
    @property
    def urgent(self) -> bool:
        raise ValueError("do not ask")


class Mute(Exception):
    def __str__(self) -> str:
        raise ValueError("no words")


@node("double")
def double(number: int) -> int:
    """Double a number."""
    return number * 2


@node("words-of-failure")
def words_of_failure(failure: Failure) -> str:
    """Say what failed."""
    return failure.message


class MuteForAnyReason(Exception):
    def __str__(self) -> str:
        raise KeyError(str(self))


class OwnKind(BaseException):
    """No `Exception`, as a library's way of cancelling something may not be."""


class Thrower(Node[NodeConfig]):
    """Raise what comes in, or end the program."""

    type_name = "thrower"

    def on_message(self, what: object) -> None:
        if isinstance(what, BaseException):
            raise what
        if what == "exit":
            sys.exit("enough")
        raise ValueError(what)


class Keeper(Node[NodeConfig]):
    """Keep what comes in."""

    type_name = "keeper"
    kept: Record | None = None
    out_: Out[Moody]

    def on_message(self, number: int) -> None:
        self.kept = Record.of({"list": [number]})
        self.out_.send(Moody())


def send(runtime: Any, name: str, payload: object) -> None:
    runtime.inject(name, "in", payload)
    runtime.run_for(0)


def failures(runtime: Any) -> list[str]:
    return [failure.message for failure in runtime.node("errors").got]


@pytest.mark.parametrize(
    ("what", "said"),
    [
        pytest.param("exit", "it asked for the end of the program, with 'enough'", id="sys.exit"),
        pytest.param(
            OwnKind("so there"), "it raised what is no error, OwnKind: so there", id="no Exception"
        ),
        pytest.param(
            GeneratorExit(), "it raised what is no error, GeneratorExit", id="GeneratorExit"
        ),
        pytest.param(Mute(), "Mute", id="an error that cannot say what it is"),
        pytest.param(
            MuteForAnyReason(), "MuteForAnyReason", id="an error that never ends to say what it is"
        ),
    ],
)
def test_what_a_handler_raises_is_a_failure_whatever_it_is(run, what, said):
    runtime = run(
        graph_of({"t": plan(Thrower), "errors": plan(Collect)}, ["flow.errors > errors.in"])
    )
    send(runtime, "t", what)
    assert failures(runtime) == [said]


def test_a_payload_that_cannot_say_if_it_is_urgent_is_not(run, tmp_path):
    made = graph_of({"k": plan(Keeper, durable=True), "end": plan(Collect)}, ["k.out_ > end.in"])
    runtime = run(made, state_path=tmp_path / "state.sqlite")
    send(runtime, "k", 1)
    assert runtime.node("end").got == [Moody()]


def test_a_record_is_durable_state(run, tmp_path):
    made = graph_of({"k": plan(Keeper, durable=True)})
    runtime = run(made, state_path=tmp_path / "state.sqlite")
    send(runtime, "k", 7)
    runtime.stop()
    kept = run(made, state_path=tmp_path / "state.sqlite").node("k").kept
    assert kept == Record.of({"list": [7]})
    assert isinstance(kept, Record)


def test_a_failure_far_down_from_flow_errors_does_not_feed_itself(run):
    runtime = run(
        graph_of(
            {"bad": plan(Thrower), "words": plan(words_of_failure), "push": plan(Thrower)},
            ["flow.errors > words.in", "words.out > push.in"],
        )
    )
    send(runtime, "bad", ValueError("first"))
    counts = {n.id: n.failed for n in runtime.snapshot().nodes}
    assert counts == {"bad": 1, "words": 0, "push": 1}


def test_a_payload_can_be_injected_at_the_head_of_a_long_chain(run):
    names = [f"n{i}" for i in range(60)]
    wires = [f"{a}.out > {b}.in" for a, b in pairwise(names)]
    runtime = run(graph_of({name: plan(double) for name in names}, wires))
    send(runtime, "n0", 1)
    assert all(n.received == 1 for n in runtime.snapshot().nodes)


@pytest.mark.parametrize(
    "payload", [pytest.param(5, id="a number"), pytest.param(Moody(), id="a payload")]
)
def test_a_durable_wire_into_an_input_of_any_type_delivers(run, tmp_path, payload):
    class Passing(Node[NodeConfig]):
        """Pass on."""

        type_name = "passing"
        out_: Out[object]

        def on_message(self, what: object) -> None:
            self.out_.send(what)

    runtime = run(
        graph_of({"p": plan(Passing), "end": plan(Collect)}, ["p.out_ >> end.in"]),
        state_path=tmp_path / "state.sqlite",
    )
    send(runtime, "p", payload)
    assert runtime.node("end").got == [payload]


def test_what_leaves_an_error_port_by_a_durable_wire_is_delivered(run, tmp_path):
    runtime = run(
        graph_of({"t": plan(Thrower), "end": plan(Collect)}, ["t.error >> end.in"]),
        state_path=tmp_path / "state.sqlite",
    )
    send(runtime, "t", "kept")
    assert [failure.message for failure in runtime.node("end").got] == ["kept"]


class Fussy(Node[NodeConfig]):
    """Refuse everything; cannot start the first time."""

    type_name = "fussy"
    attempts = 0

    def start(self) -> None:
        type(self).attempts += 1
        if type(self).attempts == 1:
            raise OSError("not yet")

    def on_message(self, number: int) -> None:
        raise ValueError("no")


def test_many_messages_that_waited_and_fail_are_taken_one_after_the_other(run, tmp_path):
    Fussy.attempts = 0
    runtime = run(
        graph_of(
            {"d": plan(double), "f": plan(Fussy, on_error=OnError(then="drop"))}, ["d.out >> f.in"]
        ),
        state_path=tmp_path / "state.sqlite",
    )
    for number in range(500):
        runtime.inject("d", "in", number)
    runtime.run_for(5)
    assert next(n for n in runtime.snapshot().nodes if n.id == "f").failed == 500


class Slow(Node[NodeConfig]):
    """Take a message, and answer an hour later."""

    type_name = "slow"
    blocking = True
    out_: Out[int]

    def on_message(self, number: int) -> None:
        self.out_.send(number)


def test_a_full_inbox_that_blocks_holds_its_producer_back_and_loses_nothing(run):
    class Stubborn(Fussy):
        """Fail, and be tried again."""

        type_name = "stubborn"
        attempts = 1

    runtime = run(
        graph_of(
            {
                "slow": plan(Slow),
                "end": plan(
                    Stubborn,
                    inbox={"in": InboxPolicy(2, "block")},
                    on_error=OnError(retry=1, backoff_min_s=100.0, then="drop"),
                ),
            },
            ["slow.out_ > end.in"],
        )
    )
    for number in range(10):
        runtime.inject("slow", "in", number)
    runtime.run_for(0)
    received = {n.id: n.received for n in runtime.snapshot().nodes}
    assert received["end"] == 3
    runtime.run_for(2000)
    end = next(n for n in runtime.snapshot().nodes if n.id == "end")
    assert (end.received, end.failed, end.dropped) == (10, 10, 0)


class TwoEggs(Node[NodeConfig]):
    """Ring twice, by the same method."""

    type_name = "two-eggs"
    ring: Out[str]

    def on_message(self, number: int) -> None:
        self.after(100, self.done)
        self.after(200, self.done)

    def done(self) -> None:
        self.ring.send("ring")


def test_two_durable_timers_of_one_method_are_both_kept(run, clock, tmp_path):
    made = graph_of({"e": plan(TwoEggs, durable=True), "end": plan(Collect)}, ["e.ring > end.in"])
    runtime = run(made, state_path=tmp_path / "state.sqlite")
    send(runtime, "e", 1)
    runtime.stop()
    later = VirtualClock(clock.now())
    later.advance(50)
    again = run(made, later, state_path=tmp_path / "state.sqlite")
    again.run_for(200)
    assert again.node("end").got == ["ring", "ring"]


def test_a_timer_that_was_taken_back_is_forgotten(run):
    runtime = run(graph_of({"e": plan(TwoEggs)}))
    egg = runtime.node("e")
    for _ in range(10):
        egg.after(100, egg.done).cancel()
    assert egg.context.timers.named() == ()


def test_a_restart_on_a_later_virtual_clock_knows_how_much_later(clock):
    later = VirtualClock(clock.now())
    earlier = clock.instant()
    other = VirtualClock(clock.now().replace(hour=18))
    assert other.since(earlier) == 6 * 3600
    assert later.since(earlier) == 0
