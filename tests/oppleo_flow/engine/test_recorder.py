"""Recordings: every output from then on, faults and frames, as lines of JSON."""

import json
from datetime import UTC, datetime

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.engine import recorder as recording
from oppleo_flow.engine import watching
from oppleo_flow.engine.recorder import LONGEST
from oppleo_flow.errors import Refused
from oppleo_flow.testing import plan
from oppleo_flow.testing.bench import NOON
from tests.oppleo_flow.engine.versions import Counter, house
from tests.oppleo_flow.engine.watched_chain import Sent, chain, longest_run

ALL = 1000


class Says(Node[NodeConfig]):
    """Send what comes in on."""

    type_name = "says"
    out: Out[object]

    def on_message(self, value: object) -> None:
        self.out.send(value)


def send(runtime, *values):
    for value in values:
        runtime.inject("a", "in", value)
        runtime.run_for(0)


def facts(recorder):
    """Return what has been recorded, without what is another each time."""
    found = [json.loads(line) for line in recorder.lines(ALL)]
    return [
        {name: value for name, value in one.items() if name not in ("id", "trace", "began_at")}
        for one in found
    ]


def message(node, value, *, port="out", at=NOON, source="test/inject"):
    return {
        "kind": "message", "at": at.isoformat(), "node": node, "port": port, "source": source,
        "type": type(value).__name__, "value": value,
    }  # fmt: skip


def test_every_output_is_recorded_from_then_on_and_runs_are_fused_again_after(run):
    runtime = run(chain())
    send(runtime, 1)
    fused = longest_run(runtime)
    recorder = runtime.record(ALL)
    send(runtime, 2)
    assert facts(recorder) == [message("a", 4), message("b", 8), message("c", 16)]
    recorder.close()
    send(runtime, 3)
    assert longest_run(runtime) == fused


def test_what_began_together_has_one_trace(run):
    runtime = run(chain())
    recorder = runtime.record(ALL)
    send(runtime, 1, 2)
    traces = [json.loads(line)["trace"] for line in recorder.lines(ALL)]
    assert traces == [traces[0]] * 3 + [traces[3]] * 3
    assert traces[0] != traces[3]


def test_faults_that_come_and_go_are_recorded_in_order(run):
    runtime = run(chain())
    recorder = runtime.record(ALL)
    send(runtime, -1, 1)
    kinds = [(one["kind"], one.get("code") or one["port"]) for one in facts(recorder)][:3]
    assert kinds == [("message", "error"), ("fault", "handler-failed"), ("clear", "handler-failed")]


def test_levels_and_faults_of_the_beginning_are_told_first(run):
    runtime = run(chain(c=Sent))
    send(runtime, 1, -1)
    recorder = runtime.record(ALL)
    lines = [json.loads(line) for line in recording.held(recorder, NOON)]
    since = at = NOON.isoformat()
    assert lines == [
        {
            "kind": "fault", "at": at, "node": "a", "held": True,
            "code": "handler-failed", "text": "cannot be doubled", "since": since,
        },
        {
            "kind": "held", "at": at, "node": "c", "port": "last", "since": since,
            "type": "int", "value": 4,
        },
    ]  # fmt: skip


def test_nodes_that_a_deploy_brings_are_recorded_too(run):
    runtime = run(house())
    recorder = runtime.record(ALL)
    runtime.deploy(house({"new": plan(Counter)}))
    runtime.inject("new", "in", 1)
    runtime.run_for(0)
    assert "new" in {one["node"] for one in facts(recorder)}


def test_a_reader_that_is_too_slow_loses_the_oldest_and_they_are_counted(run):
    runtime = run(chain())
    recorder = runtime.record(4)
    send(runtime, 1, 2)
    assert [one["node"] for one in facts(recorder)] == ["c", "a", "b", "c"]
    assert recorder.missed == 2


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        (object(), "has no JSON form"),
        ("x" * (LONGEST + 1), "is too long: 65539 characters"),
    ],
    ids=["no JSON form", "too long"],
)
def test_a_payload_that_cannot_be_written_is_told_in_its_place(run, payload, why):
    runtime = run(chain(a=Says, b=Says, c=Says))
    recorder = runtime.record(ALL)
    send(runtime, payload)
    first = facts(recorder)[0]
    assert (first["type"], first["unwritten"][: len(why)]) == (type(payload).__name__, why)
    assert "value" not in first


def test_frames_stand_among_the_messages(run):
    recorder = run(chain()).record(ALL)
    recorder.frame("/dev/ttyUSB0", {"sent": "0104"})
    assert facts(recorder) == [
        {"kind": "frame", "at": NOON.isoformat(), "device": "/dev/ttyUSB0", "sent": "0104"}
    ]


def test_header_losses_and_end_are_lines_too(run):
    recorder = run(chain()).record(ALL)
    lines = [
        recording.header(recorder, NOON, charge_point="garage"),
        recording.lost(3, NOON),
        recording.end("told to stop", datetime(2026, 1, 1, tzinfo=UTC)),
    ]
    assert lines == [
        '{"oppleo_flow_recording": 1, "flow": "test", "simulated": true, '
        '"began_at": "2026-01-15T12:00:00+00:00", "charge_point": "garage"}\n',
        '{"kind": "lost", "at": "2026-01-15T12:00:00+00:00", "count": 3}\n',
        '{"kind": "end", "at": "2026-01-01T00:00:00+00:00", "why": "told to stop"}\n',
    ]


def test_there_are_only_so_many_recordings_at_once(run):
    runtime = run(chain())
    for _ in range(watching.MOST_RECORDERS):
        runtime.record(1)
    with pytest.raises(Refused, match="recordings: 4 are being made already; end one"):
        runtime.record(1)
