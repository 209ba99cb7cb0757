"""A runtime that asks its guardian to be started anew, with real processes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

CHILD = """
import json, os, sys
pipe, folder = int(os.environ["OPPLEO_GUARDIAN_FD"]), sys.argv[1]
with open(folder + "/starts", "a") as file:
    file.write(json.dumps([os.environ["OPPLEO_CRASHES"], sys.argv[2:]]) + chr(10))
start = sum(1 for _ in open(folder + "/starts"))

def end(code, **said):
    os.write(pipe, json.dumps({"beat": True, "pins": {"pin": 5}, **said}).encode() + b"\\n")
    sys.exit(code)

CODE
"""
RUNNER = """
import sys
from oppleo_flow.guardian import Guardian, Settings
folder = sys.argv[1]
helper = "import sys; open(sys.argv[1] + '/safe', 'a').write('safe' + chr(10))"
sys.exit(Guardian(Settings(
    command=[sys.executable, folder + "/child.py", folder],
    safe_command=[sys.executable, "-c", helper, folder],
    restart_first_s=0.05, restart_last_s=0.1, restarts=sys.argv[2] == "again",
)).run())
"""


@pytest.fixture
def guarded(tmp_path: Path):
    """Return what runs a child under a guardian to its end: exit code, starts, what was said."""

    def guarded(behaviour: str, restarts: str = "again"):
        (tmp_path / "child.py").write_text(CHILD.replace("CODE", behaviour))
        done = subprocess.run(
            [sys.executable, "-c", RUNNER, str(tmp_path), restarts],
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        starts = [json.loads(line) for line in (tmp_path / "starts").read_text().splitlines()]
        safe = (tmp_path / "safe").read_text().splitlines()
        return done.returncode, starts, len(safe), done.stderr

    return guarded


def test_a_runtime_that_asks_for_it_is_started_anew_and_has_not_crashed(guarded):
    code, starts, made_safe, said = guarded("end(4 if start < 3 else 0, ends=True)")
    assert code == 0
    assert starts == [["0", []], ["0", []], ["0", []]]
    assert made_safe == 3
    assert said.count("the runtime is started anew, as it asked for; pins are safe") == 2


def test_a_crash_before_it_is_forgotten_and_so_is_the_quarantine(guarded):
    code, starts, _, _ = guarded(
        "end(7, stalled='meter') if start == 1 else end(4 if start == 2 else 0, ends=True)"
    )
    assert code == 0
    assert starts == [["0", []], ["1", ["--quarantine", "meter"]], ["0", []]]


def test_a_plug_in_that_ends_the_process_so_is_a_crash(guarded):
    _, starts, _, said = guarded("end(4) if start == 1 else end(0, ends=True)")
    assert [crashes for crashes, _ in starts] == ["0", "1"]
    assert "the runtime ended with code 4" in said


def test_where_nothing_is_restarted_it_ends(guarded):
    assert guarded("end(4, ends=True)", "never")[:2] == (4, [["0", []]])
