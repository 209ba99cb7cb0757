"""A flow as JSON."""

import json

from oppleo_flow.cli.graph_json import as_json
from tests.oppleo_flow.cli.graphs import graph


def test_a_flow_has_every_node_port_and_wire():
    flow = graph("a:source l:lamp x:gone", "a~>l", "a=>x.late", "flow.errors>l")
    failure = {"name": "error", "payload": "Failure", "kind": "event"}
    value = {"name": "in", "payload": "float", "required": True}
    quiet = {"doc": "", "durable": False, "connections": []}
    assert json.loads(as_json(flow)) == {
        "flow": "test",
        "file": "flow.yaml",
        "doc": "What it is for.",
        "connections": [],
        "nodes": [
            {
                **quiet,
                "id": "a",
                "type": "source",
                "runs": True,
                "moves_the_world": False,
                "safe": None,
                "inputs": [value],
                "outputs": [{"name": "out", "payload": "float", "kind": "event"}, failure],
                "place": "flow.yaml:1:1",
            },
            {
                **quiet,
                "id": "l",
                "type": "lamp",
                "runs": True,
                "moves_the_world": True,
                "safe": "off",
                "inputs": [value],
                "outputs": [failure],
                "place": "flow.yaml:2:1",
            },
            {
                **quiet,
                "id": "x",
                "type": "gone",
                "runs": False,
                "moves_the_world": None,
                "safe": None,
                "inputs": [],
                "outputs": [],
                "place": "flow.yaml:3:1",
            },
        ],
        "wires": [
            {
                "from": {"node": "a", "port": "out"},
                "to": {"node": "l", "port": "in"},
                "kind": "level",
                "durable": False,
            },
            {
                "from": {"node": "a", "port": "out"},
                "to": {"node": "x", "port": "late"},
                "kind": "event",
                "durable": True,
            },
            {
                "from": {"node": "flow", "port": "errors"},
                "to": {"node": "l", "port": "in"},
                "kind": "event",
                "durable": False,
            },
        ],
    }
