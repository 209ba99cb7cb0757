"""The command `graph`."""

import json

import pytest

from oppleo_flow.cli import main

HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 10s}
  show: {type: debug, from: tick}
"""


@pytest.fixture
def file(site):
    """The flow that the site runs."""
    (site / "flows").mkdir()
    made = site / "flows" / "hello.yaml"
    made.write_text(HELLO)
    settings = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(settings.replace("charge-point\n", "hello\n"))
    return made


def test_a_flow_is_printed_forwards(file, capsys):
    assert main(["graph", "flows/hello.yaml"]) == 0
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("tick → show\n", "")


@pytest.mark.parametrize(
    ("form", "line"),
    [("mermaid", "  tick --> show"), ("dot", '  "tick" -> "show";')],
)
def test_a_site_is_drawn_as_the_flow_it_runs(file, capsys, form, line):
    assert main(["graph", "--format", form]) == 0
    assert line in capsys.readouterr().out.splitlines()


def test_a_program_reads_it_as_json(file, capsys):
    assert main(["graph", "--format", "json"]) == 0
    wires = json.loads(capsys.readouterr().out)["wires"]
    assert [(wire["from"]["node"], wire["to"]["node"]) for wire in wires] == [("tick", "show")]


def test_the_help_tells_what_is_in_the_json(capsys):
    assert main(["graph", "--help"]) == 0
    assert "  wires        from and to: node, port; kind; durable\n" in capsys.readouterr().out


def test_a_flow_without_its_secrets_is_drawn_and_they_are_told_after(file, capsys):
    file.write_text(
        HELLO.replace("nodes:", "connections: {web: {type: http-client}}\nnodes:")
        + "  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key}\n"
    )
    assert main(["graph"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "tick → show\nflow.errors → push\n"
    assert shown.err.splitlines()[0].partition("; ")[0] == (
        f"{file}:7:58: push: there is no secret 'prowl_key'"
    )


def test_a_flow_with_a_type_that_is_missing_is_drawn_and_it_is_told_after(file, capsys):
    file.write_text(HELLO.replace("debug", "debgu"))
    assert main(["graph", "flows/hello.yaml"]) == 0
    shown = capsys.readouterr()
    assert shown.out == "tick → show (missing)\n"
    assert shown.err.splitlines()[0] == (
        "flows/hello.yaml:5:16: show: unknown node type 'debgu'; did you mean 'debug'?"
    )


def test_a_flow_with_other_errors_has_no_graph(file, capsys):
    file.write_text(HELLO.replace("from: tick", "from: tock"))
    assert main(["graph", "flows/hello.yaml"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[0] == (
        "flows/hello.yaml:5:29: show: there is no node 'tock'; did you mean 'tick'?"
    )


def test_the_same_flow_is_drawn_the_same(file, capsys):
    for form in ("text", "dot", "mermaid", "json"):
        drawn = set()
        for _ in range(2):
            assert main(["graph", "--format", form]) == 0
            drawn.add(capsys.readouterr().out)
        assert len(drawn) == 1
