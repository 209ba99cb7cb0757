"""The guardian, with real processes: small children that live, die, hang and stop."""

import contextlib
import json
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

PATIENCE_S = 20.0

CHILD = '''
import json, os, select, signal, sys
pipe = int(os.environ["OPPLEO_GUARDIAN_FD"])
folder = sys.argv[1]

def tell(**said):
    os.write(pipe, json.dumps(said).encode() + b"\\n")

def begin():
    """Count this start and write down what it was given."""
    with open(folder + "/starts", "a") as file:
        file.write(json.dumps(
            {"args": sys.argv[2:], "crashes": os.environ["OPPLEO_CRASHES"], "pid": os.getpid()}
        ) + "\\n")
    return sum(1 for _ in open(folder + "/starts"))

def beat_for_ever():
    while True:
        tell(beat=True)
        select.select([], [], [], 0.05)

def end(code):
    tell(ends=True)
    sys.exit(code)

start = begin()
tell(pins={"pin": 5, "high": True})
tell(beat=True)
'''

RUNNER = """
import runpy, sys
from oppleo_flow.guardian import Guardian, Settings
folder, *forked = sys.argv[1:]
helper = (
    "import sys; open(sys.argv[1] + '/safe', 'a').write(sys.argv[2] + chr(10))"
)
guardian = Guardian(Settings(
    command=[sys.executable, folder + "/child.py", folder],
    safe_command=[sys.executable, "-c", helper, folder],
    stall_s=0.6, start_s=10.0, stop_s=1.0, restart_first_s=0.05, restart_last_s=0.1,
    restarts="once" not in forked,
))
if forked and guardian.fork():
    sys.argv = [folder + "/child.py", folder]
    runpy.run_path(sys.argv[0])
    sys.exit()
sys.exit(guardian.run())
"""
FIRST = [pytest.param([], id="by its command"), pytest.param(["forked"], id="forked")]
"""How the first runtime comes about; a later one always by its command."""


@pytest.fixture(params=FIRST)
def guard(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Start a guardian over a child that does what the text says after its first beat."""
    running: list[subprocess.Popen[str]] = []

    def start(behaviour: str) -> subprocess.Popen[str]:
        (tmp_path / "child.py").write_text(CHILD + textwrap.dedent(behaviour))
        process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(tmp_path), *request.param],
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_S)
        if process.stderr is not None:
            process.stderr.close()


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def starts(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in lines(folder / "starts")]


def test_a_runtime_that_ends_well_is_not_started_again_and_its_pins_are_safe(guard, tmp_path):
    guardian = guard("end(0)")
    assert guardian.wait(PATIENCE_S) == 0
    assert len(starts(tmp_path)) == 1
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}']


@pytest.mark.parametrize(
    "code",
    [pytest.param(2, id="a wrong flow"), pytest.param(3, id="a site that is in use")],
)
def test_a_runtime_that_refuses_to_run_is_not_started_again(guard, tmp_path, code):
    guardian = guard(f"end({code})")
    assert guardian.wait(PATIENCE_S) == code
    assert len(starts(tmp_path)) == 1


@pytest.mark.parametrize(
    ("behaviour", "said"),
    [
        pytest.param("sys.exit(7)", "the runtime ended with code 7", id="an exit code"),
        pytest.param(
            "os._exit(0)", "the runtime ended with code 0", id="an end that was not announced"
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGSEGV)",
            "the runtime was ended by SIGSEGV",
            id="a crash of the interpreter",
        ),
        pytest.param(
            "os.kill(os.getpid(), 36)", "the runtime was ended by signal 36", id="a nameless signal"
        ),
        pytest.param(
            "tell(stalled='meter'); tell(beat=True); sys.exit(7)",
            "the runtime ended with code 7",
            id="some time after a node hung for a moment",
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGKILL)",
            "the runtime was ended by SIGKILL",
            id="kill -9",
        ),
        pytest.param(
            "os.kill(os.getpid(), signal.SIGSTOP)",
            "the runtime gave no sign of life for 0.6 s",
            id="kill -STOP",
        ),
        pytest.param(
            "signal.pause()",
            "the runtime gave no sign of life for 0.6 s",
            id="a dispatcher that hangs",
        ),
    ],
)
def test_a_runtime_that_dies_or_stalls_leaves_safe_pins_and_is_started_again(
    guard, tmp_path, behaviour, said
):
    guardian = guard(f"if start > 1: end(0)\n{behaviour}")
    assert guardian.wait(PATIENCE_S) == 0
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}'] * 2
    assert [s["crashes"] for s in starts(tmp_path)] == ["0", "1"]
    assert guardian.stderr is not None
    assert f"{said}; pins are safe, crash 1; again in 0 s" in guardian.stderr.read()


@pytest.mark.parametrize("nobody_reads", [True, False], ids=["closed", "full"])
def test_a_guardian_that_nobody_listens_to_makes_the_pins_safe_all_the_same(tmp_path, nobody_reads):
    (tmp_path / "child.py").write_text(f"{CHILD}if start > 1: end(0)\nsignal.pause()")
    read, write = os.pipe()
    if nobody_reads:
        os.close(read)
    else:
        os.set_blocking(write, False)
        with contextlib.suppress(BlockingIOError):
            while os.write(write, b"x" * 4096):
                pass
        os.set_blocking(write, True)
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(tmp_path)], stderr=write) as guardian:
        os.close(write)
        assert guardian.wait(PATIENCE_S) == 0
    if not nobody_reads:
        os.close(read)
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}'] * 2


def test_a_node_that_stalls_the_runtime_is_put_in_quarantine(guard, tmp_path):
    guardian = guard(
        """
        if start > 1: end(0)
        tell(stalled="meter")
        signal.pause()
        """
    )
    assert guardian.wait(PATIENCE_S) == 0
    assert [s["args"] for s in starts(tmp_path)] == [[], ["--quarantine", "meter"]]
    assert guardian.stderr is not None
    assert "the runtime hung in node 'meter'" in guardian.stderr.read()


def test_after_three_crashes_in_a_row_the_last_good_version_is_asked_for(guard, tmp_path):
    guardian = guard("end(0 if start > 5 else 7)")
    assert guardian.wait(PATIENCE_S) == 0
    told = [s["args"] for s in starts(tmp_path)]
    assert told == [[], [], [], ["--last-good"], ["--last-good"], ["--last-good"]]


def test_crashes_that_are_far_apart_are_not_the_fault_of_a_version(tmp_path):
    (tmp_path / "child.py").write_text(CHILD + "end(0 if start > 4 else 7)")
    runner = RUNNER.replace("stall_s=0.6", "stall_s=0.6, crashes_within_s=0.0")
    run_to_the_end(runner, tmp_path)
    assert [s["args"] for s in starts(tmp_path)] == [[]] * 5


def test_a_stop_is_passed_on_and_waited_for(guard, tmp_path):
    guardian = guard(
        """
        def stop(*_):
            open(folder + "/stopped", "w").write("cleanly")
            end(0)
        signal.signal(signal.SIGTERM, stop)
        os.kill(os.getppid(), signal.SIGINT)
        beat_for_ever()
        """
    )
    assert guardian.wait(PATIENCE_S) == 0
    assert lines(tmp_path / "stopped") == ["cleanly"]
    assert len(starts(tmp_path)) == 1


def test_a_stop_while_the_runtime_starts_is_a_clean_one(guard, tmp_path):
    guardian = guard("os.kill(os.getppid(), signal.SIGINT); signal.pause()")
    assert guardian.communicate(timeout=PATIENCE_S) == (None, "")
    assert guardian.returncode == 0
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}']


def test_a_runtime_that_does_not_stop_is_ended(guard, tmp_path):
    guardian = guard(
        """
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.kill(os.getppid(), signal.SIGTERM)
        beat_for_ever()
        """
    )
    _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert errors == "oppleo-flow guardian: the runtime did not stop within 1 s and was ended\n"
    assert guardian.returncode == 1
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}']


@pytest.mark.parametrize("line", ["7", '"beat"', "null", "soup", "\\xff"])
def test_a_line_that_is_no_json_object_is_said_and_does_no_harm(guard, line):
    guardian = guard(f"os.write(pipe, b'{line}\\n'); end(0)")
    _, errors = guardian.communicate(timeout=PATIENCE_S)
    assert errors == (
        f"oppleo-flow guardian: the runtime said something that is no JSON object, got b'{line}'\n"
    )
    assert guardian.returncode == 0


def run_to_the_end(runner: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", runner, str(folder), *words],
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


def test_a_helper_that_fails_is_tried_again_and_said_aloud(tmp_path):
    (tmp_path / "child.py").write_text(CHILD + "end(0 if start > 1 else 7)")
    runner = RUNNER.replace('"import sys; open', "\"import sys; sys.exit('no chip'); open")
    done = run_to_the_end(runner, tmp_path)
    not_safe = "oppleo-flow guardian: THE PINS COULD NOT BE MADE SAFE: no chip"
    assert done.stderr.splitlines() == [
        *(not_safe, not_safe),
        "oppleo-flow guardian: the runtime ended with code 7; "
        "THE PINS ARE NOT SAFE, crash 1; again in 0 s",
        *(not_safe, not_safe),
    ]


def test_a_helper_that_fails_once_has_made_the_pins_safe_by_the_second_try(tmp_path):
    (tmp_path / "child.py").write_text(
        CHILD + "os.path.exists(folder + '/tried') and os.remove(folder + '/tried')\n"
        "end(0 if start > 1 else 7)"
    )
    busy = "import os, sys; t = sys.argv[1] + '/tried'; f = not os.path.exists(t); open(t, 'w'); "
    runner = RUNNER.replace('"import sys; open', f"\"{busy} f and sys.exit('busy'); open")
    done = run_to_the_end(runner, tmp_path)
    busy = "oppleo-flow guardian: THE PINS COULD NOT BE MADE SAFE: busy"
    assert done.stderr.splitlines() == [
        busy,
        "oppleo-flow guardian: the runtime ended with code 7; pins are safe, crash 1; again in 0 s",
        busy,
    ]
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}'] * 2


def test_pins_that_nobody_used_are_not_called_safe(tmp_path):
    child = CHILD.replace('tell(pins={"pin": 5, "high": True})\n', "")
    (tmp_path / "child.py").write_text(child + "end(0 if start > 1 else 7)")
    assert run_to_the_end(RUNNER, tmp_path).stderr == (
        "oppleo-flow guardian: the runtime ended with code 7; "
        "no pins were in use, crash 1; again in 0 s\n"
    )
    assert lines(tmp_path / "safe") == []


@pytest.mark.parametrize("first", FIRST)
def test_a_runtime_that_even_a_kill_does_not_end_does_not_keep_the_pins_waiting(tmp_path, first):
    (tmp_path / "child.py").write_text(
        CHILD + "if start > 1: end(0)\nwhile os.getppid() > 1: select.select([], [], [], 0.1)"
    )
    # As when the process hangs in the kernel: a kill has no effect.
    no_kill = (
        "import subprocess, oppleo_flow.guardian\n"
        "subprocess.Popen.kill = oppleo_flow.guardian.Copy.kill = lambda process: None\n"
    )
    runner = no_kill + RUNNER.replace("stall_s=0.6", "stall_s=0.6, kill_s=0.1")
    done = run_to_the_end(runner, tmp_path, *first)
    assert done.stderr.splitlines() == [
        f"oppleo-flow guardian: the runtime, process {starts(tmp_path)[0]['pid']}, "
        "was killed but does not end",
        "oppleo-flow guardian: the runtime gave no sign of life for 0.6 s; "
        "pins are safe, crash 1; again in 0 s",
    ]
    assert lines(tmp_path / "safe") == ['{"pin": 5, "high": true}'] * 2


def test_a_runtime_that_cannot_be_started_again_is_tried_again(tmp_path):
    program, away = tmp_path / "program", tmp_path / "away"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program.chmod(0o700)
    (tmp_path / "child.py").write_text(
        CHILD + "if start > 1: end(0)\n"
        "os.rename(folder + '/program', folder + '/away'); sys.exit(7)"
    )
    runner = RUNNER.replace("    command=[sys.executable,", "    command=[folder + '/program',")
    with subprocess.Popen(
        [sys.executable, "-c", runner, str(tmp_path)], stderr=subprocess.PIPE, text=True
    ) as guardian:
        assert guardian.stderr is not None
        assert guardian.stderr.readline() == (
            "oppleo-flow guardian: the runtime ended with code 7; "
            "pins are safe, crash 1; again in 0 s\n"
        )
        assert guardian.stderr.readline() == (
            "oppleo-flow guardian: the runtime cannot be started: "
            "No such file or directory; again in 0 s\n"
        )
        away.rename(program)
        assert guardian.wait(PATIENCE_S) == 0


def test_a_runtime_that_cannot_be_started_at_all_ends_the_guardian(tmp_path):
    runner = RUNNER.replace("    command=[sys.executable,", "    command=[folder + '/program',")
    done = run_to_the_end(runner, tmp_path)
    assert done.stderr == (
        "oppleo-flow guardian: the runtime cannot be started: No such file or directory\n"
    )
    assert done.returncode == 1


def test_the_child_lives_in_a_session_of_its_own(guard, tmp_path):
    guardian = guard('open(folder + "/session", "w").write(str(os.getsid(0))); end(0)')
    guardian.wait(PATIENCE_S)
    assert lines(tmp_path / "session") == [str(starts(tmp_path)[0]["pid"])]
    assert int(lines(tmp_path / "session")[0]) != os.getsid(0)


def test_the_guardian_imports_the_standard_library_only():
    code = (
        "import sys; import oppleo_flow.guardian; "
        "print(sorted({m.split('.')[0] for m in sys.modules} - set(sys.stdlib_module_names)))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=True,
    )
    assert done.stdout.strip() == "['__main__', 'oppleo_flow']"
