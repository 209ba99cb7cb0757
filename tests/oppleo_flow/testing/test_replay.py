"""Replaying recordings: the same flow does the same, another differs where it was changed."""

import json
import re
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from textwrap import indent
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.testing.flow_run import run_tests
from oppleo_flow.testing.recording import read_recording
from oppleo_flow.testing.replay import replay
from oppleo_flow.testing.replay_cast import Choice
from oppleo_flow.testing.replay_told import as_json, problem_of
from tests.oppleo_flow.testing.recorded_house import flow_text, graph_of_text, record_house

LED = "  # -- what the driver sees and hears"


def an_evening(house):
    """Let the car charge, an unknown card come by, the meter be silent, the session end."""
    house.run_for(20)
    house.world.plug_in()
    house.swipe("family")
    house.run_for(300)
    house.swipe("stranger")
    house.world.silence_meter(True)
    house.run_for(200)
    house.world.silence_meter(False)
    house.run_for(60)
    house.swipe("family")
    house.run_for(60)


@pytest.fixture(scope="module")
def evening(tmp_path_factory):
    return read_recording(record_house(tmp_path_factory.mktemp("evening"), an_evening))


def told(recording, changes, **choice):
    """Return the first difference of a changed flow, as people are told it."""
    graph = graph_of_text(flow_text(changes))
    replayed = replay(graph, recording, Choice(**choice))
    zone = ZoneInfo(recording.timezone)
    return without_lines(problem_of(replayed, graph, recording, zone).render("f"), recording)


def lines_of(recording):
    return Path(recording.file).read_text().splitlines()


def without_lines(text, recording):
    """Return a text with `r` for the recording and each of its lines."""
    return re.sub(rf"{re.escape(recording.file)}:\d+(:1)?", "r", text)


def test_the_same_flow_does_the_same(evening):
    replayed = replay(graph_of_text(flow_text()), evening, Choice())
    assert replayed.difference is None
    wires = {(one.node, one.port) for one in evening.happenings if one.node in ("session", "evse")}
    assert replayed.outputs > len(wires)
    assert replayed.same > 100


ACTS = {
    "plug in": lambda house: house.world.plug_in(),
    "unplug": lambda house: house.world.plug_out(),
    "family": lambda house: house.swipe("family"),
    "office": lambda house: house.swipe("office"),
    "stranger": lambda house: house.swipe("stranger"),
    "silence": lambda house: house.world.silence_meter(True),
    "speak": lambda house: house.world.silence_meter(False),
    "another price": lambda house: house.set_price(Decimal(house.now().minute) / 100),
    "a minute": lambda house: house.run_for(60),
    "three minutes": lambda house: house.run_for(180),
}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.sampled_from(sorted(ACTS)), max_size=8))
@example(acts=["family", "another price", "family"])  # a price that nothing was used at
@example(acts=["family", "another price", "plug in", "unplug"])  # the first price of all
def test_whatever_people_do_a_replay_through_the_same_flow_is_the_same(tmp_path_factory, acts):
    def live(house):
        for act in acts:
            ACTS[act](house)
            house.run_for(7)

    recording = read_recording(record_house(tmp_path_factory.mktemp("house"), live))
    assert replay(graph_of_text(flow_text()), recording, Choice()).difference is None


def test_energy_costs_what_it_cost_when_it_was_recorded(tmp_path):
    def live(house):
        house.set_price(Decimal("0.35"))
        house.world.plug_in()
        house.swipe("family")
        house.run_for(600)
        house.set_price(Decimal("0.20"))
        house.run_for(600)
        house.swipe("family")
        house.run_for(60)

    recording = read_recording(record_house(tmp_path, live))
    *_, bill = [one.payload() for one in recording.happenings if one.port == "billed"]
    assert [part.per_kwh for part in bill.parts] == [Decimal("0.35"), Decimal("0.20")]
    assert replay(graph_of_text(flow_text()), recording, Choice()).difference is None


def test_a_changed_flow_differs_first_where_it_was_changed(evening):
    assert told(evening, {"offpeak_only: off": "offpeak_only: on"}) == (
        "r: f: offpeak.out\n"
        "    expected  SwitchRequest {on: true, reason: \"session of 'family'\"} at Thu 13:00:50\n"
        '    received  SwitchRequest {on: false, reason: "off-peak gate shut until Thu 23:00"} '
        "at Thu 13:00:50 (differs in on, reason)\n"
        "    way       Thu 13:00:50 rfid.card → authorise.accepted → session.request → offpeak.out"
    )


def test_what_comes_too_early_was_not_expected(evening):
    lines = told(evening, {"stale_after: 90s": "stale_after: 60s"}).splitlines()
    assert lines[0].endswith(": f: evse.state")
    assert lines[1] == "    expected  nothing"
    assert lines[2].startswith('    received  SwitchState {on: false, reason: "its input is stale')


def test_what_does_not_come_is_told_with_the_way_that_it_took(evening):
    off = "    from: session.request\n    disabled: true\n"
    expected, received, *way = told(evening, {"    from: session.request\n": off}).splitlines()[1:]
    assert expected == (
        "    expected  SwitchRequest {on: true, reason: \"session of 'family'\"} at Thu 13:00:50"
    )
    assert received == "    received  nothing, and the flow has no such node now"
    assert way[0] == (
        "    way       then: rfid.card → authorise.accepted → session.request → offpeak.out"
    )
    assert "              now: Thu 13:00:50 rfid.card → authorise.accepted → session.request" in way


def test_a_node_that_is_gone_is_where_it_differs(evening):
    gone = flow_text()
    block = gone[gone.index("  buzzer:\n") : gone.index("  # -- the statement")]
    assert "buzzer" not in {one.node for one in evening.happenings if one.kind == "message"}
    replayed = replay(graph_of_text(gone.replace(block, "")), evening, Choice())
    assert replayed.difference is None


def test_a_source_that_is_gone_is_told_with_its_first_line(evening):
    changed = {"  rfid:\n": "  reader:\n", "    from: rfid\n": "    from: reader\n"}
    with pytest.raises(ConfigError) as raised:
        replay(graph_of_text(flow_text(changed)), evening, Choice())
    assert without_lines(str(raised.value), evening) == (
        "r: node 'rfid': is not in the flow any more, and what it sent cannot be played; "
        "leave it out with '--without rfid'"
    )


def test_what_is_left_out_is_neither_played_nor_compared(evening):
    changed = {"stale_after: 90s": "stale_after: 60s"}
    graph = graph_of_text(flow_text(changed))
    choice = Choice(without=frozenset({"evse", "alarm", "troubles", "led"}))
    assert replay(graph, evening, choice).difference is None


def test_a_node_with_inputs_can_be_silent_too(evening):
    graph = graph_of_text(flow_text())
    replayed = replay(graph, evening, Choice(silent=frozenset({"authorise"})))
    assert replayed.difference is None
    assert replay(graph, evening, Choice(silent=frozenset({"session"}))).difference is None
    assert replayed.outputs == replay(graph, evening, Choice()).outputs - 2


def test_a_new_node_is_not_compared(evening):
    changed = {LED: "  again: {type: delay, from: session.status, wait: 1s}\n" + LED}
    replayed = replay(graph_of_text(flow_text(changed)), evening, Choice())
    assert (replayed.new, replayed.difference) == (("again",), None)


def test_messages_that_are_missing_in_a_recording_are_not_made_up(evening, tmp_path):
    lines = [f"{line}\n" for line in lines_of(evening)]
    card = next(n for n, line in enumerate(lines) if '"CardSeen"' in line)
    file = tmp_path / "cut.ndjson"
    file.write_text("".join(lines[:card] + lines[card + 1 :]))
    found = replay(graph_of_text(flow_text()), read_recording(file), Choice()).difference
    assert (found.wire, found.received) == (("authorise", "accepted"), None)


def test_a_program_is_told_the_same(evening):
    changed = {"offpeak_only: off": "offpeak_only: on"}
    replayed = replay(graph_of_text(flow_text(changed)), evening, Choice())
    data = json.loads(json.dumps(as_json(replayed, evening)))
    difference = data["difference"]
    assert (data["flow"], difference["output"]) == ("charge-point", "offpeak.out")
    assert json.loads(lines_of(evening)[difference["line"] - 1])["node"] == "offpeak"
    assert difference["expected"]["value"] == {"on": True, "reason": "session of 'family'"}
    assert difference["received"]["value"]["on"] is False
    assert difference["differs_in"] == ["on", "reason"]


def test_moments_may_differ_by_as_much_as_is_said(evening, tmp_path):
    lines = [json.loads(line) for line in lines_of(evening)]
    late = next(one for one in lines if one.get("node") == "session" and one["port"] == "started")
    late["at"] = (datetime.fromisoformat(late["at"]) + timedelta(seconds=3)).isoformat()
    file = tmp_path / "late.ndjson"
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    recording, graph = read_recording(file), graph_of_text(flow_text())
    found = replay(graph, recording, Choice(within=timedelta(seconds=1))).difference
    assert found.wire == ("session", "started")
    assert replay(graph, recording, Choice(within=timedelta(seconds=5))).difference is None


def test_a_recording_that_begins_within_a_session_says_so(tmp_path):
    def live(house):
        house.run_for(60)
        house.swipe("family")
        house.run_for(30)

    file = record_house(tmp_path / "house", live, begin=lambda house: house.swipe("family"))
    replayed = replay(graph_of_text(flow_text()), read_recording(file), Choice())
    assert set(replayed.began_otherwise) >= {"session.status", "evse.state"}
    assert replayed.difference is not None


def test_what_a_card_brought_about_becomes_a_test_that_passes(evening):
    replayed = replay(graph_of_text(flow_text()), evening, Choice(as_tests="rfid"))
    assert len(replayed.tests) == 3
    first = replayed.tests[0]
    text = f"{flow_text()}\ntests:\n{indent(first, '  ')}    ignore: [led, evse, buzzer]\n"

    def check(variables):
        return check_text(
            text,
            "flow.yaml",
            Registry.installed(),
            CheckSettings(simulate=True, world_words=world_words),
        )

    assert [verdict.render() for verdict in run_tests(check)] == [""]


def failed_once(recording, file):
    """Return a recording in which the meter has failed once, too."""
    lines = [json.loads(line) for line in lines_of(recording)]
    place = next(n for n, line in enumerate(lines) if line.get("port") == "reading" and n > 100)
    failure = {"node": "meter", "error": "DeviceTimeout", "message": "unit 1: no answer"}
    value = {**failure, "payload": None, "at": lines[place]["at"]}
    lines.insert(place, {**lines[place], "port": "error", "type": "Failure", "value": value})
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return read_recording(file)


def test_a_source_that_failed_fails_again(evening, tmp_path):
    failing = failed_once(evening, tmp_path / "failed.ndjson")
    choice = Choice(without=frozenset({"troubles", "led"}))  # what came of it was not recorded
    assert replay(graph_of_text(flow_text()), failing, choice).difference is None

    told = {LED: "  tell: {type: debug, from: flow.errors}\n" + LED}
    found = replay(graph_of_text(flow_text(told)), failing, choice).difference
    assert (found.wire, found.recorded) == (("flow", "errors"), None)
    assert (found.received.payload.error, found.received.payload.node) == ("DeviceTimeout", "meter")
