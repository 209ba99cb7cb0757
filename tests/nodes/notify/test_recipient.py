"""`recipient`: what one person is told and when, by the local clock and over restarts."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from nodes.notify.recipient import Recipient, RecipientConfig
from oppleo_flow.clock import VirtualClock
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.payloads import (
    NoticeEvent,
    Notification,
    Rejected,
    ReportWritten,
    SessionBilled,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.testing import run_node
from oppleo_flow.testing.bench import Bench, BenchSite

NIGHT = [{"days": "daily", "from": "22:00", "to": "07:00"}]
HOUR = 3600.0
CARD = Rejected.sample()


def at(text: str) -> VirtualClock:
    return VirtualClock(datetime.fromisoformat(text).astimezone(UTC))


def titles(sent: Any) -> list[str]:
    return [note.title for note in sent]


def test_everything_that_is_wired_is_told_unless_events_are_chosen() -> None:
    payloads = [SessionEnded.sample(), CARD, ReportWritten.sample(), NodeChanged.sample()]

    assert titles(run_node(Recipient, {}, *payloads).out) == [
        "Charged 10.0 kWh",
        "Card refused",
        "Statement of January 2026",
        "Fault: meter",
    ]


def test_only_the_events_that_he_chose_are_told() -> None:
    payloads = [SessionBilled.sample(), CARD, ReportWritten.sample(), NodeChanged.sample()]
    config = {"events": ["card-rejected", "statement-ready"]}

    assert titles(run_node(Recipient, config, *payloads).out) == [
        "Card refused",
        "Statement of January 2026",
    ]


OF_EACH_EVENT = {
    "session-started": SessionStarted.sample(),
    "session-ended": SessionBilled.sample(),
    "card-rejected": CARD,
    "not-plugged-in": Notification("Not plugged in", "It is 22:30.", event="not-plugged-in"),
    "fault": NodeChanged.sample(),
    "meter-silent": NodeChanged.sample(code="meter-silent"),
    "statement-ready": ReportWritten.sample(),
    "backup": NodeChanged.sample(node="backup", code="backup-failed"),
    "process": FlowStarted.sample(),
    "message": Notification("Hello", "there"),
}


def test_each_event_can_be_chosen() -> None:
    assert set(OF_EACH_EVENT) == set(get_args(NoticeEvent))


@pytest.mark.parametrize("event", OF_EACH_EVENT)
def test_who_chose_one_event_is_told_of_it_and_of_nothing_else(event: str) -> None:
    (note,) = run_node(Recipient, {"events": [event]}, *OF_EACH_EVENT.values()).out

    assert note.event == event


@pytest.mark.parametrize("event", ["fault", "meter-silent", "backup"])
def test_the_end_of_what_was_in_fault_is_told_to_who_was_told_of_it(event: str) -> None:
    begun = OF_EACH_EVENT[event]
    said = run_node(Recipient, {"events": [event]}, begun, begun.with_(kind="clear", text="")).out

    assert [(note.event, note.state) for note in said] == [(event, "raised"), (event, "cleared")]


def test_a_person_is_told_in_his_own_language_by_his_own_clock() -> None:
    config = {"language": "nl", "timezone": "America/New_York"}
    (note,) = run_node(Recipient, config, FlowStopping.sample()).out

    assert (note.title, note.text) == ("bench stopt", "Op 15 januari 2026, 07:00.")


def test_the_language_is_the_site_s_unless_another_is_chosen() -> None:
    run = run_node(Recipient, {}, CARD, site=BenchSite(language="nl"))

    assert titles(run.out) == ["Pas geweigerd"]


@pytest.mark.parametrize(
    ("begins", "told_after_h"),
    [
        pytest.param("2026-01-15T23:00:00+01:00", 8, id="a night of winter"),
        pytest.param("2026-03-28T23:00:00+01:00", 7, id="the night in which an hour is skipped"),
        pytest.param("2026-10-24T23:00:00+02:00", 9, id="the night in which an hour comes twice"),
    ],
)
def test_quiet_hours_end_by_the_local_clock(begins: str, told_after_h: int) -> None:
    with Bench(Recipient, {"quiet": NIGHT}, clock=at(begins)) as bench:
        bench.send(CARD)
        bench.send(SessionEnded.sample())
        bench.advance(told_after_h * HOUR - 1)
        assert bench.sent() == []
        assert "2 held" in bench.run().status
        bench.advance(1)

        assert titles(bench.sent()) == ["2 messages"]


def test_a_fault_is_told_at_night_and_its_end_in_the_morning() -> None:
    with Bench(Recipient, {"quiet": NIGHT}, clock=at("2026-01-15T23:00:00+01:00")) as bench:
        bench.send(NodeChanged.sample())
        bench.advance(HOUR)
        bench.send(NodeChanged.sample(kind="clear", text=""))
        assert titles(bench.sent()) == ["Fault: meter"]
        bench.advance(8 * HOUR)

        assert titles(bench.sent()) == ["Fault: meter", "Over: Fault: meter"]
        assert bench.sent()[1].text == "It lasted 1 h 00 min. It was: unit 1: no answer"


def test_an_alarm_and_its_node_s_fault_are_one(tmp_path: Path) -> None:
    alarm = Notification("The LED stays dark", "is it cut?", 1, "fault", "alarm.dark", "raised")
    fault = NodeChanged.sample(node="alarm", code="dark", text="is it cut?")

    assert titles(run_node(Recipient, {}, alarm, fault).out) == ["The LED stays dark"]


def test_at_night_a_fault_waits_too_for_who_wants_emergencies_only() -> None:
    clock = at("2026-01-15T23:00:00+01:00")
    with Bench(Recipient, {"quiet": NIGHT, "urgent": 2}, clock=clock) as bench:
        bench.send(NodeChanged.sample())
        bench.send(Notification("Fire", "now", priority=2))

        assert titles(bench.sent()) == ["Fire"]


def test_what_is_over_the_limit_is_told_as_one() -> None:
    with Bench(Recipient, {"limit": "2/h"}) as bench:
        for number in range(14):
            bench.send(Notification(f"Note {number}", "text"))
        bench.advance(HOUR)

        assert titles(bench.sent()) == ["Note 0", "Note 1", "12 messages"]


def test_what_is_held_survives_a_crash(tmp_path: Path) -> None:
    clock = at("2026-01-15T23:00:00+01:00")
    kept = {"durable": True, "clock": clock, "state_path": tmp_path / "state.sqlite"}
    first = Bench(Recipient, {"quiet": NIGHT}, **kept)
    with first:
        first.send(CARD)
        first.send(ReportWritten.sample())
        first.advance(HOUR)
        assert first.sent() == []
    with Bench(Recipient, {"quiet": NIGHT}, **kept) as second:
        second.advance(8 * HOUR)

        assert titles(second.sent()) == ["2 messages"]
        assert second.sent()[0].files == ("statement-2026-01.xlsx",)


def test_what_was_told_is_not_told_again_after_a_restart(tmp_path: Path) -> None:
    kept = {"durable": True, "clock": at("2026-01-15T12:00:00+01:00")}
    kept["state_path"] = tmp_path / "state.sqlite"
    with Bench(Recipient, {}, **kept) as first:
        first.send(NodeChanged.sample())
        assert titles(first.sent()) == ["Fault: meter"]
    with Bench(Recipient, {}, **kept) as second:
        second.send(NodeChanged.sample())
        second.advance(HOUR)
        second.send(NodeChanged.sample(kind="clear"))

        assert titles(second.sent()) == ["Over: Fault: meter"]


def test_a_fault_that_a_restart_cured_is_over_half_an_hour_after_it(tmp_path: Path) -> None:
    kept = {"durable": True, "clock": at("2026-01-15T12:00:00+01:00")}
    kept["state_path"] = tmp_path / "state.sqlite"
    with Bench(Recipient, {}, **kept) as first:
        first.send(NodeChanged.sample())
    with Bench(Recipient, {}, **kept) as second:
        second.advance(1799)
        assert second.sent() == []
        second.advance(1)

        (over,) = second.sent()
        assert over.text == "Not seen again since the last start. It was: unit 1: no answer"


def test_a_start_after_a_crash_is_told_as_one(tmp_path: Path) -> None:
    kept = {"durable": True, "clock": at("2026-01-15T12:00:00+01:00")}
    kept["state_path"] = tmp_path / "state.sqlite"
    with Bench(Recipient, {}, **kept) as first:
        first.send(FlowStarted.sample())
        assert titles(first.sent()) == ["bench has started"]
    with Bench(Recipient, {}, **kept) as second:  # nobody has told of a stop
        second.send(FlowStarted.sample())
        second.send(FlowStopping.sample())
        assert titles(second.sent()) == ["bench is back", "bench stops"]
        assert second.sent()[0].priority == 1
    with Bench(Recipient, {}, **kept) as third:
        third.send(FlowStarted.sample())
        assert titles(third.sent()) == ["bench has started"]


def test_a_clock_that_is_set_into_the_day_ends_the_quiet_hours() -> None:
    clock = at("2026-01-15T23:00:00+01:00")
    with Bench(Recipient, {"quiet": NIGHT}, clock=clock) as bench:
        bench.send(CARD)
        clock.set_wall(datetime(2026, 1, 16, 9, 0, tzinfo=UTC))
        bench.advance(601)

        assert titles(bench.sent()) == ["Card refused"]


@pytest.mark.parametrize(
    "config",
    [
        pytest.param({"events": ["sessions"]}, id="an event that there is not"),
        pytest.param({"events": []}, id="no event at all"),
        pytest.param({"limit": "6"}, id="a limit without a time"),
        pytest.param({"quiet": [{"days": "daily", "from": "22:00", "to": "22:00"}]}, id="no hour"),
        pytest.param(
            {"quiet": [{"days": "daily", "from": "00:00", "to": "24:00"}]}, id="a night for good"
        ),
        pytest.param({"language": "fr"}, id="a language without words"),
        pytest.param({"urgent": 3}, id="a priority that there is not"),
    ],
)
def test_wrong_settings_are_refused(config: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RecipientConfig(**config)
