"""Where nodes are drawn follows their names, and nothing else in the file changes."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.cli import main
from oppleo_flow.flowfile.layout import layout_file, with_renamed

LAYOUT = """\
{"format": 1, "nodes": {
  "authorise": [220, 40],
  "rfid": [40, 40]
}, "notes": ["café"], "view": [0, 0, 1]}
"""


def test_the_layout_of_a_flow_lies_beside_it():
    assert layout_file(Path("flows/garage.yaml")) == Path("flows/layout/garage.json")


def test_a_node_keeps_its_place_under_another_name():
    assert with_renamed(LAYOUT, [("rfid", "cards")]) == LAYOUT.replace(
        '  "authorise": [220, 40],\n  "rfid": [40, 40]\n',
        '  "authorise": [220, 40],\n  "cards": [40, 40]\n',
    )
    assert with_renamed(LAYOUT, [("rfid", "a")]).splitlines()[1:3] == [
        '  "a": [40, 40],',
        '  "authorise": [220, 40]',
    ]


def test_what_takes_a_name_that_has_a_place_left_over_brings_its_own():
    found = json.loads(with_renamed(LAYOUT, [("rfid", "authorise")]))
    assert found["nodes"] == {"authorise": [40, 40]}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(LAYOUT, id="it has no such node"),
        pytest.param('{"format": 1}', id="it has no nodes"),
        pytest.param('{"nodes": ["rfid"]}', id="its nodes are no map"),
        pytest.param("[]", id="it is no map"),
        pytest.param("{half", id="it cannot be read"),
        pytest.param("", id="it is empty"),
    ],
)
def test_a_layout_is_left_as_it_is_when(text):
    assert with_renamed(text, [("meter", "kwh")]) == text


@given(st.dictionaries(st.text(min_size=1), st.tuples(st.integers(), st.integers()), min_size=1))
def test_a_rename_and_its_inverse_leave_the_same_places(places):
    old, new = next(iter(places)), "\x00"
    text = json.dumps({"format": 1, "nodes": places})
    if new not in places:
        back = with_renamed(with_renamed(text, [(old, new)]), [(new, old)])
        assert json.loads(back) == json.loads(text)


FLOW = """\
flow: f
format: 1
nodes:
  tick: {type: schedule, every: 1h}
  show: {type: debug, from: tick}
"""


def test_the_command_that_renames_a_node_renames_it_in_the_layout_too(tmp_path, capsys):
    flow = tmp_path / "flows" / "f.yaml"
    layout = layout_file(flow)
    layout.parent.mkdir(parents=True)
    flow.write_text(FLOW)
    layout.write_text('{"format": 1, "nodes": {\n  "show": [1, 2],\n  "tick": [3, 4]\n}}\n')
    assert main(["edit", str(flow), "rename", "nodes.tick", "clock", "--diff"]) == 0
    assert '+  "clock": [3, 4],' in capsys.readouterr().out
    assert main(["edit", str(flow), "rename", "nodes.tick", "clock"]) == 0
    assert capsys.readouterr().out == f"{flow}: changed\n{layout}: changed\n"
    assert json.loads(layout.read_text())["nodes"] == {"clock": [3, 4], "show": [1, 2]}
    assert "from: clock" in flow.read_text()
    assert main(["edit", str(flow), "set", "nodes.clock.every", "2h"]) == 0
    assert capsys.readouterr().out == f"{flow}: changed\n"
