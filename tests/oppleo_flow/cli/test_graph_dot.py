"""A flow as a Graphviz graph."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from oppleo_flow.cli.graph_dot import dot
from oppleo_flow.cli.graph_sketch import sketch
from oppleo_flow.flowfile import CheckSettings, check_file
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from tests.oppleo_flow.cli.graphs import graph

REPOSITORY = Path(__file__).parents[3]
FLOWS = [*(REPOSITORY / "flows").glob("*.yaml"), *(REPOSITORY / "examples").glob("grid*.yaml")]
TOKEN = re.compile(r'\s*("(?:[^"\\]|\\.)*"|->|[A-Za-z0-9_]+|[{}\[\]=;,])')


def test_a_flow_has_every_node_and_wire():
    flow = graph(
        "a:source g:gate l:lamp s:sink",
        *("a>g", "g.accepted~>l", "g.rejected=>s.late", "flow.errors>s"),
        disabled="s",
    )
    assert dot(sketch(flow)).splitlines() == [
        'digraph "test" {',
        "  rankdir=LR;",
        "  node [shape=box];",
        r'  "a" [label="a\nsource"];',
        r'  "g" [label="g\ngate"];',
        r'  "l" [label="l\nlamp", peripheries=2];',
        r'  "s" [label="s\nsink\ndisabled", style=dashed];',
        '  "flow" [shape=plaintext];',
        '  "a" -> "g";',
        '  "g" -> "l" [label="accepted", arrowhead=onormal];',
        '  "g" -> "s" [label="rejected → late", style=bold];',
        '  "flow" -> "s" [label="errors"];',
        "}",
    ]


def test_an_expanded_subflow_is_a_cluster():
    flow = graph("a:source s.x:sink s.y:sink", "a>s.x", "a>s.y")
    assert dot(sketch(flow, expand=True)).splitlines()[4:9] == [
        '  subgraph "cluster s" {',
        '    label="s";',
        r'    "s.x" [label="s.x\nsink"];',
        r'    "s.y" [label="s.y\nsink"];',
        "  }",
    ]


@pytest.mark.parametrize("expand", [False, True], ids=["boxes", "expanded"])
@pytest.mark.parametrize(
    "flow",
    [
        graph("a:source s.x:sink s.y:lamp o/b:gone", "a>s.x", "s.x~>s.y", "o/b.c>s.x.late"),
        graph("a:source", "a>a"),
        graph("a:sink"),
    ],
    ids=["a subflow and another flow", "a circle", "one node"],
)
def test_it_keeps_to_the_grammar(flow, expand):
    drawn = dot(sketch(flow, expand=expand))
    nodes, edges = Dot(drawn).read()
    assert edges <= {(one, other) for one in nodes for other in nodes}
    understood_by_graphviz(drawn)


@pytest.mark.parametrize("file", FLOWS, ids=lambda file: file.name)
def test_a_flow_of_ours_keeps_to_the_grammar(file):
    registry = Registry(["nodes"], file.parent / "nodes")
    checked = check_file(file, registry, CheckSettings(world_words=world_words)).graph
    assert checked is not None
    drawn = dot(sketch(checked))
    nodes, edges = Dot(drawn).read()
    assert nodes >= checked.nodes.keys()
    assert len(edges) == len({(wire.source_node, wire.target_node) for wire in checked.wires})
    understood_by_graphviz(drawn)


def understood_by_graphviz(drawn: str) -> None:
    """Let Graphviz itself read it, where it is installed."""
    program = shutil.which("dot")
    if program is not None:
        subprocess.run([program, "-Tcanon"], input=drawn, text=True, check=True, timeout=60)


class Dot:
    """Reads the part of the language DOT that a digraph of quoted names needs."""

    def __init__(self, text: str) -> None:
        self.tokens = [*self._split(text), ""]
        self.nodes: set[str] = set()
        self.edges: set[tuple[str, str]] = set()

    @staticmethod
    def _split(text: str) -> Iterator[str]:
        at = 0
        while text[at:].strip():
            found = TOKEN.match(text, at)
            assert found is not None, f"not a token: {text[at : at + 20]!r}"
            yield found[1]
            at = found.end()

    def read(self) -> tuple[set[str], set[tuple[str, str]]]:
        self.expect("digraph")
        self.name()
        self.statements()
        assert self.tokens == [""]
        return self.nodes, self.edges

    def statements(self) -> None:
        self.expect("{")
        while self.tokens[0] != "}":
            self.statement()
        self.expect("}")

    def statement(self) -> None:
        if self.tokens[0] == "subgraph":
            self.expect("subgraph")
            self.name()
            self.statements()
            return
        first = self.name()
        if self.tokens[0] == "=":
            self.expect("=")
            self.name()
        elif self.tokens[0] == "->":
            self.expect("->")
            self.edges.add((first, self.name()))
            self.attributes()
        else:
            self.nodes |= {first} - {"node"}
            self.attributes()
        self.expect(";")

    def attributes(self) -> None:
        if self.tokens[0] != "[":
            return
        separator = "["
        while self.tokens[0] == separator:
            self.expect(separator)
            self.name()
            self.expect("=")
            self.name()
            separator = ","
        self.expect("]")

    def expect(self, token: str) -> None:
        assert self.tokens.pop(0) == token

    def name(self) -> str:
        token = self.tokens.pop(0)
        assert token.startswith('"') or token.isidentifier() or token.isdecimal(), token
        return token.strip('"')
