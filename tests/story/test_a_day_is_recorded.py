"""A day at the real program is recorded, and played again through the flow and a changed one."""

import json
import signal
import subprocess

from tests.story.conftest import COMMAND, ENVIRONMENT, PATIENCE_S


def phase(point):
    return (point.level("session", "status") or {}).get("phase")


def test_a_recorded_session_is_played_again_and_a_changed_flow_differs(
    start, site, command, tmp_path
):
    point = start()
    point.wait_until(lambda: phase(point) == "idle", "it has begun")
    file = tmp_path / "day.ndjson"
    recorder = subprocess.Popen(
        [*COMMAND, "record", str(site), "-o", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
    )
    assert "recording; Ctrl-C ends it" in recorder.stderr.readline()
    point.pull("plug-in")
    point.pull("swipe", card="family")
    point.wait_until(lambda: phase(point) == "charging", "the car charges")
    recorder.send_signal(signal.SIGINT)
    said, wrong = recorder.communicate(timeout=PATIENCE_S)
    assert (recorder.returncode, wrong) == (0, "")
    assert said.startswith(f"{file}: ")
    assert point.stop()[0] == 0

    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert {one["kind"] for one in lines[1:]} >= {"held", "message", "frame", "end"}
    devices = {one["device"].split()[0] for one in lines if one.get("kind") == "frame"}
    assert {"GPIO", "simulated"} < devices  # and the serial port, by its name

    same = command("replay", str(file), str(site))
    assert (same.returncode, same.stderr) == (0, ""), same.stdout
    assert "were the same" in same.stdout

    changed = command("replay", str(file), str(site), "--without", "rfid")
    assert changed.returncode == 1
    assert ": charge-point: authorise.accepted\n" in changed.stdout
    assert "    received  nothing\n" in changed.stdout
