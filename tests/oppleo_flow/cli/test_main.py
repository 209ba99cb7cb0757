import os
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow import __version__
from oppleo_flow.cli import COMMANDS, main

FLOW = Path(__file__).parents[3] / "flows" / "charge-point.yaml"
PUBLIC = [name for name, entry in COMMANDS.items() if not entry.hidden]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        pytest.param([], "no command given; see `oppleo-flow --help`", id="no command"),
        pytest.param(
            ["chek"],
            "'chek' is not a command, did you mean 'check'?; see `oppleo-flow --help`",
            id="a command that nearly exists",
        ),
        pytest.param(
            ["xyzzy"], "'xyzzy' is not a command; see `oppleo-flow --help`", id="a word from afar"
        ),
        pytest.param(
            ["--verbose", "check"],
            "unrecognized arguments: --verbose; see `oppleo-flow --help`",
            id="an option before the command",
        ),
        pytest.param(
            ["check", "--jsno"],
            "unrecognized arguments: --jsno; see `oppleo-flow check --help`",
            id="an option of a command",
        ),
        pytest.param(
            ["versions", "back", "x"],
            "argument VERSION: a whole number is needed, got 'x'; "
            "see `oppleo-flow versions back --help`",
            id="a number that is none",
        ),
        pytest.param(
            ["new-node"],
            "the following arguments are required: NAME; see `oppleo-flow new-node --help`",
            id="a missing argument",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_code_2(words, line, capsys):
    assert main(words) == 2
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", f"oppleo-flow: {line}\n")


def test_the_help_lists_every_command_but_the_hidden_ones(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    assert [name for name in COMMANDS if f"\n  {name} " in shown] == PUBLIC
    assert "exit codes: 0 done; 1 it failed, or `check` found errors; 2 wrong usage" in shown


@pytest.mark.parametrize("command", PUBLIC)
def test_the_help_of_a_command_stands_on_its_own(command, capsys):
    assert main([command, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"usage: oppleo-flow {command}" in shown
    assert f"examples:\n  oppleo-flow {command}" in shown
    assert "exit codes:" in shown


def test_the_version_is_said(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"oppleo-flow {__version__}\n"


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "oppleo_flow", "chek"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("oppleo-flow: 'chek' is not a command")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_terminal_without_an_arrow_gets_what_it_can_show(encoding):
    done = subprocess.run(
        [sys.executable, "-m", "oppleo_flow", "graph", FLOW],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\u2192" in done.stdout


def test_a_reader_that_has_seen_enough_gets_no_traceback():
    done = subprocess.run(
        f"{sys.executable} -m oppleo_flow nodes | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


def test_an_unexpected_error_is_one_line_and_debug_shows_where(site, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout", None)
    assert main(["check"]) == 1
    line = capsys.readouterr().err
    assert line.startswith("oppleo-flow: internal error: AttributeError: ")
    assert line.endswith("; `--debug` shows where\n")
    assert main(["check", "--debug"]) == 1
    assert "Traceback (most recent call last):" in capsys.readouterr().err


def test_starting_the_guardian_loads_neither_pydantic_nor_yaml():
    program = (
        "import sys; from oppleo_flow.cli import main; main(['run', '--help']); "
        "print(sorted({'pydantic', 'yaml', 'sqlalchemy', 'bottle'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"
