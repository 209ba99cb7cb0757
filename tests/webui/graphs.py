"""The graphs of flows that a test moves by hand."""

import functools
from contextlib import suppress
from pathlib import Path

import oppleo_flow
from oppleo_flow.errors import UnknownNodeType
from oppleo_flow.flowfile import CheckSettings, check_file
from oppleo_flow.flowfile.graph import Graph, GraphNode, OnError, Place
from oppleo_flow.options import NodeConfig
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words

SHIPPED = Path(oppleo_flow.__file__).parents[1] / "flows" / "charge-point.yaml"
HERE = Place("<by hand>", 1, 1)


@functools.cache
def registry():
    return Registry.installed()


@functools.cache
def shipped():
    """Return the graph of the flow that ships."""
    return check_file(
        SHIPPED, registry(), CheckSettings(simulate=True, world_words=world_words)
    ).graph


def of_types(types_by_id):
    """Return a graph of nodes without wires, given as pairs of id and type.

    What no pack has is left out: such a node is there to be looked at, and nobody asks what it is.
    """
    nodes = {}
    for id_, kind in types_by_id:
        with suppress(UnknownNodeType):
            spec = registry().node(kind)
            nodes[id_] = GraphNode(id_, spec, NodeConfig(), HERE, {}, OnError())
    return Graph("by-hand", "", HERE.file, nodes, {}, ())
