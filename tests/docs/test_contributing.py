import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from tests.docs.markdown import commands

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
STEPS = [line for block in commands(PAGE)[1:] for line in block]


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """Copy what a new built-in node touches; the rest is looked up in the repository."""
    for folder in ("nodes", "tests/house", "tests/nodes", "schemas"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__")
        )
    for file in ("setup.cfg", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def python(*words: str, clone: Path) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=clone,
        env={**os.environ, "PYTHONPATH": f"{clone}{os.pathsep}{ROOT}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_node_is_added_in_five_steps():
    assert re.findall(r"(?m)^(\d)\. \*\*", PAGE.read_text(encoding="utf-8")) == list("12345")
    assert STEPS == [
        "oppleo-flow new-node grid-alarm --built-in flow",
        "python -m pytest tests/nodes/flow/test_grid_alarm.py",
        "make docs",
        "make check test",
    ]


def test_following_the_steps_makes_a_node_that_passes_everything(clone):
    assert main(shlex.split(STEPS[0])[1:]) == 0
    shown = python(*shlex.split(STEPS[1])[1:], "-p", "no:cacheprovider", clone=clone)
    assert "2 passed" in shown
    python("-P", "-m", "oppleo_flow", "schema", "-o", "schemas", clone=clone)
    assert (clone / "schemas" / "nodes" / "grid-alarm.schema.json").is_file()
    python("-P", "-m", "oppleo_flow", "nodes", "grid-alarm", clone=clone)
    house = ("tests/house/test_nodes_are_complete.py", "tests/nodes/test_examples.py")
    shown = python("-m", "pytest", "-p", "no:cacheprovider", *house, "-k", "grid", clone=clone)
    assert " passed" in shown
