"""Our flows: real nodes, on the real engine, wired as the peer's are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from nodes.flow.change import Change
from nodes.flow.switch import Switch
from oppleo_flow.flowfile.graph import Graph, GraphNode, OnError
from oppleo_flow.node import Node
from oppleo_flow.testing import graph_of, plan
from tests.benchmarks.drop_in.count import count
from tests.benchmarks.our_nodes import (
    LineServer,
    Refuse,
    Sink,
    Source,
    Trouble,
    Work,
    increase,
    pass_on,
    throw,
)

_STEPS: dict[str, tuple[type[Node[Any]], dict[str, Any], str]] = {
    "change": (Change, {"set": {"step": "1"}}, "out"),
    "switch": (Switch, {"field": "topic", "cases": {"matching": {"equals": "bench"}}}, "matching"),
    "function": (count, {}, "out"),
    "increase": (increase, {}, "out"),
}
_OPTIONS = {
    "change": ("    set: {step: 1}",),
    "switch": ("    field: topic", "    cases:", "      matching: {equals: bench}"),
    "count": (),
}
DROP_IN = Path(__file__).resolve().parent / "drop_in"
_ROUTES = ("source.feed > n0.in", "flow.errors > trouble.in")


def chain(kinds: Sequence[str]) -> Graph:
    """Return source → `n0` and on, a node of each kind → sink; errors go to a node of their own."""
    nodes = {f"n{index}": _step(kind) for index, kind in enumerate(kinds)}
    targets = [*list(nodes)[1:], "sink"]
    wires = [
        f"{name}.{_STEPS[kind][2]} > {target}.in"
        for name, kind, target in zip(nodes, kinds, targets, strict=True)
    ]
    return graph_of({**nodes, **_ends()}, [*wires, *_ROUTES])


def fan_out(width: int) -> Graph:
    """Return source → `n0` → `width` nodes → sink."""
    branches = [f"b{index}" for index in range(width)]
    nodes = {name: plan(pass_on) for name in ["n0", *branches]}
    wires = [wire for b in branches for wire in (f"n0.out > {b}.in", f"{b}.out > sink.in")]
    return graph_of({**nodes, **_ends()}, [*wires, *_ROUTES])


def thrown(port: str) -> Graph:
    """Return source → a node that throws, what comes of it → sink.

    `port` is what the sink listens to: the node's own `error` port, the flow's `errors`, or
    `refused`, to which the node's `on_error` leads.
    """
    fails = plan(Refuse, on_error=OnError(then=port)) if port == "refused" else plan(throw)
    ends = {"source": plan(Source), "sink": plan(Sink)}
    heard = "flow.errors" if port == "errors" else f"n0.{port}"
    return graph_of({"n0": fails, **ends}, ["source.feed > n0.in", f"{heard} > sink.in"])


def _ends() -> dict[str, GraphNode]:
    return {"source": plan(Source), "sink": plan(Sink), "trouble": plan(Trouble)}


def lines(port: int, *, busy: bool) -> Graph:
    """Return line from a socket → three nodes → answer; `busy`: and 200 ms of work a second."""
    nodes = {
        "lines": plan(LineServer, {"port": port}),
        "n0": _step("change"),
        "n1": _step("switch"),
        "n2": _step("function"),
    }
    wires = ["lines.line > n0.in", "n0.out > n1.in", "n1.matching > n2.in", "n2.out > lines.in"]
    return graph_of({**nodes, "work": plan(Work)} if busy else nodes, wires)


def many(count: int) -> str:
    """Return a flow file of `count` nodes, in chains of ten."""
    head = ["flow: many", "format: 1", "nodes:", "  origin:", "    type: origin"]
    return "\n".join([*head, *_many(count), ""])


def _many(count: int) -> Iterator[str]:
    source = ""
    for index in range(count):
        kind = ("change", "switch", "count")[index % 3]
        yield f"  n{index}:"
        yield f"    type: {kind}"
        yield f"    from: {source if index % 10 else 'origin.first'}"
        yield from _OPTIONS[kind]
        source = f"n{index}.{'matching' if kind == 'switch' else 'out'}"


def _step(kind: str) -> GraphNode:
    cls, config, _ = _STEPS[kind]
    return plan(cls, config)
