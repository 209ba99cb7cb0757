"""What the tests of a flow do."""

from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., list[str]]

PASSING = {
    "nothing happens by itself": """\
        - advance: 1h
        - expect_none: [evse, buzzer]
    """,
    "a message arrives": """\
        - swipe: stranger
        - expect: {buzzer: {reason: unknown}}
    """,
    "what a test does not give is as in the example of the type": """\
        - send: {authorise.rejected: {reason: expired}}
        - expect: {buzzer: {uid: DEADBEEF, reason: expired}}
    """,
    "what is injected reaches an input without a wire to it": """\
        - inject: {session.plug: {type: EvseState, signal: standby}}
        - inject: {buzzer: {type: Rejected, reason: expired}}
        - expect: {buzzer: {uid: DEADBEEF, reason: expired}}
    """,
    "time passes only when it is moved": """\
        - swipe: family
        - expect_none: [evse]
        - advance: 5s
        - expect: {evse: {on: yes}}
    """,
    "messages come in order": """\
        - swipe: stranger
        - advance: 5s
        - swipe: visitor
        - expect: {buzzer: [{uid: DEADBEEF}, {uid: 0499AABBCCDD80}]}
    """,
    "an input, an output and all of a node are looked at": """\
        - swipe: stranger
        - expect: {authorise: , authorise.rejected: , buzzer.in: }
    """,
    "a stub answers until it is taken away": """\
        - stub: {authorise: {rejected: {reason: disabled}}}
        - swipe: family
        - expect: {buzzer: {reason: disabled}}
        - stub: {authorise: off}
        - advance: 5s
        - swipe: family
        - expect_none: [buzzer]
        - expect: {authorise.accepted: {label: family}}
    """,
    "a source that is stubbed says it once": """\
        - stub: {meter: {reading: {energy_import_wh: 5}}}
        - advance: 1m
        - expect_state: {meter.reading: {energy_import_wh: 5}}
        - expect: {meter.reading: }
        - expect_none: [meter.reading]
    """,
    "a source goes on when its stub is taken away": """\
        - stub: {meter: {reading: {energy_import_wh: 5}}}
        - stub: {meter: off}
        - advance: 10s
        - expect_state: {meter.reading: {energy_import_wh: 1234567}}
    """,
    "a node fails until it is mended": """\
        - fail: {authorise: store}
        - swipe: family
        - expect_error: {authorise: {error: StoreError, message: "the test lets it fail: store"}}
        - expect: {errors: {node: authorise}, flow.errors: }
        - expect_state: {authorise: {fault: handler-failed}}
        - fail: {authorise: off}
        - advance: 5s
        - swipe: stranger
        - expect: {buzzer: }
        - expect_state: {authorise: {fault: none}}
    """,
    "a source fails by its timers, as often as they ring, and is mended": """\
        - fail: {meter: timeout}
        - advance: 30s
        - expect_error: [meter, meter, meter]
        - fail: {meter: off}
        - advance: 10s
        - expect_state: {meter: {fault: none}}
    """,
    "the world and the state of a node are looked at": """\
        - swipe: family
        - advance: 5s
        - expect: evse
        - expect_state: {world: {pins: {5: {percent: 0}}}, session: {session: {label: family}}}
    """,
    "a restart keeps what is durable": """\
        - swipe: family
        - advance: 5s
        - expect: evse
        - restart: 1h
        - advance: 5s
        - expect: {evse: {on: yes}}
        - expect_state: {session.status: {label: family}}
    """,
    "the clock jumps": """\
        - set_clock: 2026-06-01T12:00:00+02:00
        - swipe: family
        - expect: {session.started: {started_at: 2026-06-01T10:00:00+00:00}}
        - advance: 5s
        - expect: evse
    """,
}


@pytest.mark.parametrize("text", PASSING.values(), ids=PASSING)
def test_what_is_as_a_test_says_passes(steps: Run, text: str) -> None:
    assert steps(text) == []


def test_a_failure_that_the_test_brought_about_need_not_be_expected(run: Run) -> None:
    assert run("  - {name: x, do: [{fail: {meter: device}}, {advance: 10s}]}\n") == [""]


def test_a_variable_has_another_value_for_one_test_only(run: Run) -> None:
    body = "    do: [{swipe: family}, {advance: 1s}, {expect: evse}]\n"
    said = run(f"  - name: soon\n    vars: {{hold: 1s}}\n{body}  - name: as ever\n{body}")

    assert [text.splitlines()[:1] for text in said] == [[], ["f.yaml:23:51: as ever: evse"]]


def test_a_variable_that_spoils_the_flow_is_told_as_the_checker_tells_it(run: Run) -> None:
    assert run("  - {name: x, vars: {hold: soon}, do: []}\n") == [
        "f.yaml:19:12: x: the flow with the 'vars' of the test\n"
        "    expected  a flow without errors\n"
        "    received  f.yaml:14:53: later: 'wait': a duration such as 500ms, 10s, 5m, 1h30m or 2d "
        "is needed, got 'soon' from $(hold)"
    ]


def test_the_zone_is_that_of_the_test(run: Run) -> None:
    test = "  - {name: x, timezone: Asia/Tokyo, do: [{swipe: family}, {expect_none: [session]}]}\n"
    (said,) = run(test)

    assert said.splitlines()[-1] == (
        "    way       Thu 21:00:00 rfid.card → authorise.accepted → session"
    )


def test_the_ledger_knows_what_is_given(run: Run) -> None:
    given = "{cards: {family: {enabled: off}, visitor: {}}}"
    steps = "{swipe: family}, {expect: {buzzer: {reason: disabled}}}, {advance: 5s}, "
    steps += "{swipe: visitor}, {expect: {authorise.accepted: {label: visitor}}}"
    assert run(f"  - {{name: x, given: {given}, ignore: [evse], do: [{steps}]}}\n") == [""]


def test_a_calendar_that_is_not_there_is_told(run: Run) -> None:
    price = "{from: 2026-01-01, per_kwh: 1, off_peak: 0.5, calendar: dal}"
    assert run(f"  - {{name: x, given: {{prices: [{price}]}}, do: []}}\n") == [
        "f.yaml:19:12: x: it could not be run\n"
        "    expected  a flow that starts\n"
        "    received  no calendar 'dal' under `calendars:` in oppleo.yaml; known: none"
    ]


def test_nodes_that_are_ignored_may_be_told_anything(run: Run) -> None:
    assert run("  - {name: x, ignore: [buzzer], do: [{swipe: stranger}]}\n") == [""]


def test_each_test_begins_in_a_world_and_a_ledger_of_its_own(run: Run) -> None:
    test = """\
    do:
      - expect_state: {session.status: {phase: idle}, world: {meter: {energy_wh: 1234567}}}
      - plug_in
      - swipe: family
      - advance: 1m
      - expect: evse
"""
    assert run(f"  - name: one\n{test}  - name: two\n{test}") == ["", ""]


SUBFLOW = """\
flow: f
format: 1
connections: {bus: {type: serial-bus, port: x}}
nodes:
  meter: {type: modbus-meter, bus: bus}
  big: {type: "flow:big", from: meter}
  seen: {type: debug, from: big}
subflows:
  big:
    params: {limit: {type: float, default: 5}}
    in: {reading: MeterReading | MeterUnknown}
    out: {much: sort.much}
    nodes:
      sort:
        type: switch
        from: in.reading
        field: power_w
        cases: {much: {above: $(limit)}}
        otherwise: rest
    tests:
      - name: more than the limit passes
        do:
          - send: {in.reading: {power_w: 6}}
          - expect: {sort.much: {power_w: 6}}
      - name: a limit of its own
        params: {limit: 7}
        do:
          - send: {in.reading: {power_w: 6}}
          - expect: {sort.much: {power_w: 6}}
      - name: nothing has come in yet
        do:
          - expect_state: {in.reading: {power_w: 6}}
"""


def test_the_tests_of_a_subflow_run_with_their_parameters(run: Run) -> None:
    passed, *failed = run("", SUBFLOW)

    assert passed == ""
    assert [said.splitlines()[:3] for said in failed] == [
        [
            "f.yaml:29:22: big: a limit of its own: sort.much",
            "    expected  {power_w: 6}",
            "    received  nothing",
        ],
        [
            "f.yaml:32:28: big: nothing has come in yet: in.reading",
            "    expected  {power_w: 6}",
            "    received  nothing",
        ],
    ]


def test_nothing_is_left_behind(run: Run, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    run("  - {name: x, ignore: [evse], do: [{swipe: family}, {advance: 1m}]}\n")

    assert list(tmp_path.iterdir()) == []


def test_the_same_tests_say_the_same_each_time(run: Run) -> None:
    test = "  - {name: x, do: [{swipe: family}, {advance: 1m}]}\n"
    assert run(test) == run(test) != [""]
