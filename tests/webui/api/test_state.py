import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.engine.snapshot import RuntimeEvent
from oppleo_flow.payloads import MeterReading, MeterUnknown, SessionEnded, payload_types
from webui.api.state import StateEncoder, encode_event, reasons_not_ready

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def encoded(runtime):
    whole = StateEncoder().whole(runtime.snapshot(), ready=True, now=START, activity=())
    return json.loads(whole, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))


def test_the_whole_state_has_a_fixed_shape(make_runtime):
    runtime = make_runtime(("meter", "modbus-meter"))
    runtime.started_at = START
    runtime.set("meter", "reading", MeterUnknown("meter", START, "unit 1: no answer"), since=START)
    runtime.change(
        "meter", status_level="warn", status_text="silent", status_since=START, received=7,
        sent=6, failed=1, dropped=2, made_safe="stale input", blocking=True, faults=(),
    )  # fmt: skip
    runtime.fault("meter", "unit 1: no answer", code="silent", since=START)

    assert encoded(runtime) == {
        "version": "0.1.0",
        "flow": "charge-point",
        "simulated": True,
        "started_at": "2026-01-15T12:00:00Z",
        "now": "2026-01-15T12:00:00Z",
        "ready": True,
        "reasons": [],
        "nodes": [
            {
                "id": "meter",
                "type": "modbus-meter",
                "category": "hardware",
                "status": {"level": "fault", "text": "silent", "since": "2026-01-15T12:00:00Z"},
                "faults": [
                    {
                        "code": "silent",
                        "text": "unit 1: no answer",
                        "since": "2026-01-15T12:00:00Z",
                    }
                ],
                "levels": {
                    "reading": {
                        "type": "MeterUnknown",
                        "value": {
                            "meter": "meter",
                            "since": "2026-01-15T12:00:00Z",
                            "reason": "unit 1: no answer",
                        },
                        "fresh": True,
                        "since": "2026-01-15T12:00:00Z",
                    }
                },
                "counts": {
                    "received": 7,
                    "sent": 6,
                    "failed": 1,
                    "dropped": 2,
                    "waiting": 0,
                    "spooled": 0,
                },
                "made_safe": "stale input",
                "disabled": False,
                "blocking": True,
            }
        ],
        "activity": [],
        "editor": None,
    }


@pytest.mark.parametrize("kind", list(payload_types()), ids=lambda kind: kind.__name__)
def test_every_payload_type_becomes_json_with_its_name(kind):
    text = encode_event(RuntimeEvent("event", "n", "out", kind.sample(), START))
    event = json.loads(text)
    assert (event["node"], event["at"]) == ("n", "2026-01-15T12:00:00Z")
    assert event["type"] == kind.__name__
    assert event["value"].keys() == set(kind.__slots__)


def test_energy_stays_an_integer(make_runtime):
    runtime = make_runtime(("n", "x"))
    runtime.set("n", "out", SessionEnded.sample(energy_wh=10_000))
    assert encoded(runtime)["nodes"][0]["levels"]["out"]["value"]["energy_wh"] == 10_000


@dataclass(frozen=True, slots=True)
class Odd:
    inside: object


CIRCLE = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param(float("nan"), None, id="not a number is unknown"),
        pytest.param(MeterReading.sample, None, id="a function has no value"),
        pytest.param(CIRCLE, None, id="a circle has no value"),
        pytest.param(Odd(object()), {"inside": None}, id="what JSON cannot hold is null"),
        pytest.param("\ud800", "\ud800", id="half a character passes"),
        pytest.param(b"\xff", "_w==", id="bytes are base64"),
        pytest.param(3.5, 3.5, id="a plain number"),
    ],
)
def test_a_level_of_a_drop_in_node_never_breaks_the_state(make_runtime, value, shown):
    runtime = make_runtime(("odd", "drop-in"))
    runtime.set("odd", "out", value)
    level = encoded(runtime)["nodes"][0]["levels"]["out"]
    assert (level["type"], level["value"]) == (type(value).__name__, shown)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner),
    )
)
def test_any_plain_value_gives_json(value):
    json.loads(encode_event(RuntimeEvent("event", "n", "out", value, START)))


def test_an_unchanged_node_is_encoded_the_same_and_a_changed_one_is_not(runtime):
    encoder = StateEncoder()

    def whole():
        return encoder.whole(runtime.snapshot(), ready=True, now=START, activity=())

    before = whole()
    assert whole() == before
    runtime.change("meter", received=1)
    assert json.loads(whole())["nodes"][6]["counts"]["received"] == 1


def test_what_keeps_it_from_being_ready_is_told_by_node(runtime):
    runtime.fault("meter", "unit 1: no answer")
    runtime.change("evse", made_safe="no fresh request")
    assert reasons_not_ready(runtime.snapshot()) == [
        "node 'meter': unit 1: no answer",
        "node 'evse': at its safe level: no fresh request",
    ]


def test_without_a_fault_it_is_starting(runtime):
    assert reasons_not_ready(runtime.snapshot()) == ["the flow is starting"]
