"""What is said when something is not as the test of a flow says."""

from collections.abc import Callable
from textwrap import dedent

import pytest

Run = Callable[..., list[str]]

FAILING = {
    "another message": (
        """\
        - swipe: stranger
        - expect: {buzzer: {reason: expired, uid: DEADBEEF}}
        """,
        """\
        f.yaml:23:18: a test: buzzer
            expected  {reason: expired, uid: DEADBEEF}
            received  Rejected {uid: DEADBEEF, reason: unknown} at Thu 20:15:00 (differs in \
reason: unknown)
            way       Thu 20:15:00 rfid.card → authorise.rejected → buzzer
        """,
    ),
    "no message, and where those went that there were": (
        """\
        - swipe: stranger
        - expect: {evse: {on: true}}
        """,
        """\
        f.yaml:23:18: a test: evse
            expected  {on: true}
            received  nothing
            way       Thu 20:15:00 rfid.card → authorise.rejected → buzzer
        """,
    ),
    "no message, and ways that were taken more than once": (
        """\
        - advance: 1m
        - expect: authorise
        """,
        """\
        f.yaml:23:17: a test: authorise
            expected  any message
            received  nothing
            way       Thu 20:16:00 meter.reading → session (the last of 6 times)
        """,
    ),
    "a lever at a charge point that is not there": (
        """\
        - plug_in: {charge: 20%, at: right}
        """,
        """\
        f.yaml:22:9: a test: plug_in
            expected  something that is there
            received  no charge point 'right'; there are: evse
        """,
    ),
    "a message that time brought": (
        """\
        - swipe: family
        - advance: 5s
        - expect: {evse: {on: false}}
        """,
        """\
        f.yaml:24:18: a test: evse
            expected  {on: false}
            received  SwitchRequest {on: true, reason: "session of 'family'"} at Thu 20:15:05 \
(differs in on: true)
            way       Thu 20:15:00 rfid.card → authorise.accepted → session.request → \
Thu 20:15:05 later.delayed → evse
        """,
    ),
    "a message that another goes before": (
        """\
        - swipe: stranger
        - advance: 5s
        - swipe: visitor
        - expect: {buzzer: {uid: 0499AABBCCDD80}}
        """,
        """\
        f.yaml:25:18: a test: buzzer
            expected  {uid: 0499AABBCCDD80}
            received  Rejected {uid: DEADBEEF, reason: unknown} at Thu 20:15:00, in line 22 \
(differs in uid: DEADBEEF); the next one is so
            way       Thu 20:15:00 rfid.card → authorise.rejected → buzzer
        """,
    ),
    "a message where there may be none": (
        """\
        - swipe: stranger
        - expect_none: [evse, buzzer]
        """,
        """\
        f.yaml:23:29: a test: buzzer
            expected  no message
            received  Rejected {uid: DEADBEEF, reason: unknown} at Thu 20:15:00
            way       Thu 20:15:00 rfid.card → authorise.rejected → buzzer
        """,
    ),
    "a message that moves the world and that nobody expects": (
        """\
        - swipe: stranger
        - advance: 1s
        """,
        """\
        f.yaml:22:9: a test: buzzer
            expected  no message; expect it, or write 'ignore: [buzzer]'
            received  Rejected {uid: DEADBEEF, reason: unknown} at Thu 20:15:00, in line 22
            way       Thu 20:15:00 rfid.card → authorise.rejected → buzzer
        """,
    ),
    "a level that holds another value": (
        """\
        - stub: {session: {request: {on: yes, reason: x}}}
        - send: authorise.accepted
        - expect_state: {session.request: {on: no}}
        """,
        """\
        f.yaml:24:24: a test: session.request
            expected  {on: no}
            received  SwitchRequest {on: true, reason: x} at Thu 20:15:00 (differs in on: true)
        """,
    ),
    "a node and a world that are otherwise, both told": (
        "- expect_state: {authorise: {status: busy, fault: none}, world: {car: {plugged: yes}}}",
        """\
        f.yaml:22:24: a test: authorise
            expected  {status: busy, fault: none}
            received  {status: ""} at Thu 20:15:00
        f.yaml:22:64: a test: world
            expected  {car: {plugged: yes}}
            received  {car.plugged: false} at Thu 20:15:00
        """,
    ),
    "an error that did not come": (
        """\
        - stub: {authorise: {accepted: {label: x}}}
        - send: rfid
        - expect_error: authorise
        """,
        """\
        f.yaml:24:23: a test: authorise.error
            expected  any message
            received  nothing
            way       Thu 20:15:00 rfid.card → authorise.accepted → session.started
                      Thu 20:15:00 rfid.card → authorise.accepted → session.request → later
                      Thu 20:15:00 rfid.card → authorise.accepted → session.status
        """,
    ),
}


@pytest.mark.parametrize(("text", "said"), FAILING.values(), ids=FAILING)
def test_what_is_not_as_a_test_says_is_told(steps: Run, text: str, said: str) -> None:
    assert steps(text) == dedent(said).splitlines()


STRICT = """\
flow: f
format: 1
connections: {bus: {type: serial-bus, port: x}}
nodes:
  meter: {type: modbus-meter, bus: bus}
  sort: {type: switch, from: meter, field: power_w, cases: {much: {above: 5}}}
tests:
"""


def test_a_failure_that_nobody_asked_for_is_one_of_the_test(run: Run) -> None:
    steps = "do: [{stub: {meter: {reading: {type: MeterUnknown}}}}"
    asked, unasked = run(
        f"  - {{name: asked, {steps}, {{expect_error: sort}}]}}\n  - {{name: x, {steps}]}}\n",
        STRICT,
    )
    assert asked == ""
    assert unasked.splitlines() == [
        "f.yaml:9:21: x: sort",
        "    expected  no failure; expect it with 'expect_error: sort'",
        "    received  PayloadError: field 'power_w': MeterUnknown has none; give the switch an "
        "`otherwise`, or a case with `present: false` at Thu 13:00:00",
        "    way       Thu 13:00:00 meter.reading → sort.error",
    ]
