"""What travels, in which order, and what a handler that fails leaves behind."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, Out, Payload, node
from oppleo_flow.message import Message
from oppleo_flow.testing import Collect, graph_of, plan


@dataclass(frozen=True, slots=True)
class Word(Payload):
    text: str


@node("double")
def double(number: int) -> int:
    """Double a number."""
    return number * 2


@node("odd-only")
def odd_only(number: int) -> int | None:
    """Let odd numbers pass."""
    return number if number % 2 else None


@node("add-six")
def add_six(number: int) -> int:
    """Add six."""
    return number + 6


@node("refuse-13")
def refuse_13(number: int) -> int:
    """Fail on 13."""
    if number == 13:
        raise ValueError("13 is not for me")
    return number


class Twice(Node[NodeConfig]):
    """Send what comes in twice, and fail in between when it is 13."""

    type_name = "twice"
    first: Out[int]
    second: Out[int]

    def on_message(self, number: int) -> None:
        self.first.send(number)
        if number == 13:
            raise ValueError("13 is not for me")
        self.second.send(number)


class Once(Node[NodeConfig]):
    """Send what comes in on, and fail after that when it is 13."""

    type_name = "once"
    only: Out[int]

    def on_message(self, number: int) -> None:
        self.only.send(number)
        if number == 13:
            raise ValueError("13 is not for me")


class Both(Node[NodeConfig]):
    """Send what comes in on, and return its double."""

    type_name = "both"
    same: Out[int]

    def on_message(self, number: int) -> int:
        self.same.send(number)
        return number * 2


class Echo(Node[NodeConfig]):
    """Send a number on to itself until it is 0."""

    type_name = "echo"
    again: Out[int]
    seen: tuple[int, ...] = ()

    def on_message(self, number: int) -> None:
        self.seen = (*self.seen, number)
        if number:
            self.again.send(number - 1)


class Curious(Node[NodeConfig]):
    """Keep the envelope of what comes in."""

    type_name = "curious"

    def start(self) -> None:
        self.envelopes: list[Message] = []

    def on_message(self, number: int) -> None:
        self.envelopes.append(self.message)


class Forgetful(Node[NodeConfig]):
    """Send a payload of the wrong type."""

    type_name = "forgetful"
    words: Out[Word]

    def on_message(self, number: int) -> None:
        self.words.send(number)  # type: ignore[arg-type]


def got(runtime: Any, name: str) -> list[Any]:
    return runtime.node(name).got


def snapshot(runtime: Any, name: str) -> Any:
    return next(n for n in runtime.snapshot().nodes if n.id == name)


def send(runtime: Any, name: str, *numbers: int) -> None:
    for number in numbers:
        runtime.inject(name, "in", number)
    runtime.run_for(0)


def test_a_straight_run_of_nodes_hands_the_result_on_and_none_ends_it(run):
    runtime = run(
        graph_of(
            {"odd": plan(odd_only), "double": plan(double), "end": plan(Collect)},
            ["odd.out > double.in", "double.out > end.in"],
        )
    )
    send(runtime, "odd", 1, 2, 3)
    assert got(runtime, "end") == [2, 6]


def test_the_counts_of_nodes_in_a_straight_run_are_exact(run):
    runtime = run(
        graph_of(
            {"odd": plan(odd_only), "double": plan(double), "end": plan(Collect)},
            ["odd.out > double.in", "double.out > end.in"],
        )
    )
    send(runtime, "odd", 1, 2, 3)
    counts = {n.id: (n.received, n.sent) for n in runtime.snapshot().nodes}
    assert counts == {"odd": (3, 2), "double": (2, 2), "end": (2, 0)}


def test_a_straight_run_goes_through_a_node_that_sends(run):
    runtime = run(
        graph_of(
            {
                "odd": plan(odd_only),
                "once": plan(Once),
                "double": plan(double),
                "end": plan(Collect),
            },
            ["odd.out > once.in", "once.only > double.in", "double.out > end.in"],
        )
    )
    send(runtime, "odd", 1, 2, 13, 3)
    assert got(runtime, "end") == [2, 6]
    counts = {n.id: (n.received, n.sent, n.failed) for n in runtime.snapshot().nodes}
    assert counts == {"odd": (4, 3, 0), "once": (3, 2, 1), "double": (2, 2, 0), "end": (2, 0, 0)}


def test_what_a_node_sends_and_what_it_returns_both_count(run):
    runtime = run(
        graph_of(
            {"both": plan(Both), "end": plan(Collect)}, ["both.same > end.in", "both.out > end.in"]
        )
    )
    send(runtime, "both", 2, 3)
    assert got(runtime, "end") == [2, 4, 3, 6]
    assert snapshot(runtime, "both").sent == 4


def test_every_consumer_of_an_output_is_given_the_same_payload(run):
    runtime = run(
        graph_of(
            {"double": plan(double), "a": plan(Collect), "b": plan(Collect)},
            ["double.out > a.in", "double.out > b.in"],
        )
    )
    send(runtime, "double", 4)
    assert (got(runtime, "a"), got(runtime, "b")) == ([8], [8])


def test_what_a_handler_sends_leaves_in_order_after_it_returned(run):
    runtime = run(
        graph_of(
            {"twice": plan(Twice), "end": plan(Collect)},
            ["twice.first > end.in", "twice.second > end.in"],
        )
    )
    send(runtime, "twice", 1, 2)
    assert got(runtime, "end") == [1, 1, 2, 2]


def test_nothing_leaves_a_handler_that_raises(run):
    runtime = run(graph_of({"twice": plan(Twice), "end": plan(Collect)}, ["twice.first > end.in"]))
    send(runtime, "twice", 13, 2)
    assert got(runtime, "end") == [2]


@pytest.mark.parametrize(
    "cls", [pytest.param(Twice, id="of a node that sends"), pytest.param(refuse_13, id="fused")]
)
def test_a_failure_reaches_the_error_port_and_flow_errors(run, cls):
    runtime = run(
        graph_of(
            {"bad": plan(cls), "own": plan(Collect), "all": plan(Collect)},
            ["bad.error > own.in", "flow.errors > all.in"],
        )
    )
    send(runtime, "bad", 13)
    failure = got(runtime, "own")[0]
    assert (failure.node, failure.error, failure.message, failure.payload) == (
        "bad",
        "ValueError",
        "13 is not for me",
        13,
    )
    assert got(runtime, "all") == [failure]


@pytest.mark.parametrize(
    "cls", [pytest.param(Twice, id="of a node that sends"), pytest.param(refuse_13, id="fused")]
)
def test_a_node_is_in_fault_after_a_failure_until_it_succeeds_again(run, cls):
    runtime = run(graph_of({"bad": plan(cls)}))
    send(runtime, "bad", 13)
    assert [(f.code, f.text) for f in snapshot(runtime, "bad").faults] == [
        ("handler-failed", "13 is not for me")
    ]
    send(runtime, "bad", 1)
    assert snapshot(runtime, "bad").faults == ()


def test_a_node_in_a_straight_run_fails_alone_and_with_what_it_was_given(run):
    runtime = run(
        graph_of(
            {"six": plan(add_six), "bad": plan(refuse_13), "end": plan(Collect)},
            ["six.out > bad.in", "bad.out > end.in"],
        )
    )
    runtime.inject("six", "in", 7)
    send(runtime, "six", 1)
    assert snapshot(runtime, "bad").failed == 1
    assert snapshot(runtime, "six").failed == 0
    assert got(runtime, "end") == [7]


def test_a_node_in_a_straight_run_is_well_again_when_it_has_handled_something_itself(run):
    runtime = run(
        graph_of(
            {"first": plan(refuse_13), "odd": plan(odd_only), "last": plan(refuse_13)},
            ["first.out > odd.in", "odd.out > last.in"],
        )
    )

    def in_fault() -> list[str]:
        return [node.id for node in runtime.snapshot().nodes if node.faults]

    send(runtime, "first", 13)
    send(runtime, "odd", 13)
    assert in_fault() == ["first", "last"]
    send(runtime, "first", 2)
    assert in_fault() == ["last"]
    send(runtime, "first", 1)
    assert in_fault() == []


def test_a_node_that_fails_on_a_failure_does_not_feed_itself_through_flow_errors(run):
    runtime = run(
        graph_of({"bad": plan(Twice), "also_bad": plan(double)}, ["flow.errors > also_bad.in"])
    )
    send(runtime, "bad", 13)
    assert snapshot(runtime, "also_bad").failed == 1


def test_a_cycle_runs_without_recursion(run):
    runtime = run(graph_of({"echo": plan(Echo)}, ["echo.again > echo.in"]))
    send(runtime, "echo", 3000)
    assert len(runtime.node("echo").seen) == 3001


def test_a_chain_of_thousands_of_nodes_runs_without_recursion(run):
    nodes = {f"n{i}": plan(Twice) for i in range(2000)} | {"end": plan(Collect)}
    names = list(nodes)
    wires = [f"{a}.first > {b}.in" for a, b in pairwise(names)]
    runtime = run(graph_of(nodes, wires))
    send(runtime, "n0", 7)
    assert got(runtime, "end") == [7]


def test_the_envelope_is_made_where_a_chain_begins_and_carried_along(run):
    runtime = run(
        graph_of(
            {"twice": plan(Twice), "who": plan(Curious)},
            ["twice.first > who.in", "twice.second > who.in"],
        )
    )
    send(runtime, "twice", 1, 2)
    ids = [(e.id, e.trace_id, e.source) for e in runtime.node("who").envelopes]
    assert ids[0] == ids[1]
    assert ids[2] == ids[3]
    assert ids[0][0] < ids[2][0]
    assert ids[0][2] == "test/inject"


def test_a_payload_of_the_wrong_type_is_refused_where_it_is_sent(run):
    runtime = run(graph_of({"bad": plan(Forgetful), "own": plan(Collect)}, ["bad.error > own.in"]))
    send(runtime, "bad", 5)
    assert got(runtime, "own")[0].message == "test/bad.words: carries Word, got 5"


def test_a_node_logs_from_the_level_that_the_flow_gives_it(run, caplog):
    runtime = run(graph_of({"quiet": plan(Twice, log_level="error"), "loud": plan(Twice)}))
    send(runtime, "quiet", 13)
    send(runtime, "loud", 13)
    assert [r.getMessage() for r in caplog.records if "13 is not" in r.getMessage()] == [
        "loud: ValueError: 13 is not for me",
        "loud: fault handler-failed: 13 is not for me",
    ]
