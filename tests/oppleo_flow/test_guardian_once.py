"""A guardian over a runtime that is to run once, however it ends: a trial of hardware."""

import subprocess
import sys

import pytest

from tests.oppleo_flow.test_guardian import CHILD, PATIENCE_S, RUNNER, lines, starts


@pytest.mark.parametrize(
    ("behaviour", "code", "said"),
    [
        pytest.param("end(1)", 1, "", id="a failure that is announced"),
        pytest.param("end(130)", 130, "", id="an interruption"),
        pytest.param(
            "sys.exit(7)",
            1,
            "oppleo-flow guardian: the runtime ended with code 7; pins are safe\n",
            id="an end that was not announced",
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            1,
            "oppleo-flow guardian: the runtime was ended by SIGKILL; pins are safe\n",
            id="a kill",
        ),
    ],
)
def test_a_runtime_that_is_to_run_once_is_never_started_again(tmp_path, behaviour, code, said):
    (tmp_path / "child.py").write_text(CHILD + behaviour)
    done = subprocess.run(
        [sys.executable, "-c", RUNNER, str(tmp_path), "forked", "once"],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert (done.returncode, done.stderr) == (code, said)
    assert len(starts(tmp_path)) == 1
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}']


@pytest.mark.parametrize(
    ("tells", "said", "quarantined"),
    [
        pytest.param("", "gave no sign of life for 4 s", [], id="nobody knows where"),
        pytest.param(
            "tell(stalled='meter')",
            "hung in node 'meter'",
            ["--quarantine", "meter"],
            id="in the constructor of a node",
        ),
    ],
)
def test_a_runtime_that_never_begins_to_run_says_how_long_or_where_it_hung(
    tmp_path, tells, said, quarantined
):
    begun = CHILD.removesuffix("tell(beat=True)\n")
    (tmp_path / "child.py").write_text(f"{begun}if start > 1: end(0)\n{tells}\nsignal.pause()")
    done = subprocess.run(
        [sys.executable, "-c", RUNNER.replace("start_s=10.0", "start_s=4.0"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.stderr == (
        f"oppleo-flow guardian: the runtime {said}; pins are safe, crash 1; again in 0 s\n"
    )
    assert [start["args"] for start in starts(tmp_path)] == [[], quarantined]
