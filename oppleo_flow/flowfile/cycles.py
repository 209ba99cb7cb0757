"""Circles of wires in which nothing waits: a message in one would never come to rest."""

from graphlib import CycleError, TopologicalSorter

from oppleo_flow.flowfile.draft import FlowDraft, WireDraft
from oppleo_flow.flowfile.findings import Report

_MOST = 20


def check_cycles(flow: FlowDraft, report: Report) -> None:
    """Warn of each circle without a node that waits."""
    wires = _wires(flow)
    # The outermost node of a circle tells of it, so that it has a name for all the others.
    order = {
        node.id: (node.home.prefix.count("."), number)
        for number, node in enumerate(flow.nodes.values())
    }
    for _ in range(_MOST):
        circle = _circle(wires)
        if not circle:
            return
        first = min(range(len(circle)), key=lambda number: order[circle[number]])
        path = [*circle[first:], *circle[:first], circle[first]]
        closing = wires[path[-1]].pop(path[-2])
        called = [flow.name_of(node, flow.nodes[path[-1]].home) for node in path]
        message = f"{' → '.join(called)} is a circle without a delay; put a 'delay' into it"
        report.warning("cycle", closing.ref.start, message, path[-1])


def _wires(flow: FlowDraft) -> dict[str, dict[str, WireDraft]]:
    """Return, for each node that does not wait, the nodes that it is wired from."""
    quick = {n.id for n in flow.nodes.values() if n.spec is None or not n.spec.cls.holds}
    return {
        node.id: {
            wire.source[0]: wire
            for wire in node.wires
            if wire.source is not None and wire.source[0] in quick
        }
        for node in flow.nodes.values()
        if node.id in quick
    }


def _circle(wires: dict[str, dict[str, WireDraft]]) -> list[str]:
    """Return the nodes of a circle, forwards, each once; nothing when there is none."""
    try:
        TopologicalSorter(wires).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        return circle[:-1]
    return []
