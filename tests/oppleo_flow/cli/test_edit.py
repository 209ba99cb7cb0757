import io
import subprocess
import sys

import pytest

from oppleo_flow.cli import main

HOUSE = """\
flow: house
format: 1
nodes:
  tick: {type: schedule, every: 10s}  # often
  show: {type: debug, from: tick}
"""
OTHER = "flow: other\nformat: 1\nnodes:\n  show: {type: debug, from: house/tick}\n"


@pytest.fixture
def house(site):
    flows = site / "flows"
    flows.mkdir()
    (flows / "house.yaml").write_text(HOUSE)
    (flows / "other.yaml").write_text(OTHER)
    return flows / "house.yaml"


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        pytest.param(["set", "nodes.tick.every", "5s"], "every: 10s", "every: 5s", id="a word"),
        pytest.param(
            ["set", "nodes.show.from", "[tick, {ref: a.b, durable: on}]"],
            "from: tick}",
            "from: [tick, {ref: a.b, durable: on}]}",
            id="a list",
        ),
        pytest.param(
            ["set", "nodes.show.key", "!secret k"],
            "from: tick}",
            "from: tick, key: !secret k}",
            id="a secret",
        ),
        pytest.param(
            ["set", "nodes.show.text", '"17"'],
            "from: tick}",
            'from: tick, text: "17"}',
            id="a text in quotes",
        ),
        pytest.param(["unset", "nodes.tick.every"], ", every: 10s", "", id="nothing"),
        pytest.param(
            ["json", '{"edit": "set-disabled", "node": ["nodes", "show"], "disabled": true}'],
            "from: tick}",
            "from: tick, disabled: true}",
            id="an edit as JSON",
        ),
    ],
)
def test_a_script_changes_a_flow(house, capsys, words, old, new):
    assert main(["edit", "flows/house.yaml", *words]) == 0
    assert house.read_text() == HOUSE.replace(old, new)
    assert capsys.readouterr().out == "flows/house.yaml: changed\n"


def test_a_node_is_renamed_in_all_flows(house, site, capsys):
    assert main(["edit", "flows/house.yaml", "rename", "nodes.tick", "tock"]) == 0
    assert house.read_text() == HOUSE.replace("tick", "tock")
    assert (site / "flows" / "other.yaml").read_text() == OTHER.replace("tick", "tock")
    assert capsys.readouterr().out.splitlines() == [
        "flows/house.yaml: changed",
        "flows/other.yaml: changed",
    ]


def test_a_node_is_deleted_with_the_wires_from_it(house):
    assert main(["edit", "flows/house.yaml", "delete", "nodes.tick"]) == 0
    assert house.read_text() == "flow: house\nformat: 1\nnodes:\n  show: {type: debug}\n"


def test_edits_come_from_standard_input(house, monkeypatch):
    edits = '[{"edit": "unset-option", "path": ["nodes", "show", "from"]}]'
    monkeypatch.setattr("sys.stdin", io.StringIO(edits))
    assert main(["edit", "flows/house.yaml", "json", "-"]) == 0
    assert house.read_text() == HOUSE.replace(", from: tick", "")


def test_a_difference_is_shown_and_nothing_is_written(house, capsys):
    assert main(["edit", "--diff", "flows/house.yaml", "set", "nodes.tick.every", "5s"]) == 0
    assert house.read_text() == HOUSE
    assert capsys.readouterr().out.splitlines()[:2] == [
        "--- flows/house.yaml",
        "+++ flows/house.yaml",
    ]


def test_what_is_said_already_is_told(house, capsys):
    assert main(["edit", "flows/house.yaml", "set", "nodes.tick.every", "10s"]) == 0
    assert capsys.readouterr().out == "flows/house.yaml: says so already\n"


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(
            ["set", "nodes.tack.every", "5s"],
            3,
            "flows/house.yaml: there is no 'tack' in nodes; did you mean 'tick'?",
            id="a node that is not there",
        ),
        pytest.param(
            ["set", "nodes.tick.every"],
            2,
            "set needs VALUE; see `oppleo-flow edit --help`",
            id="no value",
        ),
        pytest.param(
            ["unset", "nodes.tick.every", "5s"],
            2,
            "unset takes no VALUE; see `oppleo-flow edit --help`",
            id="a value too much",
        ),
        pytest.param(
            ["set", "nodes.tick.every", "[5s"],
            2,
            "VALUE:1:8: '[' is not closed; add ']'; see `oppleo-flow edit --help`",
            id="a list that is not closed",
        ),
        pytest.param(
            ["json", "{"],
            2,
            "edit: no JSON: Expecting property name enclosed in double quotes: line 1 column 2 "
            "(char 1)",
            id="no JSON",
        ),
    ],
)
def test_what_cannot_be_done_is_told(house, capsys, words, code, told):
    assert main(["edit", "flows/house.yaml", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {told}\n"
    assert house.read_text() == HOUSE


def test_of_edits_at_once_none_is_lost(house):
    names = ["one", "two", "three", "four"]
    edits = [
        subprocess.Popen(
            [sys.executable, "-m", "oppleo_flow", "edit", house, "set", f"nodes.show.{name}", "7"],
            stdout=subprocess.DEVNULL,
        )
        for name in names
    ]
    assert [edit.wait() for edit in edits] == [0, 0, 0, 0]
    assert [name for name in names if f"{name}: 7" not in house.read_text()] == []
