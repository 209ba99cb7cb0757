"""A flow for a program, with every node, port and wire; subflows are expanded."""

import json
from collections.abc import Mapping
from typing import Any, Final

from oppleo_flow.flowfile.graph import Graph, GraphNode, MissingNode, Wire
from oppleo_flow.node import Actuator
from oppleo_flow.node_spec import type_text

EXPLAINED: Final = """\
nodes        id, type, doc; runs: false when disabled or when there is no such type;
             moves_the_world, safe: its safe level; durable: its state survives a restart;
             connections; place: file:line:column
  inputs     name, payload, required
  outputs    name, payload, kind: event, or level for one that holds a value
wires        from and to: node, port; kind; durable
             the flow's own ports are those of a node called flow, which is not in nodes
connections  name, type, simulated"""


def as_json(graph: Graph) -> str:
    """Return the flow as JSON."""
    described = {
        "flow": graph.name,
        "file": graph.file,
        "doc": graph.doc,
        "connections": [
            {"name": one.name, "type": one.spec.type_name, "simulated": one.simulate}
            for one in graph.connections.values()
        ],
        "nodes": [
            *(_node(graph, node) for node in graph.nodes.values()),
            *(_missing(node) for node in graph.missing.values()),
        ],
        "wires": [_wire(wire) for wire in graph.wires],
    }
    return json.dumps(described, indent=2, ensure_ascii=False)


def _node(graph: Graph, node: GraphNode) -> Mapping[str, Any]:
    return {
        "id": node.id,
        "type": node.spec.type_name,
        "doc": node.doc,
        "runs": not node.disabled,
        "moves_the_world": issubclass(node.spec.cls, Actuator),
        "safe": node.safe,
        "durable": node.durable,
        "connections": [*node.connections],
        "inputs": [
            {"name": port.name, "payload": type_text(port.type), "required": port.required}
            for port in node.spec.inputs.values()
        ],
        "outputs": [
            {"name": port.name, "payload": type_text(port.type), "kind": port.kind}
            for port in graph.outputs(node.id).values()
        ],
        "place": str(node.place),
    }


def _missing(node: MissingNode) -> Mapping[str, Any]:
    return {
        "id": node.id,
        "type": node.type_name,
        "doc": "",
        "runs": False,
        "moves_the_world": None,
        "safe": None,
        "durable": False,
        "connections": [],
        "inputs": [],
        "outputs": [],
        "place": str(node.place),
    }


def _wire(wire: Wire) -> Mapping[str, Any]:
    return {
        "from": {"node": wire.source_node, "port": wire.source_port},
        "to": {"node": wire.target_node, "port": wire.target_port},
        "kind": wire.kind,
        "durable": wire.durable,
    }
