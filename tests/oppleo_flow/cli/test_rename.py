"""`oppleo-flow rename`: another name, wherever flows name a part."""

import pytest

from oppleo_flow.cli import main

HELLO = """\
flow: hello
format: 1
vars: {beat: 1h, twice: 2}
nodes:
  tick: {type: schedule, every: $(beat)}  # now and then
  show: {type: debug, from: tick}
  twice: {type: debug, from: tick}
"""
OTHER = """\
flow: other
format: 1
nodes:
  too: {type: debug, from: hello/tick}
"""


@pytest.fixture
def flows(site):
    settings = (site / "oppleo.yaml").read_text().replace("charge-point\n", "hello\n")
    (site / "oppleo.yaml").write_text(settings)
    (site / "flows").mkdir()
    (site / "flows" / "hello.yaml").write_text(HELLO)
    (site / "flows" / "other.yaml").write_text(OTHER)
    return site / "flows"


def test_a_node_is_renamed_in_its_flow_and_in_those_that_name_it(flows, capsys):
    assert main(["rename", "tick", "clock"]) == 0
    hello, other = (flows / "hello.yaml").read_text(), (flows / "other.yaml").read_text()
    assert hello == HELLO.replace("  tick:", "  clock:").replace("from: tick", "from: clock")
    assert other == OTHER.replace("hello/tick", "hello/clock")
    assert capsys.readouterr().out == (
        f"{flows}/hello.yaml: changed\n{flows}/other.yaml: changed\n"
    )


def test_a_node_of_the_flow_beside_it_is_renamed(flows):
    assert main(["rename", "other/too", "also"]) == 0
    assert (flows / "other.yaml").read_text() == OTHER.replace("too", "also")


def test_a_variable_is_renamed_with_its_uses(flows):
    assert main(["rename", "beat", "pace"]) == 0
    assert (flows / "hello.yaml").read_text() == HELLO.replace("beat", "pace")


def test_a_preview_changes_nothing(flows, capsys):
    assert main(["rename", "show", "tell", "--diff"]) == 0
    assert (flows / "hello.yaml").read_text() == HELLO
    assert "+  tell: {type: debug, from: tick}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tikc", "there is no 'tikc'; did you mean 'tick'?"),
        (
            "twice",
            "'twice' is nodes.twice and vars.twice; use `oppleo-flow edit {file} rename` for one",
        ),
    ],
)
def test_a_name_that_is_not_there_or_there_twice_is_refused(flows, capsys, name, said):
    assert main(["rename", name, "other_name"]) == 3
    file = flows / "hello.yaml"
    assert capsys.readouterr().err == f"oppleo-flow: {file}: {said.format(file=file)}\n"
