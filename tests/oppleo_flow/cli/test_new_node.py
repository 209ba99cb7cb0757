import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.registry import Registry
from oppleo_flow.testing import expected, run_example

REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def site(tmp_path):
    (tmp_path / "oppleo.yaml").touch()
    return tmp_path


def run(*command: str | Path, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_new_node_is_known_and_its_examples_hold(site, capsys):
    assert main(["new-node", "grid-alarm", "--site", str(site)]) == 0
    assert capsys.readouterr().out == (
        f"wrote {site}/nodes/grid_alarm.py\n"
        f"wrote {site}/tests/test_grid_alarm.py\n"
        f"run the test:  python -m pytest {site}/tests/test_grid_alarm.py\n"
    )
    spec = Registry.installed(site / "nodes").node("grid-alarm")
    for example in spec.cls.examples:
        assert run_example(spec.cls, example) == expected(example)


def test_the_test_of_a_new_node_passes_as_it_is(site):
    main(["new-node", "grid-alarm", "--site", str(site)])
    shown = run("pytest", "-p", "no:cacheprovider", "-q", "tests/test_grid_alarm.py", folder=site)
    assert "2 passed" in shown


def test_a_new_node_is_written_as_the_house_writes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for package in ("oppleo_flow", "oppleo_flow/testing", "nodes/flow"):
        (tmp_path / package).mkdir(parents=True)
        (tmp_path / package / "__init__.py").touch()
    main(["new-node", "grid-alarm", "--built-in", "flow"])
    shutil.copy(REPOSITORY / "pyproject.toml", tmp_path)
    written = ("nodes/flow/grid_alarm.py", "tests/nodes/flow/test_grid_alarm.py")
    run("ruff", "check", "--no-cache", *written, folder=tmp_path)
    run("ruff", "format", "--check", "--no-cache", *written, folder=tmp_path)


def test_a_new_built_in_node_lies_where_the_pack_has_its_category(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    category = tmp_path / "nodes" / "flow"
    category.mkdir(parents=True)
    (category / "__init__.py").touch()
    assert main(["new-node", "grid-alarm", "--built-in", "flow"]) == 0
    written = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.py"))
    assert written == [
        "nodes/flow/__init__.py",
        "nodes/flow/grid_alarm.py",
        "tests/nodes/flow/test_grid_alarm.py",
    ]


@pytest.mark.parametrize(
    ("words", "code", "line"),
    [
        pytest.param(
            ["Grid_Alarm"],
            2,
            "a node type is lower-case words with hyphens, such as grid-alarm, "
            "got 'Grid_Alarm'; see `oppleo-flow new-node --help`",
            id="a name that is no type",
        ),
        pytest.param(
            ["class"],
            2,
            "'class' is a word that Python keeps for itself; choose another name; "
            "see `oppleo-flow new-node --help`",
            id="a word that Python keeps for itself",
        ),
        pytest.param(
            ["switch"],
            3,
            "'switch' is already a node type, in 'flow'; choose another name",
            id="a type that exists",
        ),
        pytest.param(
            ["grid-alarm", "--built-in", "flow"],
            2,
            "nodes/flow: not a category of the built-in pack; "
            "this folder is no clone of the project",
            id="a category that does not exist",
        ),
    ],
)
def test_a_node_that_cannot_be_made_is_refused(site, monkeypatch, capsys, words, code, line):
    monkeypatch.chdir(site)
    assert main(["new-node", *(word.format(site=site) for word in words)]) == code
    assert capsys.readouterr().err == f"oppleo-flow: {line.format(site=site)}\n"
    assert not (site / "nodes").exists()


def test_a_file_that_exists_is_not_overwritten(site, capsys):
    test = site / "tests" / "test_grid_alarm.py"
    test.parent.mkdir()
    test.write_text("mine")
    assert main(["new-node", "grid-alarm", "--site", str(site)]) == 3
    assert capsys.readouterr().err == (
        f"oppleo-flow: {test}: exists already and is not overwritten\n"
    )
    assert test.read_text() == "mine"
    assert not (site / "nodes").exists()
