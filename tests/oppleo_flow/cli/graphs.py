"""Graphs put together by hand, for what draws them."""

from oppleo_flow import Actuator, Node, NodeConfig, Out
from oppleo_flow.flowfile.graph import (
    Graph,
    GraphNode,
    InboxPolicy,
    MissingNode,
    OnError,
    Place,
    Wire,
)
from oppleo_flow.node_spec import PortKind, read_node
from oppleo_flow.payloads import Failure


class Source(Node[NodeConfig]):
    type_name = "source"

    def on_message(self, value: float) -> float:
        return value


class Gate(Node[NodeConfig]):
    type_name = "gate"
    accepted: Out[float]
    rejected: Out[float]

    def on_message(self, value: float) -> None:
        self.accepted.send(value)

    def on_level(self, value: float) -> None:
        self.rejected.send(value)


class Sink(Node[NodeConfig]):
    type_name = "sink"

    def on_message(self, value: float | Failure) -> None:
        pass


class Lamp(Actuator[NodeConfig]):
    type_name = "lamp"
    safe_levels = ("off",)

    def on_message(self, value: float) -> None:
        pass

    def go_safe(self, reason: str) -> None:
        pass


KINDS = {cls.type_name: read_node(cls) for cls in (Source, Gate, Sink, Lamp)}


def graph(nodes: str, *wires: str, disabled: str = "") -> Graph:
    """Return a graph of `id:type` words and `a.port>b.port` wires; the ports are out and in.

    `a~>b` carries a level, `a=>b` is durable; a node of the type `gone` is missing.
    """
    words = [word.split(":") for word in nodes.split()]
    places = {name: Place("flow.yaml", line, 1) for line, (name, _) in enumerate(words, start=1)}
    return Graph(
        name="test",
        doc="What it is for.",
        file="flow.yaml",
        nodes={
            name: GraphNode(
                name,
                KINDS[kind],
                NodeConfig(),
                places[name],
                {"in": InboxPolicy()},
                OnError(),
                disabled=name == disabled,
                safe="off" if kind == "lamp" else None,
            )
            for name, kind in words
            if kind != "gone"
        },
        connections={},
        wires=tuple(_wire(text, [*places, "flow"]) for text in wires),
        missing={
            name: MissingNode(name, kind, f"there is no {kind!r}", places[name])
            for name, kind in words
            if kind == "gone"
        },
    )


def _wire(text: str, nodes: list[str]) -> Wire:
    source, target = text.split(">")
    node, port = _end(source.rstrip("~="), nodes, "out")
    to, to_port = _end(target, nodes, "in")
    kind: PortKind = "level" if "~" in source else "event"
    return Wire(node, port, to, to_port, kind, "=" in source, Place("flow.yaml", 1, 1))


def _end(text: str, nodes: list[str], usual: str) -> tuple[str, str]:
    """Return node and port; an id may have dots itself."""
    if text in nodes:
        return text, usual
    node, _, port = text.rpartition(".")
    assert node in nodes, f"{text!r} names none of {nodes}"
    return node, port
