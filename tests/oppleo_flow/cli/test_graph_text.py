"""A flow drawn as text."""

import itertools

import pytest

from oppleo_flow.cli.graph_sketch import sketch
from oppleo_flow.cli.graph_text import text
from tests.oppleo_flow.cli.graphs import graph


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
        pytest.param(
            graph("a:source b:gone c:sink", "a>b", "b.answer>c"),
            ["a → b (missing) ─answer→ c"],
            id="a node whose type is missing says so, and its wires are drawn",
        ),
        pytest.param(
            graph(
                "a:source s.one:source s.two:source s.three:sink b:sink",
                *("a>s.one", "s.one>s.two", "s.two>s.three", "s.two>b"),
            ),
            ["a → s (one → two → three) → b"],
            id="an instance of a subflow is one box, with the chain in it",
        ),
        pytest.param(
            graph(
                "a:source s.g:gate s.x:sink s.y:sink",
                *("a>s.g", "s.g.accepted>s.x", "s.g.rejected>s.y"),
            ),
            ["a → s (g, x, y)"],
            id="what is no chain stands side by side",
        ),
        pytest.param(
            graph("o/a:source o/s.x:source b:sink", "o/a>o/s.x", "o/s.x>b", "o/a>b"),
            ["o/a ─→ b", "    └→ o/s (x) → b"],
            id="another flow's nodes have its name",
        ),
    ],
)
def test_a_flow_is_drawn_forwards(flow, drawn):
    assert text(sketch(flow)).splitlines() == drawn


def test_an_expanded_subflow_is_drawn_with_its_nodes():
    flow = graph("a:source s.g:gate s.x:sink b:sink", "a>s.g", "s.g.accepted>s.x", "s.g.rejected>b")
    assert text(sketch(flow, expand=True)).splitlines() == [
        "a → s.g ─accepted→ s.x",
        "        └rejected→ b",
    ]


def test_the_ports_of_an_instance_are_not_those_inside():
    flow = graph("a:source s.g:gate b:sink", "a>s.g.level", "s.g.rejected>b")
    assert text(sketch(flow)).splitlines() == ["a → s (g) → b"]


def test_a_long_chain_goes_on_in_lines_of_their_own():
    names = [f"n{number}" for number in range(1000)]
    nodes = " ".join(f"{name}:source" for name in names)
    wires = [f"{source}>{target}" for source, target in itertools.pairwise(names)]

    drawn = text(sketch(graph(nodes, *wires))).splitlines()

    pieces = [line.split(" → ") for line in drawn]
    assert max(map(len, pieces)) == 33
    assert [piece[0] for piece in pieces[1:]] == [piece[-1] for piece in pieces[:-1]]
    assert [name for piece in pieces for name in piece[:-1]] == names[:-1]
