import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.cli.graph_text import draw, mermaid
from oppleo_flow.flowfile.graph import Graph, GraphNode, InboxPolicy, OnError, Place, Wire
from oppleo_flow.node_spec import read_node
from oppleo_flow.payloads import Failure

HERE = Place("flow.yaml", 1, 1)


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


KINDS = {cls.type_name: read_node(cls) for cls in (Source, Gate, Sink)}


def graph(nodes: str, *wires: str, disabled: str = "") -> Graph:
    """Return a graph of `id:type` words and `a.port>b.port` wires; the ports are out and in."""
    return Graph(
        name="test",
        doc="",
        file="flow.yaml",
        nodes={
            name: GraphNode(
                name,
                KINDS[kind],
                NodeConfig(),
                HERE,
                {"in": InboxPolicy()},
                OnError(),
                disabled=name == disabled,
            )
            for name, kind in (word.split(":") for word in nodes.split())
        },
        connections={},
        wires=tuple(map(wire, wires)),
    )


def wire(text: str) -> Wire:
    source, target = text.split(">")
    node, _, port = source.partition(".")
    to, _, to_port = target.partition(".")
    return Wire(node, port or "out", to, to_port or "in", "event", durable=False, place=HERE)


@pytest.mark.parametrize(
    ("flow", "drawn"),
    [
        pytest.param(graph("a:source"), ["a"], id="a node without wires stands alone"),
        pytest.param(
            graph("a:source b:source c:sink", "a>b", "b>c"),
            ["a → b → c"],
            id="a chain is one line",
        ),
        pytest.param(
            graph("a:source g:gate b:sink c:sink", "a>g", "g.accepted>b", "g.rejected>c"),
            ["a → g ─accepted→ b", "      └rejected→ c"],
            id="two ports are two branches with their names",
        ),
        pytest.param(
            graph(
                "a:source g:gate b:source c:sink d:sink e:sink",
                "a>g",
                "g.accepted>b",
                "b>c",
                "g.rejected>d",
                "g.rejected>e",
            ),
            ["a → g ─accepted→ b → c", "      └rejected→ d, e"],
            id="the ends of one port share a line",
        ),
        pytest.param(
            graph(
                "a:source g:gate h:gate b:sink c:sink d:sink",
                "a>g",
                "g.accepted>h",
                "h.accepted>b",
                "h.rejected>c",
                "g.rejected>d",
            ),
            [
                "a → g ─accepted→ h ─accepted→ b",
                "      │            └rejected→ c",
                "      └rejected→ d",
            ],
            id="a branch below a branch is joined by a line",
        ),
        pytest.param(
            graph("a:source m:source g:gate b:sink", "a>g", "m>g.level", "g.accepted>b"),
            ["a → g ─accepted→ b", "m → g.level"],
            id="a node is expanded at its first wire only, and other inputs are named",
        ),
        pytest.param(
            graph("a:source b:source", "a>b", "b>a"),
            ["a → b → a"],
            id="a loop is drawn once",
        ),
        pytest.param(
            graph("a:source b:sink", "a>b", "flow.errors>b"),
            ["a → b", "flow.errors → b"],
            id="the ports of the flow itself come last",
        ),
        pytest.param(
            graph("a:source b:sink", "a>b", disabled="b"),
            ["a → b (disabled)"],
            id="a node that is left out says so",
        ),
    ],
)
def test_a_flow_is_drawn_forwards(flow, drawn):
    assert draw(flow).splitlines() == drawn


def test_a_flow_as_mermaid_has_every_node_and_wire():
    flow = graph("a:source g:gate b:sink", "a>g", "g.accepted>b", "flow.errors>b")
    assert mermaid(flow).splitlines() == [
        "flowchart LR",
        "  a",
        "  g",
        "  b",
        "  a --> g",
        "  g -->|accepted| b",
        "  flow -->|errors| b",
    ]
