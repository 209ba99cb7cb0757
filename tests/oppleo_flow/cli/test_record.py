"""`oppleo-flow record`, against a flow that is really served."""

import json
import signal

import pytest

from oppleo_flow.cli import main
from tests.oppleo_flow.cli.listened_site import command, served, until


@pytest.fixture
def flow(site, tmp_path):
    with served(site, tmp_path / "no page") as runtime:
        yield runtime


def recorded(file):
    """Return the lines of a recording."""
    return [json.loads(line) for line in file.read_text().splitlines()]


def begun(process):
    """Wait until a recorder says that it records."""
    line = process.stderr.readline()
    assert "recording" in line, line
    return line


def until_written(file, node):
    """Wait until a message that left a node stands in the file."""
    until(lambda: any(one.get("node") == node for one in recorded(file)))


def test_ctrl_c_ends_it_and_it_says_what_was_recorded(flow, site):
    file = site / "monday.ndjson"
    with command("record", "-o", str(file)) as process:
        assert begun(process) == f"oppleo-flow: {file}: recording; Ctrl-C ends it\n"
        flow.inject("double", "in", 21)
        flow.frames.tell("/dev/ttyUSB0", sent="01 04")
        until_written(file, "double")
        until(lambda: any(one.get("kind") == "frame" for one in recorded(file)))
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stdout.read() == f"{file}: 1 messages, 1 frames\n"
    first, *_, last = lines = recorded(file)
    assert (first["oppleo_flow_recording"], first["flow"], first["charge_point"]) == (
        1, "test", "garage",
    )  # fmt: skip
    assert [one["value"] for one in lines if one.get("node") == "double"] == [42]
    assert (last["kind"], last["why"]) == ("end", "told to stop")


def test_a_recorder_that_is_killed_leaves_a_file_that_can_be_read(flow, site):
    file = site / "killed.ndjson"
    with command("record", "-o", str(file), "--no-frames") as process:
        begun(process)
        for number in range(100):
            flow.inject("double", "in", number)
        until_written(file, "double")
        process.kill()
        process.wait(20)
    assert recorded(file)[1]["value"] == 0


def test_it_ends_by_itself_when_the_time_is_over(flow, site, capsys):
    assert main(["record", "-o", "short.ndjson", "--for", "100ms"]) == 0
    assert capsys.readouterr().out == "short.ndjson: 0 messages, 0 frames\n"
    assert recorded(site / "short.ndjson")[-1]["why"] == "100ms are over"


def test_a_runtime_that_stops_ends_it_and_is_told(flow, site):
    file = site / "short.ndjson"
    with command("record", "-o", str(file)) as process:
        begun(process)
        flow.server.stop()
        assert process.wait(20) == 1
        assert process.stderr.read() == f"oppleo-flow: {flow.server.url}: the runtime has stopped\n"
    assert recorded(file)[-1]["why"] == "the runtime has stopped"


def test_a_file_that_is_there_is_left_alone(flow, site, capsys):
    (site / "old.ndjson").write_text("precious")
    assert main(["record", "-o", "old.ndjson"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: old.ndjson: is there already; name a new file, or move it away\n"
    )
    assert (site / "old.ndjson").read_text() == "precious"


def test_a_site_that_does_not_run_leaves_no_file(site, capsys):
    assert main(["record", "-o", "none.ndjson"]) == 3
    assert "does not run; start it with `oppleo-flow run` first" in capsys.readouterr().err
    assert not (site / "none.ndjson").exists()


def test_one_recording_too_many_is_refused(flow, site, capsys):
    held = [flow.record(1) for _ in range(4)]
    assert main(["record", "-o", "fifth.ndjson"]) == 3
    assert capsys.readouterr().err == (
        "oppleo-flow: recordings: 4 are being made already; end one\n"
    )
    assert not (site / "fifth.ndjson").exists()
    for one in held:
        one.close()


@pytest.mark.parametrize("wrong", ["soon", "0s", "-5m"])
def test_a_time_that_is_none_is_told(site, capsys, wrong):
    assert main(["record", "-o", "x", f"--for={wrong}"]) == 2
    assert capsys.readouterr().err.startswith("oppleo-flow: --for: ")
