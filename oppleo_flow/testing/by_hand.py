"""A checked graph put together in Python, for tests that need no flow file."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode, OnError, Place, Wire
from oppleo_flow.node import Connection, Node
from oppleo_flow.node_spec import PortKind, read_connection, read_node, refs

HERE = Place("<by hand>", 1, 1)


def plan(cls: type[Node[Any]], config: Mapping[str, Any] | None = None, **more: Any) -> GraphNode:
    """Return a node for `graph_of`, which gives it its id; `more` are fields of `GraphNode`."""
    spec = read_node(cls)
    settings = spec.config.model_validate(dict(config or {}))
    used = tuple(dict.fromkeys(str(v) for n in refs(spec.config) if (v := getattr(settings, n))))
    fields: dict[str, Any] = {"inbox": {}, "on_error": OnError(), "connections": used}
    if spec.safe_levels:
        fields["safe"] = spec.safe_levels[0]
    return GraphNode(id="", spec=spec, config=settings, place=HERE, **{**fields, **more})


def graph_of(
    nodes: Mapping[str, GraphNode],
    wires: Sequence[str] = (),
    connections: Mapping[str, type[Connection[Any]]] | None = None,
) -> Graph:
    """Return a graph.  A wire is written `a.port > b.port`, a durable one `a.port >> b.port`."""
    named = {name: replace(node, id=name) for name, node in nodes.items()}
    return Graph(
        name="test",
        doc="",
        file=HERE.file,
        nodes=named,
        connections={n: link(n, cls) for n, cls in (connections or {}).items()},
        wires=tuple(_wire(text, named) for text in wires),
    )


def link(
    name: str, cls: type[Connection[Any]], config: Mapping[str, Any] | None = None
) -> GraphConnection:
    """Return a simulated connection."""
    spec = read_connection(cls)
    settings = spec.config.model_validate(dict(config or {}))
    return GraphConnection(name, spec, settings, simulate=True, place=HERE)


def _wire(text: str, nodes: Mapping[str, GraphNode]) -> Wire:
    source, arrow, target = text.split()
    source_node, source_port = source.split(".")
    target_node, target_port = target.split(".")
    kind: PortKind = "event"
    if source_node in nodes:
        node = nodes[source_node]
        kind = node.spec.outputs_for(node.config)[source_port].kind
    return Wire(source_node, source_port, target_node, target_port, kind, arrow == ">>", HERE)
