"""A flow as a Mermaid flowchart."""

import re

from oppleo_flow.cli.graph_mermaid import mermaid
from oppleo_flow.cli.graph_sketch import sketch
from tests.oppleo_flow.cli.graphs import graph

NODE = re.compile(r'(?:(?P<name>\w+)(?:\["[^"]+"\]|\[\["[^"]+"\]\]|\("[^"]+"\)))')
WIRE = re.compile(r"(?P<source>\w+) (?:-->|-\.->|==>)(?:\|[^|]+\|)? (?P<target>\w+)")
FRAME = re.compile(r'subgraph \w+\["[^"]+"\]|end')
STYLE = re.compile(r"classDef idle .+|class (?P<idle>\w+(?:,\w+)*) idle")


def test_a_flow_has_every_node_and_wire():
    flow = graph("a:source g:gate b:sink", "a>g", "g.accepted>b", "flow.errors>b")
    assert mermaid(sketch(flow)).splitlines() == [
        "flowchart LR",
        '  a["a<br>source"]',
        '  g["g<br>gate"]',
        '  b["b<br>sink"]',
        '  flow("flow")',
        "  a --> g",
        "  g -->|accepted| b",
        "  flow -->|errors| b",
    ]


def test_what_moves_levels_durable_wires_and_what_does_not_run_look_different():
    flow = graph("a:source l:lamp s:sink x:gone", "a~>l", "a=>s.late", "a>x", disabled="s")
    assert mermaid(sketch(flow)).splitlines() == [
        "flowchart LR",
        '  a["a<br>source"]',
        '  l[["l<br>lamp"]]',
        '  s["s<br>sink<br>disabled"]',
        '  x["x<br>gone<br>missing"]',
        "  a -.-> l",
        "  a ==>|late| s",
        "  a --> x",
        "  classDef idle stroke-dasharray: 4",
        "  class s,x idle",
    ]


def test_an_expanded_subflow_and_another_flow_are_framed():
    flow = graph("a:source s.x:sink o/b:source o/s.x:sink", "a>s.x", "o/b>o/s.x")
    assert mermaid(sketch(flow, expand=True)).splitlines() == [
        "flowchart LR",
        '  a["a<br>source"]',
        '  subgraph in_s["s"]',
        '    s_x["s.x<br>sink"]',
        "  end",
        '  subgraph in_o["o"]',
        '    o_b["o/b<br>source"]',
        "  end",
        '  subgraph in_o_s["o/s"]',
        '    o_s_x["o/s.x<br>sink"]',
        "  end",
        "  a --> s_x",
        "  o_b --> o_s_x",
    ]


def test_names_that_mean_something_or_would_be_one_are_told_apart():
    flow = graph("end:source s_x:sink s.x:sink in_s:sink", "end>s_x", "end>s.x", "end>in_s")
    lines = mermaid(sketch(flow, expand=True)).splitlines()
    names = {found["name"] for line in lines if (found := NODE.fullmatch(line.strip()))}
    wires = [found for line in lines if (found := WIRE.fullmatch(line.strip()))]
    other = [FRAME.fullmatch(line.strip()) or STYLE.fullmatch(line.strip()) for line in lines]

    assert names == {"end_", "s_x", "s_x_", "in_s"}
    assert {name for wire in wires for name in wire.groups()} == names
    assert len(names) + len(wires) + sum(map(bool, other)) + 1 == len(lines)
    assert '  subgraph in_s_["s"]' in lines
