"""What a command leaves behind when somebody ends it: nothing."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from threading import Event

import pytest

FLOWS = Path(__file__).parents[3] / "flows"
FLOW = str(FLOWS / "charge-point.yaml")
PATIENCE_S = 60.0
COMMANDS = [
    pytest.param(["simulate", FLOW, "--from", "2026-03-01", "--days", "3660"], id="simulate"),
    pytest.param(["test", FLOW], id="test"),
]


@pytest.fixture(autouse=True)
def _children_mind_a_closed_terminal():
    """Also where these tests themselves were started not to mind: that is inherited."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


def started(words, folder):
    """Return a command that is at work, and has made a folder for what it does."""
    process = subprocess.Popen(
        [sys.executable, "-m", "oppleo_flow", *words],
        env={**os.environ, "TMPDIR": str(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    end = time.monotonic() + PATIENCE_S
    while not any(folder.glob("oppleo-*")):
        assert process.poll() is None
        assert time.monotonic() < end
        Event().wait(0.02)
    return process


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(
    ("sent", "code"),
    [(signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP), (signal.SIGINT, 130)],
    ids=["ended", "its terminal is closed", "Ctrl-C"],
)
def test_a_command_that_is_ended_leaves_no_folder_behind(tmp_path, words, sent, code):
    process = started(words, tmp_path)
    process.send_signal(sent)
    assert process.communicate(timeout=PATIENCE_S)[1] == ""
    assert process.returncode == code
    assert list(tmp_path.iterdir()) == []


def test_a_closed_terminal_does_not_end_what_was_started_not_to_mind(tmp_path):
    code = (
        "import os, signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)\n"
        "from oppleo_flow.cli.ending import ends_when_told\n"
        "with ends_when_told():\n"
        "    os.kill(os.getpid(), signal.SIGHUP)\n"
        "    print('goes on')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")
