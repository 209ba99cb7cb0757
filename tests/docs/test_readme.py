import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow.cli import COMMANDS, main
from oppleo_flow.cli.graph_sketch import sketch
from oppleo_flow.cli.graph_text import text
from oppleo_flow.flowfile import check_text
from oppleo_flow.registry import Registry
from tests.docs.markdown import blocks, commands

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, ROOT / "CONTRIBUTING.md"]
MADE = {  # by the commands that the pages show
    "nodes/flow/grid_alarm.py",
    "tests/nodes/flow/test_grid_alarm.py",
}


def test_the_flow_has_about_ten_lines_and_no_errors():
    (flow,) = blocks(README, "yaml")
    result = check_text(flow, "README.md", Registry(["nodes"]))
    assert [found.render() for found in result.findings if found.severity != "info"] == []
    assert len(flow.splitlines()) == 10


def test_the_drawing_is_what_the_command_draws():
    (flow,), (drawing,) = blocks(README, "yaml"), blocks(README, "text")
    graph = check_text(flow, "README.md", Registry(["nodes"])).graph
    assert f"{text(sketch(graph))}\n" == drawing


@pytest.mark.parametrize("lines", commands(README), ids=lambda lines: lines[0])
def test_the_commands_work_as_they_stand(lines, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("OPPLEO_SITE", raising=False)
    for line in lines:
        program, *words = shlex.split(line)
        if program == "make":
            make(*words)
        elif words[0] == "run":
            run_and_stop(words)
        else:
            assert (program, main(words)) == ("oppleo-flow", 0)


def make(*targets: str) -> None:
    """See whether the targets exist; CI runs them themselves."""
    done = subprocess.run(
        ["make", "--dry-run", *targets], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def run_and_stop(words: list[str]) -> None:
    """Run a site on a free port until it says that it runs, then press Ctrl-C."""
    with subprocess.Popen(
        [sys.executable, "-m", "oppleo_flow", *words, "--port", "0"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        announced = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        stopped = process.stdout.read()
    assert " runs" in announced
    assert "has stopped" in stopped
    assert process.returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_folder_that_a_page_names_is_there(page):
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
    named = re.findall(r"`([a-z_]+(?:/[a-z_.-]*)+|[A-Z]+\.md)`", text)
    assert [name for name in named if not (ROOT / name).exists() and name not in MADE] == []


def test_every_room_of_the_house_is_on_its_map():
    house = README.read_text(encoding="utf-8").split("## The house")[1].split("##")[0]
    rooms = [
        f"{room.name}/" if room.is_dir() else room.name
        for room in (ROOT / "oppleo_flow").iterdir()
        if not room.name.startswith("_") and (room.is_dir() or room.suffix == ".py")
    ]
    assert [room for room in rooms if not re.search(rf"[`/]{re.escape(room)}`", house)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page):
    named = re.findall(r"oppleo-flow ([a-z][a-z-]*)", page.read_text(encoding="utf-8"))
    assert sorted(set(named) - set(COMMANDS)) == []
    targets = re.findall(r"`make ([a-z]+)", page.read_text(encoding="utf-8"))
    make(*dict.fromkeys(targets))
