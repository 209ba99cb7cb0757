"""Commands on a site whose flow leads to other files: another flow, and a shared subflow."""

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.deploying import FlowFolder
from oppleo_flow.cli.flow_files import Surroundings

HOUSE = """\
flow: house
format: 1
nodes:
  calm: {type: flow:calm, from: garage/tick, note: about the garage}
  show: {type: debug, from: [calm, garage/flow.errors]}
"""
GARAGE = """\
flow: garage
format: 1
nodes:
  tick: {type: schedule, every: 10s}
"""
CALM = """\
subflow: calm
format: 1
params: {note: {type: str}}
in: {what: any}
out: {rest: pass}
nodes:
  pass: {type: filter, from: in.what, field: due, doc: $(note)}
tests:
  - name: what comes in goes out
    params: {note: none}
    do:
      - send: {in.what: {type: Tick}}
      - expect: {out.rest: {type: Tick}}
"""


@pytest.fixture
def house(site):
    """Return a site that runs two flows and a shared subflow."""
    settings = (site / "oppleo.yaml").read_text()
    (site / "oppleo.yaml").write_text(settings.replace("charge-point\n", "house\n"))
    for name, text in (("flows/house", HOUSE), ("flows/garage", GARAGE), ("subflows/calm", CALM)):
        file = site / f"{name}.yaml"
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
    return site


def rewrite(file, old, new):
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def headlines(capsys):
    lines = capsys.readouterr().out.splitlines()
    return [line for line in lines if line and not line.startswith(" ")]


def test_every_file_of_a_site_is_checked(house, capsys):
    assert main(["check"]) == 0
    assert capsys.readouterr().out == "4 files checked: no errors\n"


def test_a_mistake_is_told_once_in_its_own_file_whoever_leads_to_it(house, capsys):
    rewrite(house / "flows" / "garage.yaml", "every: 10s", "every: 10s, mised: skip")
    rewrite(house / "flows" / "house.yaml", "from: [calm", "from: [clam")
    rewrite(house / "subflows" / "calm.yaml", "field: due", "feild: due")
    assert main(["check"]) == 1
    assert headlines(capsys) == [
        f"{house}/flows/house.yaml:5:30: show: there is no node 'clam'; did you mean 'calm'?",
        f"{house}/subflows/calm.yaml:7:39: pass: 'feild' is not an option of filter; did you mean "
        "'field'? (in calm)",
        f"{house}/flows/garage.yaml:4:38: tick: 'mised' is not an option of schedule; did you mean "
        "'missed'?",
        "4 files checked: 3 errors, 0 warnings",
    ]


def test_a_flow_that_nothing_leads_to_is_checked_by_itself(house, capsys):
    (house / "flows" / "attic.yaml").write_text(GARAGE.replace("schedule", "shedule"))
    assert main(["check"]) == 1
    assert headlines(capsys) == [
        f"{house}/flows/attic.yaml:4:16: tick: unknown node type 'shedule'; did you mean "
        "'schedule'?",
        "5 files checked: 1 error, 0 warnings",
    ]


def test_a_subflow_that_no_flow_uses_is_checked_by_itself(house, capsys):
    text = CALM.replace("subflow: calm", "subflow: wild").replace("in.what", "in.waht")
    (house / "subflows" / "wild.yaml").write_text(text)
    wild = f"{house}/subflows/wild.yaml"
    found = [
        f"{wild}:7:30: pass: 'in' has no input 'waht'; did you mean 'what'?",
        f"{wild}:12:16: tests: 'in' has no output 'waht'; did you mean 'what'?",
    ]
    assert main(["check"]) == 1
    assert headlines(capsys) == [*found, "5 files checked: 2 errors, 0 warnings"]
    assert main(["check", wild]) == 1
    assert headlines(capsys) == [*found, f"{wild}: 2 errors, 0 warnings"]


def test_a_flow_is_drawn_with_what_it_leads_to(house, capsys):
    assert main(["graph"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "garage/tick → calm (pass) → show",
        "garage/flow.errors → show",
    ]


def test_the_tests_of_a_shared_subflow_run_with_the_flow_that_uses_it(house, capsys):
    assert main(["test", "flows/house.yaml", "--verbose"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("flows/house.yaml: calm: what comes in goes out: passed in ")
    assert told[1] == "1 passed, 0 failed"


def test_a_flow_has_no_graph_while_another_that_it_leads_to_is_broken(house):
    rewrite(house / "flows" / "garage.yaml", "every: 10s", "every: 10s, mised: skip")
    surroundings = Surroundings.of(house, {}, placeholders=True)
    result = surroundings.check(house / "flows" / "house.yaml")
    assert result.graph is None
    assert [finding.place.file for finding in result.errors] == [f"{house}/flows/garage.yaml"]


def test_a_version_is_whole_whatever_becomes_of_the_files(house):
    around = Surroundings.of(house, {})
    folder = FlowFolder(around, house / "flows" / "house.yaml")
    flows, _ = folder.check_disk()
    for file in ("flows/house.yaml", "flows/garage.yaml", "subflows/calm.yaml"):
        (house / file).write_text("broken: [\n")
    graph = folder.check(flows)[1].graph
    assert [*graph.nodes] == ["calm.pass", "show", "garage/tick"]
    assert sorted(flows.files) == ["flows/garage.yaml", "flows/house.yaml", "subflows/calm.yaml"]
