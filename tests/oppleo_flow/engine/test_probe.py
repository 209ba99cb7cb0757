"""What a probe is told of, and what it can let be called."""

from collections.abc import Callable
from typing import Any

import pytest

from oppleo_flow import Level, Message, Node, NodeConfig, Out
from oppleo_flow.engine.inbox import Item
from oppleo_flow.node_context import NodeContext
from oppleo_flow.testing import Collect, graph_of, plan


class Doubled(Node[NodeConfig]):
    type_name = "doubled"
    seen: Level[int]
    late: Out[str]

    def on_message(self, value: int) -> int:
        self.seen.set(value)
        self.after(1.0, lambda: self.late.send("later"))
        return 2 * value


class Journal:
    """Notes everything; `instead` has the nodes for which something else is called."""

    def __init__(self, **instead: Callable[..., Any]) -> None:
        self.left_ports: list[tuple[str, str, Any]] = []
        self.reached: list[tuple[str, str | None, Any]] = []
        self.rang: list[str] = []
        self._instead = instead

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        self.left_ports.append((node, port, payload))

    def call_of(self, node: NodeContext, item: Item) -> Callable[..., Any]:
        self.reached.append((node.node_id, item.port, item.payload))
        return self._instead.get(node.node_id, item.call)

    def timer_of(self, node: NodeContext, call: Callable[[], object]) -> Callable[[], object]:
        self.rang.append(node.node_id)
        return self._instead.get(f"{node.node_id}_timer", call)


CHAIN = ["a.out > b.in", "b.out > c.in", "b.seen > c.in", "flow.errors > c.in"]


def chain(run: Callable[..., Any], probe: Journal) -> Any:
    nodes = {"a": plan(Doubled), "b": plan(Doubled), "c": plan(Collect)}
    return run(graph_of(nodes, CHAIN), probe=probe)


def test_a_probe_sees_each_message_where_it_leaves_and_where_it_arrives(run) -> None:
    probe = Journal()
    runtime = chain(run, probe)
    runtime.inject("a", "in", 1)
    runtime.run_for(0)

    assert probe.left_ports[1:] == [
        ("a", "seen", 1),
        ("a", "out", 2),
        ("b", "seen", 2),
        ("b", "out", 4),
    ]
    assert probe.reached == [("a", "in", 1), ("b", "in", 2), ("c", "in", 2), ("c", "in", 4)]


def test_a_probe_sees_the_timers_of_a_node(run) -> None:
    probe = Journal()
    runtime = chain(run, probe)
    runtime.inject("b", "in", 1)
    runtime.run_for(1.0)

    assert probe.rang == ["b"]
    assert probe.left_ports[-1] == ("b", "late", "later")


class Ticking(Node[NodeConfig]):
    type_name = "ticking"
    tick: Out[int]

    def start(self) -> None:
        self.every(1.0, lambda: self.tick.send(1))


def test_a_timer_that_something_else_was_called_for_rings_again(run) -> None:
    probe = Journal(a_timer=lambda: None)
    runtime = run(
        graph_of({"a": plan(Ticking), "c": plan(Collect)}, ["a.tick > c.in"]), probe=probe
    )
    runtime.run_for(3.0)

    assert (probe.rang, runtime.node("c").got) == (["a", "a", "a"], [])


def test_what_a_probe_gives_instead_counts_as_the_handler(run) -> None:
    runtime = chain(run, Journal(b=lambda value: value + 100))
    runtime.inject("a", "in", 1)
    runtime.run_for(0)

    assert runtime.node("c").got == [102]


def test_what_it_raises_is_the_failure_of_the_node(run) -> None:
    def fail(value: object) -> object:
        raise TimeoutError("no answer")

    probe = Journal(b=fail)
    runtime = chain(run, probe)
    runtime.inject("a", "in", 1)
    runtime.run_for(0)

    (failure,) = runtime.node("c").got
    assert (failure.node, failure.error, failure.message) == ("b", "TimeoutError", "no answer")
    assert ("flow", "errors", failure) in probe.left_ports


@pytest.mark.parametrize("probe", [None, Journal()], ids=["fused", "probed"])
def test_a_flow_does_the_same_with_and_without(run, probe) -> None:
    runtime = chain(run, probe)
    for value in (1, 2, 3):
        runtime.inject("a", "in", value)
    runtime.run_for(5.0)

    assert runtime.node("c").got == [2, 4, 4, 8, 6, 12]
