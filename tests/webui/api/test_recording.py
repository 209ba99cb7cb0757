"""Recordings and injected messages over the API, of a real flow on a real socket."""

import json
from contextlib import closing
from http.client import HTTPConnection

import pytest

from oppleo_flow import Actuator, Node, NodeConfig, SystemClock
from oppleo_flow.devices.frames import Frames
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.redaction import Redaction
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from webui.access import Demo
from webui.api import recording
from webui.ports import SiteFacts
from webui.server import listen

PATIENCE_S = 20.0


class Doubled(Node[NodeConfig]):
    """Return twice what comes in."""

    type_name = "doubled"

    def on_message(self, value: int) -> int:
        return 2 * value


class Said(Node[NodeConfig]):
    """Return what comes in, in capitals."""

    type_name = "said"

    def on_message(self, text: str) -> str:
        return text.upper()


class Door(Actuator[NodeConfig]):
    """Something that moves."""

    type_name = "door"
    safe_levels = ("shut",)

    def make_safe(self) -> None:
        """Be shut already."""

    def on_message(self, value: int) -> None:
        """Move."""


@pytest.fixture
def flow():
    nodes = {"a": plan(Doubled), "end": plan(Collect), "say": plan(Said), "door": plan(Door)}
    made = Runtime(
        graph_of(nodes, ["a.out > end.in", "a.out > door.in"]),
        clock=SystemClock(),
        site=BenchSite(),
    )
    made.start()
    assert made.wait_settled(PATIENCE_S)
    yield made
    made.stop()


@pytest.fixture
def frames():
    return Frames()


@pytest.fixture
def server(flow, frames, tmp_path):
    redaction = Redaction()
    redaction.learn("key", "OPEN SESAME")
    facts = SiteFacts(
        charge_point="garage", timezone="Europe/Amsterdam", frames=frames, redact=redaction.redacted
    )
    with listen(
        flow, access=Demo(), clock=SystemClock(), port=0, built_page=tmp_path, site=facts
    ) as made:
        yield made.start()


@pytest.fixture
def ask(server):
    """Return a function that asks and gives the answer, with its body still to be read."""
    asking = []

    def asked(method, path, body=None):
        connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        asking.append(closing(connection))
        text = None if body is None else json.dumps(body).encode()
        headers = {} if body is None else {"Content-Type": "application/json"}
        connection.request(method, f"/api/v1/{path}", text, headers)
        answer = connection.getresponse()
        answer.hang_up = lambda: (answer.close(), connection.close())
        return answer

    yield asked
    for one in asking:
        one.__exit__(None, None, None)


def read(answer, kind):
    """Return the next line of a kind."""
    while line := answer.readline():
        found = json.loads(line) if line.strip() else {}
        if found.get("kind") == kind:
            return found
    return None


def test_only_a_few_may_record_and_those_that_were_refused_hold_no_place(ask):
    for _ in range(recording.MOST_RECORDING + 1):
        assert ask("GET", "recording?frames=maybe").status == 422
    for _ in range(recording.MOST_RECORDING):
        assert ask("GET", "recording").status == 200
    refused = ask("GET", "recording")
    assert (refused.status, json.loads(refused.read())["code"]) == (503, "too-many-recording")


def test_the_first_line_says_what_the_recording_is_of(ask):
    answer = ask("GET", "recording")
    first = json.loads(answer.readline())
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/x-ndjson")
    assert first.pop("began_at")
    assert first == {
        "oppleo_flow_recording": 1, "flow": "test", "simulated": True, "revision": None,
        "charge_point": "garage", "timezone": "Europe/Amsterdam",
        "nodes": ["a", "end", "say", "door"], "sources": [],
    }  # fmt: skip


def test_messages_come_as_they_leave(ask, flow):
    answer = ask("GET", "recording")
    answer.readline()
    flow.inject("a", "in", 3)
    found = read(answer, "message")
    assert (found["node"], found["port"], found["type"], found["value"]) == ("a", "out", "int", 6)


def test_frames_come_too_and_can_be_left_out(ask, flow, frames):
    with_frames = ask("GET", "recording")
    with_frames.readline()
    frames.tell("/dev/ttyUSB0", sent="01 04")
    assert read(with_frames, "frame")["sent"] == "01 04"

    without = ask("GET", "recording?frames=no")
    without.readline()
    frames.tell("/dev/ttyUSB0", sent="01 04")
    flow.inject("a", "in", 1)
    assert json.loads(without.readline())["kind"] == "message"


def test_a_secret_that_travels_is_not_in_the_recording(ask, flow):
    answer = ask("GET", "recording")
    answer.readline()
    flow.inject("say", "in", "open sesame")
    assert read(answer, "message")["value"] == "<secret key>"


def test_what_a_slow_reader_has_lost_is_in_the_recording(ask, flow, monkeypatch):
    monkeypatch.setattr(recording, "_MOST_WAITING", 1)
    answer = ask("GET", "recording")
    answer.readline()
    seen = 0
    while seen < 50:
        for number in range(50):
            flow.inject("a", "in", number)
        if (lost := read(answer, "lost")) is not None:
            seen += lost["count"]
    assert seen >= 50


def test_a_runtime_that_stops_says_so_as_its_last_word(ask, server):
    answer = ask("GET", "recording")
    answer.readline()
    server.stop()
    assert read(answer, "end")["why"] == "the runtime has stopped"


def test_the_flow_is_not_listened_to_when_nobody_reads_any_more(ask, flow, frames):
    answer = ask("GET", "recording")
    answer.readline()
    assert frames.heard
    answer.hang_up()
    deadline = SystemClock().monotonic() + PATIENCE_S
    while frames.heard and SystemClock().monotonic() < deadline:
        flow.inject("a", "in", 1)
    assert not frames.heard


def test_a_message_is_sent_into_an_input(ask, flow):
    answer = ask("POST", "inject", {"to": "a", "payload": "21"})
    assert answer.status == 202
    assert json.load(answer) == {"node": "a", "port": "in", "type": "int", "value": 21}
    assert flow.node("end").got == [42]


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        (
            {"to": "door", "payload": "1"},
            409,
            "door: moves the world, and its safe level is 'shut'; send to what leads to it "
            "instead, so that what decides about it still does",
        ),
        ({"to": "dor", "payload": "1"}, 422, "there is no node 'dor'; did you mean 'door'?"),
        ({"to": "a.inn", "payload": "1"}, 422, "'a' has no input 'inn'; did you mean 'in'?"),
    ],
    ids=["an actuator", "no such node", "no such input"],
)
def test_what_cannot_be_sent_is_refused(ask, body, status, detail):
    answer = ask("POST", "inject", body)
    assert (answer.status, json.load(answer)["detail"]) == (status, detail)


def test_a_tap_finds_the_only_output_by_itself(ask, flow):
    tap = ask("GET", "taps?at=a")
    flow.inject("a", "in", 3)
    assert tap.status == 200
    assert ask("GET", "taps?at=door").status == 422
