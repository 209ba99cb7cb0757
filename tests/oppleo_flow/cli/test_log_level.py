"""`oppleo-flow log-level`, against a runtime that is really served."""

import logging
from dataclasses import replace

import pytest

from oppleo_flow.cli import main
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.cli.served import served


@pytest.fixture
def flow(site):
    """Return a running flow, one node of which is told by the flow how much to say."""
    graph = graph_of(
        {"quiet": replace(plan(Collect), log_level="error"), "plain": plan(Collect)}, []
    )
    with served(site, graph) as made:
        yield made
    for node in ("quiet", "plain"):
        logging.getLogger(f"oppleo_flow.node.{node}").setLevel(logging.NOTSET)


def test_all_levels_are_shown(flow, capsys):
    assert main(["log-level"]) == 0
    assert [line.split() for line in capsys.readouterr().out.splitlines()] == [
        ["node", "level"],
        ["plain", "warning"],
        ["quiet", "error"],
    ]


def test_a_node_says_more_at_once_and_less_again(flow, capsys, caplog):
    log = flow.node("quiet").log
    assert main(["log-level", "quiet", "debug"]) == 0
    log.debug("heard")
    assert main(["log-level", "quiet", "--reset"]) == 0
    log.debug("not heard")
    assert capsys.readouterr().out == (
        "quiet: debug, until the node or the program starts anew\n"
        "quiet: error, until the node or the program starts anew\n"
    )
    assert [r.message for r in caplog.records if r.name.endswith(".quiet")] == ["heard"]


def test_what_is_set_holds_until_the_flow_starts_anew(flow):
    assert main(["log-level", "quiet", "debug"]) == 0
    flow.deploy(graph_of({"quiet": plan(Collect, log_level="info"), "plain": plan(Collect)}, []))
    flow.run_for(1)
    assert flow.log_levels.all()["quiet"] == "info"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        pytest.param(["other", "debug"], 3, "no node 'other' runs now", id="no such node"),
        pytest.param(
            ["quiet"],
            2,
            "say for one NODE either LEVEL or --reset; see `oppleo-flow log-level --help`",
            id="no level",
        ),
        pytest.param(
            ["--reset"],
            2,
            "say for one NODE either LEVEL or --reset; see `oppleo-flow log-level --help`",
            id="no node",
        ),
    ],
)
def test_what_cannot_be_done_is_refused(flow, capsys, words, code, said):
    assert main(["log-level", *words]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {said}\n"
