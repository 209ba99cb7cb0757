"""What the payloads are that a flow's tests give."""

from datetime import UTC, datetime
from typing import Any

import pytest

from oppleo_flow import Record
from oppleo_flow.flowfile.cases import Send
from oppleo_flow.payloads import CardSeen, MeterReading, MeterUnknown

FLOW = """\
flow: f
format: 1
connections: {b: {type: bus, port: x}}
nodes:
  c: {type: card}
  m: {type: meter, bus: b}
  d: {type: delay, from: c, wait: 1s}
  any: {type: same, from: any}
tests:
  - name: x
    do:
      - send:
"""
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        pytest.param("{c: {uid: 0412}}", CardSeen.sample(uid="0412"),
                     id="what is not given is as in the example of the type"),
        pytest.param("c", CardSeen.sample(), id="all of it is as in the example"),
        pytest.param("{m: {reason: cut}}", MeterUnknown.sample(since=NOW, reason="cut"),
                     id="the moment is the present one, the type the one that has the field"),
        pytest.param("{m: {type: MeterReading, power_phases_w: [1, 2], serial: null}}",
                     MeterReading.sample(time=NOW, power_phases_w=(1.0, 2.0), serial=None),
                     id="the type that is named"),
        pytest.param("{m: {since: 2026-01-15T12:00:00+01:00}}",
                     MeterUnknown.sample(since=datetime(2026, 1, 15, 11, 0, tzinfo=UTC)),
                     id="a moment that is given"),
        pytest.param("{d: {legacy_id: 5}}", CardSeen.sample(legacy_id="5"),
                     id="a type that only the wires tell"),
        pytest.param("{any: {a: 5, b: [yes, on]}}", Record.of({"a": 5, "b": ("yes", "on")}),
                     id="a map where anything goes"),
        pytest.param("{any: 5}", 5, id="a number where anything goes"),
        pytest.param("{any: {type: CardSeen, uid: a}}", CardSeen.sample(uid="a"),
                     id="a payload where anything goes"),
    ],
)  # fmt: skip
def test_a_payload_is_made_of_what_is_given(check, text: str, payload: Any) -> None:
    result = check(FLOW.removesuffix("\n") + f" {text}\n")
    assert result.errors == ()
    (step,) = result.tests[0].steps
    assert isinstance(step, Send)
    assert step.given.payload(NOW) == payload
