"""A flow drawn forwards, as text or as a Mermaid diagram.

A node is expanded where the first wire of its own `from:` comes from; elsewhere only its name
stands, so each wire is drawn once.
"""

from collections.abc import Iterable, Iterator

from oppleo_flow.flowfile.graph import Graph, Wire

_FLOW = "flow"


def draw(graph: Graph) -> str:
    """Return the flow as lines of text, each chain from its source to its ends."""
    return "\n".join(_Drawing(graph).lines())


def mermaid(graph: Graph) -> str:
    """Return the flow as a Mermaid flowchart."""
    lines = ["flowchart LR"]
    lines += [f"  {node}" for node in graph.nodes]
    for wire in graph.wires:
        label = _port_label(graph, wire)
        arrow = f"-->|{label}|" if label else "-->"
        lines.append(f"  {wire.source_node} {arrow} {wire.target_node}")
    return "\n".join(lines)


def _port_label(graph: Graph, wire: Wire) -> str:
    """Return the name of the port a wire leaves, unless it is the only one a reader expects."""
    if wire.source_node == _FLOW:
        return wire.source_port
    ports = [port for port in graph.outputs(wire.source_node) if port != "error"]
    return "" if wire.source_port == "out" or ports == [wire.source_port] else wire.source_port


class _Drawing:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.drawn: set[str] = set()
        self.leaving: dict[str, dict[str, list[Wire]]] = {}
        self.home: dict[str, Wire] = {}
        for wire in graph.wires:
            self.leaving.setdefault(wire.source_node, {}).setdefault(wire.source_port, []).append(
                wire
            )
            self.home.setdefault(wire.target_node, wire)

    def lines(self) -> Iterator[str]:
        for node in self.graph.nodes:
            if node not in self.home:
                yield from self._tree(node, self._name(node))
        for port, wires in self.leaving.get(_FLOW, {}).items():
            yield from self._fork(f"{_FLOW}.{port}", [("", self._targets(wires))])
        for node in self.graph.nodes:  # what is left hangs on a loop
            if node not in self.drawn:
                yield from self._tree(node, self._name(node))

    def _name(self, node: str) -> str:
        return f"{node} (disabled)" if self.graph.nodes[node].disabled else node

    def _tree(self, node: str, shown: str) -> list[str]:
        """Return the lines of a node and of all that hangs on it."""
        self.drawn.add(node)
        branches = []
        for port in self.graph.outputs(node):
            wires = self.leaving.get(node, {}).get(port, [])
            if wires:
                branches.append((_port_label(self.graph, wires[0]), self._targets(wires)))
        return self._fork(shown, branches)

    def _targets(self, wires: Iterable[Wire]) -> list[list[str]]:
        """Return what stands behind an arrow: the ends on one line, then each expanded node."""
        ends, trees = [], []
        for wire in wires:
            shown = self._target_name(wire)
            node = wire.target_node
            if node not in self.leaving:
                self.drawn.add(node)
            if wire is self.home[node] and node in self.leaving and node not in self.drawn:
                trees.append(self._tree(node, shown))
            else:
                ends.append(shown)
        return ([[", ".join(ends)]] if ends else []) + trees

    def _target_name(self, wire: Wire) -> str:
        name = self._name(wire.target_node)
        return name if wire.target_port == "in" else f"{name}.{wire.target_port}"

    def _fork(self, shown: str, branches: list[tuple[str, list[list[str]]]]) -> list[str]:
        """Return the lines of a node with its branches, the first one on the node's own line."""
        blocks = [(label, block) for label, targets in branches for block in targets]
        if not blocks:
            return [shown]
        if len(blocks) == 1 and not blocks[0][0]:
            return _hang(f"{shown} → ", " " * (len(shown) + 3), blocks[0][1])
        width = max(len(label) for label, _ in blocks)
        lines = []
        for place, (label, block) in enumerate(blocks):
            last = place == len(blocks) - 1
            mark = "─" if place == 0 else "└" if last else "├"
            margin = shown if place == 0 else " " * len(shown)
            below = " " * (len(shown) + 1) + (" " if last else "│") + " " * (width + 2)
            lines += _hang(f"{margin} {mark}{label:<{width}}→ ", below, block)
        return lines


def _hang(first: str, below: str, block: list[str]) -> list[str]:
    """Return `block` behind `first`, its other lines behind `below`."""
    return [first + block[0], *((below + line).rstrip() for line in block[1:])]
