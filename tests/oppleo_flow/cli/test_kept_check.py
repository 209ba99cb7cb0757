"""What a start had checked is used by the next only while nothing has changed."""

import argparse
import importlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from oppleo_flow.cli.chosen import Chosen
from oppleo_flow.cli.kept_check import KeptCheck, Recalled
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.what_runs import choose, flow_folder, surroundings
from oppleo_flow.flowfile.versions import History

FLOW = """\
flow: charge-point
format: 1
vars: {period: 1h}
nodes:
  tick: {type: schedule, every: $(period)}
  show: {type: debug, from: [tick, other/beat.tick]}
"""
OTHER = """\
flow: other
format: 1
nodes:
  beat: {type: schedule, every: 2h}
"""
ARGS = argparse.Namespace(flow=None, variables=[], simulate=False, strict=False)
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def site(site: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a site whose flow leads to another; the program counts as unchanged for a while."""
    (site / "flows").mkdir()
    (site / "flows" / "charge-point.yaml").write_text(FLOW)
    (site / "flows" / "other.yaml").write_text(OTHER)
    (site / ".oppleo").mkdir()
    monkeypatch.setattr("oppleo_flow.cli.kept_check._JUST_NOW_NS", -(10**18))
    return site


def start(folder: Path, args: argparse.Namespace = ARGS) -> Chosen:
    """Do what a start does that recalls nothing; return what it runs."""
    kept = KeptCheck(folder, args)
    site = Site.load(folder)
    around = surroundings(site, args)
    history = History(folder / ".oppleo" / "history")
    chosen = choose(around, flow_folder(site, args, around), history, safe=False)
    assert chosen is not None
    kept.keep(site.settings, chosen)
    return chosen


def recall(folder: Path, args: argparse.Namespace = ARGS) -> Recalled | None:
    return KeptCheck(folder, args).recall()


def test_the_next_start_has_the_very_same_settings_and_flow(site):
    chosen = start(site)
    recalled = recall(site)
    assert recalled is not None
    assert recalled.settings == Site.load(site).settings
    assert recalled.chosen() == chosen
    assert set(recalled.chosen().graph.nodes) == {"tick", "show", "other/beat"}


def test_the_next_start_reads_no_yaml(site):
    start(site)
    program = (
        "import argparse, sys\n"
        "from pathlib import Path\n"
        "from oppleo_flow.cli.kept_check import KeptCheck\n"
        "kept = KeptCheck(Path(sys.argv[1]), argparse.Namespace(**eval(sys.argv[2])))\n"
        "kept._asked['program'][4:] = eval(sys.argv[3])\n"
        "print(kept.recall().chosen().graph.name, 'yaml' in sys.modules)\n"
    )
    words = [str(site), repr(vars(ARGS)), repr(sys.path)]
    done = subprocess.run(
        [sys.executable, "-c", program, *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("charge-point False\n", "")


def test_before_the_first_start_there_is_nothing(site):
    assert recall(site) is None


CHANGES: dict[str, Callable[[Path], object]] = {
    "the flow": lambda site: append(site / "flows" / "charge-point.yaml"),
    "a flow that it leads to": lambda site: append(site / "flows" / "other.yaml"),
    "a flow that it leads to is gone": lambda site: (site / "flows" / "other.yaml").unlink(),
    "the settings": lambda site: append(site / "oppleo.yaml"),
    "secrets": lambda site: (site / "secrets.yaml").write_text("key: secret\n"),
    "a node file": lambda site: (site / "nodes").mkdir(),
    "what was kept is cut short": lambda site: os.truncate(site / ".oppleo" / "checked", 2000),
    "what was kept is empty": lambda site: os.truncate(site / ".oppleo" / "checked", 0),
}


def append(file: Path) -> None:
    with file.open("a") as opened:
        opened.write("# another line\n")


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_anything_that_the_check_went_by_makes_it_check_again(site, change):
    start(site)
    CHANGES[change](site)
    assert recall(site) is None


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"flow": "flows/other.yaml"}, id="another flow"),
        pytest.param({"variables": ["period=3h"]}, id="another value of a variable"),
        pytest.param({"simulate": True}, id="simulated hardware"),
        pytest.param({"strict": True}, id="nothing may be missing"),
    ],
)
def test_another_command_line_makes_it_check_again(site, other):
    start(site)
    assert recall(site, argparse.Namespace(**(vars(ARGS) | other))) is None


def test_another_place_of_the_program_makes_it_check_again(site, monkeypatch):
    start(site)
    monkeypatch.syspath_prepend(site / "elsewhere")
    assert recall(site) is None


@pytest.fixture
def module_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file of a module that the program has imported."""
    file = tmp_path / "library" / "a_part_of_the_program.py"
    file.parent.mkdir()
    file.write_text("")
    monkeypatch.syspath_prepend(file.parent)
    importlib.import_module(file.stem)
    monkeypatch.delitem(sys.modules, file.stem, raising=False)  # again, when the test is over
    monkeypatch.setitem(sys.modules, file.stem, importlib.import_module(file.stem))
    return file


def test_another_version_of_a_part_of_the_program_makes_it_check_again(site, module_file):
    start(site)
    assert recall(site) is not None
    append(module_file)
    assert recall(site) is None


def test_nothing_is_kept_while_a_part_of_the_program_is_being_changed(
    site, module_file, monkeypatch
):
    monkeypatch.setattr("oppleo_flow.cli.kept_check._JUST_NOW_NS", 10 * 10**9)
    start(site)
    assert recall(site) is None


@pytest.mark.parametrize(
    "node",
    [
        pytest.param(
            "show: {type: prowl, from: flow.errors, http: web, key: !secret word}\n"
            "connections: {web: {type: http-client}}",
            id="a secret",
        ),
        pytest.param("show: {type: debug, from: tick, field: $(env.WORD)}", id="the environment"),
        pytest.param("show: {type: nowhere, from: tick}", id="a type that is missing"),
        pytest.param(
            "show: {type: debug, from: tick}\nconnections: {pins: {type: gpio}}", id="a warning"
        ),
        pytest.param("show: {type: own, from: tick}", id="a node file of the site"),
    ],
)
def test_nothing_is_kept_of_a_flow_with_what_may_not_be_written_or_must_be_said_each_time(
    site, monkeypatch, node
):
    monkeypatch.setenv("WORD", "due")
    (site / "secrets.yaml").write_text(f"word: {40 * 'a'}\n")
    (site / "secrets.yaml").chmod(0o600)
    if "own" in node:
        (site / "nodes").mkdir()
        (site / "nodes" / "own.py").write_text(
            "from oppleo_flow import Node, NodeConfig\n\n\n"
            "class Own(Node[NodeConfig]):\n"
            "    type_name = 'own'\n\n"
            "    def on_message(self, payload: object) -> None: ...\n"
        )
    flow = FLOW.partition("  show:")[0]
    (site / "flows" / "charge-point.yaml").write_text(f"{flow}  {node}\n")
    start(site)
    assert not (site / ".oppleo" / "checked").exists()


def test_only_its_owner_may_read_it(site):
    start(site)
    assert (site / ".oppleo" / "checked").stat().st_mode & 0o777 == 0o600


def test_where_it_cannot_be_written_the_next_start_checks_again(site):
    (site / ".oppleo").rmdir()
    start(site)
    assert recall(site) is None
