"""A node may know which of its inputs a wire leads to."""

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import graph_of, plan


class Source(Node[NodeConfig]):
    """Sends numbers."""

    type_name = "source"
    out: Out[int]


class Sink(Node[NodeConfig]):
    """Has two inputs."""

    type_name = "sink"
    optional_inputs = frozenset({"left", "right"})

    def on_left(self, number: int) -> None:
        """Take a number."""

    def on_right(self, number: int) -> None:
        """Take a number."""


NODES = {"source": plan(Source), "sink": plan(Sink)}


def test_a_node_knows_its_wired_inputs_also_after_a_deploy(run):
    runtime: Runtime = run(graph_of(NODES, ["source.out > sink.left"]))
    assert runtime.node("sink").context.wired == {"left"}
    assert runtime.node("source").context.wired == frozenset()
    runtime.deploy(graph_of(NODES, ["source.out > sink.left", "source.out > sink.right"]))
    assert runtime.node("sink").context.wired == {"left", "right"}
