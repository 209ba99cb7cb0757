"""The parts of the command line that have a rule of their own but no command."""

import logging
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow.cli import main
from oppleo_flow.cli.log import Log
from oppleo_flow.cli.site_config import LogSettings
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock

REPOSITORY = Path(__file__).parents[3]


def test_a_table_lines_its_columns_up():
    rows = [("family", "10.000"), ("guest of the house", "?")]
    assert table(("card", "kWh"), rows, right=("kWh",)).splitlines() == [
        "card                   kWh",
        "family              10.000",
        "guest of the house       ?",
    ]


def test_a_table_without_rows_is_its_heading():
    assert table(("card", "kWh"), []) == "card  kWh"


@pytest.fixture
def root_logger():
    """Give the root logger, and put it back as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    yield root
    for handler in [handler for handler in root.handlers if handler not in before]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)


def test_a_traceback_goes_into_the_log_and_never_to_the_terminal(root_logger, tmp_path, capsys):
    file = Log(tmp_path / "log", LogSettings(), clock=SystemClock()).file
    logging.getLogger("a.node").info("only for the file")
    try:
        raise ValueError("no such thing")
    except ValueError:
        logging.getLogger("a.node").exception("it went wrong")
    assert capsys.readouterr().err == "oppleo-flow: it went wrong\n"
    written = file.read_text()
    assert "Z INFO    a.node: only for the file\n" in written
    assert "Traceback (most recent call last):" in written


def test_what_ends_a_command_is_one_line_and_its_traceback_is_in_the_log(
    root_logger, site, monkeypatch, capsys
):
    file = Log(site / "log", LogSettings(), clock=SystemClock()).file
    monkeypatch.setattr("sys.stdout", None)
    assert main(["check"]) == 1
    assert len(capsys.readouterr().err.splitlines()) == 1
    assert "AttributeError" in file.read_text()


def test_a_log_file_does_not_grow_past_its_size(root_logger, tmp_path):
    file = Log(tmp_path, LogSettings(size_kb=16, keep=2), clock=SystemClock()).file
    for number in range(1000):
        logging.getLogger("a.node").info("%0100d", number)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "oppleo-flow.log",
        "oppleo-flow.log.1",
        "oppleo-flow.log.2",
    ]
    assert all(path.stat().st_size <= 16_000 for path in file.parent.iterdir())


def test_work_of_more_than_a_second_shows_on_a_terminal_that_it_goes_on():
    program = (
        "import sys; from oppleo_flow.cli.progress import working\n"
        "with working('counting'):\n    print(sys.stdin.readline())"
    )
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
    ) as child:
        os.close(theirs)
        shown = os.read(ours, 100).decode()
        child.communicate("enough\n")
        rest = os.read(ours, 100).decode()
    os.close(ours)
    assert shown == "\rcounting … 1 s"
    assert rest.endswith("\r\x1b[K")
