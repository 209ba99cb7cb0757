"""`oppleo-flow test`: which flows, which of their tests, what is said of them."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from oppleo_flow.cli import main

FLOW = """\
flow: charge-point
format: 1
connections: {web: {type: http-client}}
nodes:
  tick: {type: schedule, each: day, at: 06:00}
  seen: {type: debug, from: tick}
  push: {type: prowl, from: flow.errors, http: web, key: !secret prowl_key}
tests:
  - name: at six in the morning it ticks
    at: 2026-01-15T05:59:00+01:00
    do: [{advance: 1m}, {expect: {seen: {due: 2026-01-15T06:00:00+01:00}}}]
  - name: at seven it ticks, which it does not
    at: 2026-01-15T06:59:00+01:00
    do: [{advance: 1m}, {expect: seen}]
"""
FAILED = """\
flows/charge-point.yaml:14:34: at seven it ticks, which it does not: seen
    expected  any message
    received  nothing

1 passed, 1 failed
"""


@pytest.fixture
def flow(site: Path) -> Path:
    """The flow of a site that is in Amsterdam."""
    (site / "flows").mkdir()
    file = site / "flows" / "charge-point.yaml"
    file.write_text(FLOW)
    return file


@pytest.mark.parametrize(
    "words", [[], ["."], ["flows"], ["flows/charge-point.yaml"], ["flows", "."]]
)
def test_a_failure_is_told_and_ends_in_1(flow, capsys, words: list[str]) -> None:
    assert main(["test", *words]) == 1
    assert capsys.readouterr().out == FAILED


def test_those_that_are_asked_for_run_and_each_is_named(flow, capsys) -> None:
    assert main(["test", "-k", "SIX in", "--verbose"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("flows/charge-point.yaml: at six in the morning it ticks: passed in 0.")
    assert last == "1 passed, 0 failed"


def test_to_ask_for_none_is_wrong_usage(flow, capsys) -> None:
    assert main(["test", "-k", "eight"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: -k: no test has 'eight' in its name; see `oppleo-flow test --help`\n"
    )


def test_a_flow_with_errors_is_not_tested(flow, capsys) -> None:
    flow.write_text(FLOW.replace("from: tick", "from: tock"))
    (flow.parent / "other.yaml").write_text(FLOW.replace("07:00", "06:00"))

    assert main(["test"]) == 1
    said = capsys.readouterr().out.splitlines()
    assert "seen: there is no node 'tock'; did you mean 'tick'?" in said[0]
    assert said[-1] == "1 passed, 1 failed, 1 flow with errors"


def test_a_folder_without_flows_is_wrong_usage(site, capsys) -> None:
    assert main(["test"]) == 2
    assert capsys.readouterr().err == (
        "oppleo-flow: .: there is no flow here; see `oppleo-flow test --help`\n"
    )


def test_a_variable_of_the_flow_can_be_set(flow, capsys) -> None:
    flow.write_text(FLOW.replace("06:00}", "$(at)}").replace("nodes:", "vars: {at: 06:00}\nnodes:"))

    assert main(["test", "--set", "at=07:00"]) == 1
    assert capsys.readouterr().out.startswith("flows/charge-point.yaml:12:35: at six")


SHARED = """\
subflow: late
format: 1
params: {wait: {type: duration, default: 1m}}
in: {tick: Tick}
out: {late: later.delayed}
nodes: {later: {type: delay, from: in.tick, wait: $(wait)}}
tests:
  - name: it comes a minute late
    do: [{send: in.tick}, {expect_none: [later.delayed]}, {advance: 1m}, {expect: later.delayed}]
"""
USES_IT = """\
flow: one
format: 1
nodes:
  tick: {type: schedule, every: 10s}
  late: {type: "flow:late", from: tick}
  seen: {type: debug, from: late}
"""


def test_the_tests_of_a_shared_subflow_run_once(flow, site, capsys) -> None:
    (site / "subflows").mkdir()
    (site / "subflows" / "late.yaml").write_text(SHARED)
    flow.write_text(USES_IT)
    (flow.parent / "two.yaml").write_text(USES_IT.replace("one", "two"))

    assert main(["test", "--verbose"]) == 0
    first, last = capsys.readouterr().out.splitlines()
    assert first.startswith("flows/charge-point.yaml: late: it comes a minute late: passed in 0.")
    assert last == "1 passed, 0 failed"


def test_the_zone_is_that_of_the_site(flow, site, capsys) -> None:
    settings = site / "oppleo.yaml"
    settings.write_text(settings.read_text().replace("Europe/Amsterdam", "Europe/Lisbon"))

    assert main(["test"]) == 1
    assert capsys.readouterr().out.endswith("\n1 passed, 1 failed\n")
    assert main(["test", "-k", "seven"]) == 0


def test_a_ci_server_reads_what_failed(flow, site, capsys) -> None:
    (flow.parent / "broken.yaml").write_text("flow: broken\n")

    assert main(["test", "--junit", "tests.xml"]) == 1
    broken, tested = ElementTree.parse(site / "tests.xml").getroot()
    assert (broken.get("errors"), tested.get("tests"), tested.get("failures")) == ("1", "2", "1")
    passed, failed = tested
    assert (passed.get("name"), passed.get("line"), len(passed)) == (
        "at six in the morning it ticks",
        "9",
        0,
    )
    assert failed[0].get("message") == ("flows/charge-point.yaml:14:34: seen: expected any message")
    assert failed[0].text == FAILED.partition("\n\n")[0]
