"""What a drawing of a flow shows: boxes with ports, and lines between them, in the file's order.

An instance of a subflow is one box, unless it is expanded into the nodes inside.
"""

import itertools
from collections.abc import Mapping, Sequence

from oppleo_flow.flowfile.graph import Graph, Wire
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Actuator
from oppleo_flow.node_spec import PortKind


@immutable
class Box:
    """A node, or an instance of a subflow, whose nodes are `inside`.

    `note` says why it does not run: `disabled` or `missing`.  `moves` is true for what moves the
    world.  `group` is the instance, or the other flow, that an id says it is part of.
    """

    name: str
    type_name: str = ""
    note: str = ""
    outputs: Sequence[str] = ()
    moves: bool = False
    group: str = ""
    inside: str = ""

    @property
    def words(self) -> list[str]:
        """Return what stands in the box, the name first."""
        kind = "" if self.type_name.replace("-", "_") == self.name else self.type_name
        return [self.name, *(word for word in (kind, self.inside, self.note) if word)]


@immutable
class Line:
    """A wire between two boxes; a port is empty where it goes without saying."""

    source: str
    source_port: str
    target: str
    target_port: str
    kind: PortKind
    durable: bool


@immutable
class Sketch:
    """What is drawn."""

    name: str
    boxes: Mapping[str, Box]
    lines: Sequence[Line]

    @property
    def groups(self) -> Mapping[str, Sequence[Box]]:
        """Return the boxes by what they are part of, each group where its first box stands."""
        found: dict[str, list[Box]] = {}
        for box in self.boxes.values():
            found.setdefault(box.group, []).append(box)
        return found

    @property
    def flows(self) -> Sequence[str]:
        """Return what lines begin at and is no box: the flows, which have ports themselves."""
        return [*dict.fromkeys(one.source for one in self.lines if one.source not in self.boxes)]


def sketch(graph: Graph, *, expand: bool = False) -> Sketch:
    """Return what a drawing of a flow shows."""
    shown = {name: name if expand else _outermost(name) for name in _ids(graph)}
    boxes = {
        box: _box(graph, box) if box in shown else Box(box, inside=_inside(graph, box))
        for box in dict.fromkeys(shown.values())
    }
    lines = (_line(graph, wire, shown) for wire in graph.wires)
    return Sketch(graph.name, boxes, [*dict.fromkeys(line for line in lines if line is not None)])


def _ids(graph: Graph) -> list[str]:
    """Return all nodes, those whose type is missing too, as they stand in the file."""
    places = {name: node.place for name, node in graph.nodes.items()}
    places |= {name: node.place for name, node in graph.missing.items()}
    if not graph.missing:
        return [*places]
    return sorted(places, key=lambda name: (places[name].file, places[name].line))


def _outermost(name: str) -> str:
    """Return the instance of a subflow that a node is in, of several the outermost; or itself."""
    flow, slash, node = name.rpartition("/")
    return f"{flow}{slash}{node.partition('.')[0]}"


def _group(name: str) -> str:
    """Return the instance that a node is in, else the other flow; empty for the flow itself."""
    outer, dot, _ = name.rpartition(".")
    return outer if dot else name.rpartition("/")[0]


def _box(graph: Graph, name: str) -> Box:
    """Return the box of one node."""
    if name in graph.missing:
        outputs = dict.fromkeys(w.source_port for w in graph.wires if w.source_node == name)
        type_name = graph.missing[name].type_name
        return Box(name, type_name, "missing", [*outputs], group=_group(name))
    node = graph.nodes[name]
    return Box(
        name,
        node.spec.type_name,
        "disabled" if node.disabled else "",
        [*graph.outputs(name)],
        issubclass(node.spec.cls, Actuator),
        _group(name),
    )


def _inside(graph: Graph, instance: str) -> str:
    """Return the nodes in an instance: as a chain if that is what they are, else side by side."""
    inner = [name for name in _ids(graph) if _outermost(name) == instance]
    steps = {(wire.source_node, wire.target_node) for wire in graph.wires}
    steps = {step for step in steps if set(step) <= set(inner)}
    chain = steps == {*itertools.pairwise(inner)}
    return (" → " if chain else ", ").join(name.removeprefix(f"{instance}.") for name in inner)


def _line(graph: Graph, wire: Wire, shown: Mapping[str, str]) -> Line | None:
    """Return the line of a wire; None for one that is inside a box."""
    source = shown.get(wire.source_node, wire.source_node)
    target = shown[wire.target_node]
    if source == target and source not in shown:
        return None
    return Line(
        source,
        _leaving(graph, wire) if source in shown or source not in shown.values() else "",
        target,
        wire.target_port if target in shown and wire.target_port != "in" else "",
        wire.kind,
        wire.durable,
    )


def _leaving(graph: Graph, wire: Wire) -> str:
    """Return the name of the port a wire leaves, unless it is the only one a reader expects."""
    if wire.source_node in graph.nodes:
        usual = [port for port in graph.outputs(wire.source_node) if port != "error"]
        if wire.source_port == "out" or usual == [wire.source_port]:
            return ""
    return wire.source_port
