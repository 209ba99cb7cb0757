"""What is said of `tests:` before any of them runs."""

import pytest

from oppleo_flow.flowfile import CheckResult
from oppleo_flow.flowfile.cases import Lever, WorldWords
from oppleo_flow.options import NodeConfig

FLOW = """\
flow: f
format: 1
connections: {b: {type: bus, port: x}}
nodes:
  c: {type: card}
  a: {type: authorise, from: c}
  m: {type: meter, bus: b}
  l: {type: lamp, safe: off, from: a.rejected}
tests:
"""  # the next line is 10


class Ring(Lever):
    main = "times"
    times: int
    loud: bool = False

    def pull(self, world: object) -> None: ...


class Hide(Lever):
    key: bool

    def pull(self, world: object) -> None: ...


class Known(NodeConfig):
    guests: dict[str, int] = {}


WORDS = WorldWords(
    {"ring": Ring, "hide": Hide},
    {"door": {"open": False, "knocks": 3}, "pins": {"5": {"percent": 0}}, "guest": None},
    Known,
)


def found(headlines, tests: str) -> list[str]:
    return [
        line for line in headlines(FLOW + tests, world_words=lambda: WORDS) if "info" not in line
    ]


def step(headlines, text: str) -> list[str]:
    """What is said of the steps of one test; the column counts from the first step."""
    lines = found(headlines, f"  - {{name: x, do: [{text}]}}\n")
    return [f"{int(c) - 20}:{rest}" for _, c, rest in (line.split(":", 2) for line in lines)]


def test_every_step_there_is(headlines) -> None:
    tests = """\
  - name: a card
    at: 2026-01-15T23:30:00+01:00
    stub: {a: {accepted: {uid: 0412}}, m: off}
    ignore: [l]
    given: {guests: {anna: 2}}
    do:
      - send: {c: {uid: 04}}
      - send: c
      - inject: {a: {uid: 04}, l.in: {type: Rejected, reason: expired}}
      - inject: a
      - expect: {l: {reason: unknown}, a.rejected: , m.reading: }
      - expect: {l.in: [{uid: a}, {type: Rejected}]}
      - expect: l
      - expect_none: [l, a.accepted, flow.errors]
      - advance: 1h30m
      - fail: {a: timeout, m: off}
      - fail: m
      - expect_error: a
      - expect_error: {a: timeout, m: {error: X, message: "y"}}
      - stub: {a: {rejected: {}}}
      - expect_state: {a: {status: fine, fault: none, safe: off}, m.reading: {power_w: {above: 5}}}
      - expect_state: {world: {door: {open: no, knocks: {at_most: 3}}, pins: {17: {percent: 0}}}}
      - restart
      - restart: 10m
      - set_clock: 2026-01-15T23:30:00+01:00
      - ring: 3
      - ring: {times: 3, loud: yes}
      - hide: key
      - hide: {key: off}
"""
    assert found(headlines, tests) == []


@pytest.mark.parametrize(
    ("tests", "findings"),
    [
        pytest.param("  nothing\n", ["10:3: tests: 'tests' is a list of cases, got text"],
                     id="no list"),
        pytest.param("  - text\n", ["10:5: tests: a test is a map with 'name' and 'do', got text"],
                     id="a case that is no map"),
        pytest.param("  - {nam: x}\n",
                     ["10:5: tests: a test needs a 'name'; add one",
                      "10:5: tests: a test needs steps; add 'do:'",
                      "10:6: tests: 'nam' is no part of a test; did you mean 'name'?"],
                     id="a case without what it needs"),
        pytest.param("  - {name: [x], do: []}\n",
                     ["10:12: tests: a test's name is text, got a list"], id="a name that is none"),
        pytest.param("  - {name: x, do: []}\n  - {name: x, do: 5}\n",
                     ["11:12: tests: a test is called 'x' already, in line 10; rename one",
                      "11:19: tests: 'do' is a list of steps, got text"],
                     id="a name that stands twice"),
        pytest.param("  - {name: x, at: 2026-01-15T23:30, do: []}\n",
                     ["10:19: tests: 'at' must be a moment with its offset, such as "
                      "2026-01-15T23:30:00+01:00, got '2026-01-15T23:30'"],
                     id="a moment without its offset"),
        pytest.param("  - {name: x, timezone: Amsterdam, do: []}\n  - {name: y, timezone: [], do: "
                     "[]}\n",
                     ["10:25: tests: 'timezone': an IANA time zone such as Europe/Amsterdam is "
                      "needed, got 'Amsterdam'",
                      "11:25: tests: 'timezone' is the name of a time zone, got a list"],
                     id="zones that are none"),
        pytest.param("  - {name: x, vars: {b: 1}, do: []}\n  - {name: y, vars: 5, do: []}\n",
                     ["10:22: tests: the flow has no variable 'b'",
                      "11:21: tests: 'vars' is a map of variables and values, got text"],
                     id="variables that are none"),
        pytest.param("  - {name: x, ignore: [lamp], do: []}\n",
                     ["10:24: tests: there is no node 'lamp'; nodes: c, a, m, l"],
                     id="a node to ignore that is not there"),
        pytest.param("  - {name: x, stub: {a: {acceptd: {}}, c: 5}, do: []}\n",
                     ["10:26: tests: 'a' has no output 'acceptd'; did you mean 'accepted'?",
                      "10:43: tests: a stub of 'c' is a map of outputs and payloads, or off, "
                      "got text"],
                     id="stubs that are none"),
        pytest.param("  - {name: x, given: all, do: []}\n"
                     "  - {name: y, given: {guest: {}, guests: {anna: some}}, do: []}\n",
                     ["10:22: tests: 'given' is a map, got text",
                      "11:23: tests: 'guest' is not an option of 'given'; did you mean 'guests'?",
                      "11:49: tests: 'guests.anna' must be a whole number, got 'some'"],
                     id="what cannot be given"),
    ],
)  # fmt: skip
def test_the_outline_of_a_test_is_checked(headlines, tests: str, findings: list[str]) -> None:
    assert found(headlines, tests) == findings


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param("{sendd: {c: }}, [], {advance: 5}",
                     ["1: tests: 'sendd' is not a step; did you mean 'send'?",
                      "16: tests: a step is a map such as {advance: 10s}, got a list",
                      "30: tests: 'advance' must be a duration such as 10s or 1h30m, got 5"],
                     id="steps that are none"),
        pytest.param("wait",
                     ["0: tests: 'wait' is not a step; known: send, inject, expect, "
                      "expect_none, expect_state, expect_error, advance, fail, stub, restart, "
                      "set_clock, ring, hide"], id="a word that is no step"),
        pytest.param("advance, {restart: now}, {set_clock: noon}",
                     ["7: tests: 'advance' must be a duration such as 10s or 1h30m, got ''",
                      "19: tests: 'restart' must be a duration such as 10s or 1h30m, got 'now'",
                      "37: tests: 'set_clock' must be a moment with its offset, such as "
                      "2026-01-15T23:30:00+01:00, got 'noon'"], id="times that are none"),
        pytest.param("{send: {cc: }}, {send: {a: }}, {send: {a.accept: }}, {send: {l: }}",
                     ["8: tests: there is no node 'cc'; did you mean 'c'?",
                      "24: tests: 'a' has 2 outputs; say which: a.accepted, a.rejected",
                      "39: tests: 'a' has no output 'accept'; did you mean 'accepted'?",
                      "61: tests: 'l' has no output; it has only l.error"],
                     id="senders that are none"),
        pytest.param("{inject: {aa: }}, {inject: {c: }}, {inject: {l.shown: , l.error: }}",
                     ["10: tests: there is no node 'aa'; did you mean 'a'?",
                      "28: tests: 'c' has no input 'in'",
                      "45: tests: 'l' has no input 'shown'; it has: in",
                      "56: tests: 'l' has no input 'error'; it has: in"],
                     id="inputs that are none"),
        pytest.param("{expect: {l.shown: , lamp: , c: , a.seen: , flow.error: }}",
                     ["10: tests: 'l' has no port 'shown'; it has: in",
                      "21: tests: there is no node 'lamp'; nodes: c, a, m, l",
                      "29: tests: no wire leads to 'c', so nothing arrives there; name an output: "
                      "c.seen",
                      "34: tests: 'a' has no port 'seen'; it has: accepted, rejected, in",
                      "44: tests: 'flow' has no output 'error'; did you mean 'errors'?"],
                     id="receivers that are none"),
        pytest.param("{expect: }, {expect: [[l]]}, {expect_none: {l: 5}}, {expect_error: lamp}",
                     ["9: tests: a node or an output is missing; name one",
                      "22: tests: a node or an output here is a name, got a list",
                      "47: tests: 'expect_none' is a list of nodes and outputs, got text",
                      "67: tests: there is no node 'lamp'; nodes: c, a, m, l"],
                     id="names that are none"),
        pytest.param("{fail: {a: timout}}, {fail: {a: [x]}}",
                     ["11: tests: 'timout' is no way to fail; did you mean 'timeout'?",
                      "32: tests: 'a list' is no way to fail; known: timeout, missing, device, "
                      "service, service-timeout, store, payload, error, off"],
                     id="ways to fail that are none"),
        pytest.param("{ring: []}, {hide: []}, {ring: often}, {ring: {time: 3}}, {hide: it}, ring",
                     ["7: tests: 'ring' takes 'times' or a map, got a list",
                      "19: tests: 'hide' takes a map, got a list",
                      "31: tests: 'times' must be a whole number, got 'often'",
                      "47: tests: 'time' is not an option of ring; did you mean 'times'?",
                      "65: tests: 'it' is not an option of hide; it has: key",
                      "70: tests: 'times' is missing; add 'times: …'"],
                     id="levers that are pulled wrongly"),
    ],
)  # fmt: skip
def test_steps_and_names_are_checked(headlines, text: str, findings: list[str]) -> None:
    assert [line for line in step(headlines, text) if "'key' is missing" not in line] == findings


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param("{send: {c: {uidd: 1, id: 2}}}",
                     ["12: tests: what leaves c.seen is a CardSeen, which has no field 'uidd'; "
                      "did you mean 'uid'?",
                      "21: tests: what leaves c.seen is a CardSeen, which has no field 'id'; "
                      "did you mean 'uid'?"], id="fields that are not there"),
        pytest.param("{send: {c: 5}}, {send: {c: [5]}}",
                     ["11: tests: what leaves c.seen is a map of fields such as {uid: …}, got 5",
                      "27: tests: what leaves c.seen must be a map, got a list"],
                     id="no fields at all"),
        pytest.param("{send: {m: {power_w: much}}}, {send: {m: {since: 2026-01-15T12:00:00}}}",
                     ["21: tests: 'power_w' of a MeterReading must be a number, got 'much'",
                      "49: tests: 'since' of a MeterUnknown must have its offset, such as +01:00, "
                      "got '2026-01-15T12:00:00'"], id="values that cannot be"),
        pytest.param("{send: {m: {meter: x}}}, {send: {m: {type: MeterReadin}}}, {send: {m: {type: "
                     "[x]}}}",
                     ["11: tests: what leaves m.reading may be MeterReading or MeterUnknown; say "
                      "which: {type: MeterReading, …}",
                      "43: tests: what leaves m.reading is no 'MeterReadin'; did you mean "
                      "'MeterReading'?",
                      "77: tests: 'type' is the name of a payload, got a list"],
                     id="a payload that may be several"),
        pytest.param("{stub: {a: {rejected: {reason: unkown}}}}",
                     ["31: tests: 'reason' of a Rejected must be unknown, disabled, "
                      "not-yet-valid, expired, no-answer, other-session, session-open or "
                      "no-session, got 'unkown'; did you mean 'unknown'?"], id="a stub's answer"),
    ],
)  # fmt: skip
def test_what_a_test_gives_is_checked(headlines, text: str, findings: list[str]) -> None:
    assert step(headlines, text) == findings


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param("{expect: {l: {phase: idle}}}",
                     ["14: tests: what reaches l is a Rejected, which has no field 'phase'; it "
                      "has: uid, reason"], id="a field of what no wire brings"),
        pytest.param("{expect: {m.reading: {power_w: 5, since: }}}",
                     ["22: tests: what reaches m.reading is a MeterReading or MeterUnknown, and "
                      "none of them has all of these fields"], id="fields of two payloads"),
        pytest.param("{expect: {m.reading: {power_w: {above: lots}, power_phases_w: [1, x], "
                     "frequency_hz: [50], meter: {above: 5}}}}",
                     ["39: tests: 'above' of 'power_w' of a MeterReading must be a number, got "
                      "'lots'",
                      "66: tests: an item of 'power_phases_w' of a MeterReading must be a number, "
                      "got 'x'",
                      "84: tests: 'frequency_hz' of a MeterReading is a number or nothing, got a "
                      "list",
                      "97: tests: 'meter' of a MeterReading is text, got a map"],
                     id="values that can never come"),
        pytest.param("{expect: {l: 5}}, {expect_error: {a: {eror: x}}}",
                     ["13: tests: what reaches l is a map of fields such as {uid: …}, got 5",
                      "38: tests: what reaches a.error is a Failure, which has no field 'eror'; "
                      "did you mean 'error'?"], id="no payload at all"),
    ],
)  # fmt: skip
def test_what_a_test_expects_is_checked(headlines, text: str, findings: list[str]) -> None:
    assert step(headlines, text) == findings


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        pytest.param("{expect_state: [a]}, {expect_state: {a: fine}}",
                     ["16: tests: 'expect_state' says how 'a' is; add ': {…}'",
                      "40: tests: how 'a' is, is a map such as {status: …}, got text"],
                     id="nothing said"),
        pytest.param("{expect_state: {a: {stats: x, safe: maybe}}}",
                     ["20: tests: authorise has no state 'stats'; did you mean 'status'?",
                      "36: tests: 'safe' of 'a' must be on or off, got 'maybe'"], id="a node"),
        pytest.param("{expect_state: {a.accepted: , m.reading: {power: 5}, m.readin: }}",
                     ["16: tests: 'a.accepted' sends events and holds nothing; use 'expect'",
                      "42: tests: what m.reading holds is a MeterReading or MeterUnknown, which "
                      "has no field 'power'; did you mean 'power_w'?",
                      "53: tests: 'm' has no output 'readin'; did you mean 'reading'?"],
                     id="a level"),
        pytest.param("{expect_state: {world: {dor: 1, door: {open: 5, shut: no}, pins: 5}}}",
                     ["24: tests: the world has no 'dor'; did you mean 'door'?",
                      "45: tests: 'open' of 'door' of the world must be on or off, got 5",
                      "48: tests: 'door' of the world has no 'shut'; it has: open, knocks",
                      "65: tests: 'pins' of the world is a map, got text"], id="the world"),
    ],
)  # fmt: skip
def test_what_a_test_looks_at_is_checked(headlines, text: str, findings: list[str]) -> None:
    assert step(headlines, text) == findings


def test_what_is_disabled_tells_a_test_nothing(headlines) -> None:
    text = FLOW.replace("{type: card}", "{type: card, disabled: true}")
    tests = "  - {name: x, do: [{send: {c: {uid: x}}}]}\n"
    assert [line for line in headlines(text + tests) if "tests:" in line] == [
        "10:28: tests: 'c' is disabled, so a test of it says nothing; enable it"
    ]


def test_what_cannot_be_read_is_told_once(headlines) -> None:
    text = "{send: {c: {uid: $(nobody)}}}, {advance: $(nobody)}, {expect: {l: $(nobody)}}"
    assert {line.partition(": ")[2] for line in step(headlines, text)} == {
        "tests: there is no variable 'nobody'; add it under vars, or write $(nobody:-default)"
    }


def test_without_a_world_there_are_no_levers_and_nothing_to_see(headlines) -> None:
    tests = "  - {name: x, do: [ring, {expect_state: {world: {}}}]}\n"
    lines = [line for line in headlines(FLOW + tests) if "tests:" in line]
    assert lines == [
        "10:20: tests: 'ring' is not a step; known: send, inject, expect, expect_none, "
        "expect_state, expect_error, advance, fail, stub, restart, set_clock",
        "10:42: tests: there is no node 'world'; nodes: c, a, m, l",
    ]


def test_without_a_world_nothing_is_given(headlines) -> None:
    tests = "  - {name: x, given: {}, do: []}\n"
    lines = [line for line in headlines(FLOW + tests) if "tests:" in line]
    assert lines == [
        "10:15: tests: 'given' is no part of a test; it has: name, at, timezone, stub, ignore, "
        "do, vars"
    ]


def test_a_flow_with_an_error_has_no_tests_to_run(check) -> None:
    tests = "  - {name: x, do: [{advance: 1s}]}\n"
    right: CheckResult = check(FLOW + tests)
    wrong: CheckResult = check(FLOW.replace("safe: off", "safe: dim") + tests)
    assert ([test.name for test in right.tests], wrong.tests) == (["x"], ())
