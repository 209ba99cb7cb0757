"""`oppleo-flow tap` and `oppleo-flow inject`, against a flow that is really served."""

import json
import re
import signal

import pytest

from oppleo_flow.cli import main
from tests.oppleo_flow.cli.listened_site import command, served, until


@pytest.fixture
def flow(site, tmp_path):
    with served(site, tmp_path / "no page") as runtime:
        yield runtime


def listened(flow):
    """Wait until somebody listens."""
    outputs = ("double", "out"), ("fork", "left")
    until(lambda: any(output in flow._core.taps for output in outputs))


def test_messages_are_printed_as_they_leave(flow):
    with command("tap", "double", "--count", "2") as process:
        listened(flow)
        flow.inject("double", "in", 21)
        flow.inject("double", "in", 4)
        assert process.wait(20) == 0
        lines = process.stdout.read().splitlines()
    assert [line.split(maxsplit=2)[2] for line in lines] == ["int 42", "int 8"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} int 42", lines[0])


def test_a_program_is_told_all_of_a_message(flow):
    with command("tap", "fork.left", "--count", "1", "--json") as process:
        listened(flow)
        flow.inject("fork", "in", -1)
        assert process.wait(20) == 0
        found = json.loads(process.stdout.read())
    assert (found["type"], found["value"], found["source"]) == ("int", -1, "test/inject")
    assert {"id", "trace_id", "at", "began_at"} <= set(found)


def test_ctrl_c_is_how_one_ends_it(flow):
    with command("tap", "double") as process:
        listened(flow)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr.read() == ""


def test_a_runtime_that_stops_is_told(flow):
    with command("tap", "double") as process:
        listened(flow)
        flow.server.stop()
        assert process.wait(20) == 1
        assert process.stderr.read() == f"oppleo-flow: {flow.server.url}: the runtime has stopped\n"


@pytest.mark.parametrize(
    ("words", "wrong"),
    [
        (["tap", "dubble"], "there is no node 'dubble'; did you mean 'double'?"),
        (["tap", "fork"], "'fork' has several outputs; say which: fork.left, fork.right"),
        (["tap", "fork.middle"], "'fork' has no output 'middle'; it has: left, right, error"),
        (["inject", "dubble", "1"], "there is no node 'dubble'; did you mean 'double'?"),
        (["inject", "double", ""], "the payload is empty; give one"),
        (
            ["inject", "door", "1"],
            "door: moves the world, and its safe level is 'shut'; send to what leads to it "
            "instead, so that what decides about it still does",
        ),
    ],
    ids=["tap, no node", "tap, which", "tap, no port", "inject, no node", "nothing", "an actuator"],
)
def test_what_cannot_be_is_refused_in_one_line(flow, capsys, words, wrong):
    assert main(words) == 3
    assert capsys.readouterr().err == f"oppleo-flow: {wrong}\n"


def test_a_message_is_sent_and_shown(flow, capsys):
    assert main(["inject", "double", "21"]) == 0
    assert capsys.readouterr().out == "sent into double.in: int 21\n"
    assert flow.node("end").got == [42]


def test_a_payload_of_another_type_is_refused(flow, capsys):
    assert main(["inject", "double.in", "many"]) == 3
    assert "the payload" in capsys.readouterr().err
    assert flow.node("end").got == []
