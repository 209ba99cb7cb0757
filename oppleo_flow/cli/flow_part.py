"""Some nodes of a flow, cut out of it: they run or are looked at alone."""

from collections.abc import Collection
from dataclasses import replace

from oppleo_flow.flowfile.graph import Graph, OnError, WhenBusy


def part_of(graph: Graph, nodes: Collection[str], connections: Collection[str] = ()) -> Graph:
    """Return a graph of some nodes, with the connections that they use and those named besides.

    It has no wires, so the nodes do as they are told at once: what a flow says of limits, retries
    and stale input is not theirs any more.
    """
    chosen = {
        name: replace(
            plan,
            on_error=OnError(),
            durable=False,
            stale_after_s=None,
            at_most=None,
            when_busy=WhenBusy(),
        )
        for name, plan in graph.nodes.items()
        if name in nodes
    }
    used = {name for plan in chosen.values() for name in plan.connections} | set(connections)
    return replace(
        graph,
        nodes=chosen,
        connections={name: plan for name, plan in graph.connections.items() if name in used},
        wires=(),
        missing={},
        instances={},
    )
