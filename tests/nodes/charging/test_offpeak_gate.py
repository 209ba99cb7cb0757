from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from nodes.charging.offpeak_gate import OffpeakGate, OffpeakGateConfig
from oppleo_flow.charging.calendar_rules import CalendarRules, SiteCalendars
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import OffPeak, PeakOnce, SwitchRequest
from oppleo_flow.testing import Bench, BenchSite

NIGHT = {"days": "mon-fri", "from": "23:00", "to": "07:00"}
WEEKEND = {"days": "sat,sun", "from": "00:00", "to": "24:00"}
CONFIG = {"open": [NIGHT, WEEKEND], "holidays": "nl-off-peak"}
ON = SwitchRequest(on=True, reason="session of 'family'")
OFF = SwitchRequest(on=False, reason="no session")
HOUR = 3600.0


def gate(at: datetime, **config) -> Bench:
    return Bench(OffpeakGate, CONFIG | config, clock=VirtualClock(at))


def shut(until: str) -> SwitchRequest:
    return SwitchRequest(on=False, reason=f"off-peak gate shut until {until}")


THURSDAY_NOON = datetime(2026, 1, 15, 11, 0, tzinfo=UTC)
FRIDAY_EVENING = datetime(2026, 1, 16, 22, 30, tzinfo=UTC)


def test_a_request_waits_until_the_gate_opens_and_ends_when_it_shuts():
    with gate(THURSDAY_NOON) as on:
        on.send(ON)
        assert on.sent() == [shut("Thu 23:00")]
        on.advance(11 * HOUR - 1)
        assert on.sent() == [shut("Thu 23:00")]
        on.advance(1)
        assert on.sent() == [shut("Thu 23:00"), ON]
        on.advance(8 * HOUR)
        assert on.sent() == [shut("Thu 23:00"), ON, shut("Fri 23:00")]


def test_the_hours_are_those_of_the_sites_zone_unless_the_flow_names_another():
    site, clock = BenchSite(timezone="America/New_York"), VirtualClock(THURSDAY_NOON)
    with Bench(OffpeakGate, CONFIG, clock=clock, site=site) as on:  # 6:00 there
        on.send(ON)
        assert on.sent() == [ON]
    amsterdam = CONFIG | {"timezone": "Europe/Amsterdam"}
    with Bench(OffpeakGate, amsterdam, clock=clock, site=site) as on:
        on.send(ON)
        assert on.sent() == [shut("Thu 23:00")]


def test_a_request_passes_while_the_gate_is_open():
    """R14 of the original: the same is sent every two seconds as long as a session lasts."""
    with gate(FRIDAY_EVENING) as on:
        on.send(ON)
        on.advance(48 * HOUR)
        assert on.sent() == [ON]
        assert on.run().status == "open until Mon 07:00"


def test_a_request_to_be_off_passes_at_any_hour():
    with gate(THURSDAY_NOON) as on:
        on.send(ON)
        on.send(OFF)
        on.advance(24 * HOUR)
        assert on.sent() == [shut("Thu 23:00"), OFF]


def test_nothing_is_asked_before_the_first_request():
    with gate(THURSDAY_NOON) as on:
        on.advance(24 * HOUR)
        assert on.sent() == []
        assert on.run().status == "shut until Fri 23:00"


def test_a_holiday_is_open_all_day():
    """§4 of the original: movable feasts are rows for 2020, and no later year has them."""
    with gate(datetime(2026, 4, 6, 10, 0, tzinfo=UTC)) as on:  # Easter Monday
        on.send(ON)
        assert on.sent() == [ON]
    with gate(datetime(2026, 4, 6, 10, 0, tzinfo=UTC), holidays="none") as on:
        on.send(ON)
        assert on.sent() == [shut("Mon 23:00")]


def test_a_gate_that_is_not_enabled_never_shuts():
    with gate(THURSDAY_NOON, enabled="false") as on:
        on.send(ON)
        on.advance(48 * HOUR)
        assert on.sent() == [ON]
        assert on.run().status == "open"


def test_a_gate_without_a_window_never_opens():
    with gate(THURSDAY_NOON, open=[], holidays="none") as on:
        on.send(ON)
        on.advance(48 * HOUR)
        assert on.sent() == [SwitchRequest(on=False, reason="off-peak gate shut")]


@pytest.mark.parametrize(
    ("evening", "hours_open"),
    [
        pytest.param(datetime(2026, 3, 28, 22, 0, tzinfo=UTC), 7, id="the clock goes forward"),
        pytest.param(datetime(2026, 10, 24, 21, 0, tzinfo=UTC), 9, id="the clock goes back"),
    ],
)
def test_the_night_in_which_the_clock_changes_has_its_own_length(evening, hours_open):
    """D11 of the original: naive local times, of which an hour comes twice and one never."""
    nightly = [{"days": "daily", "from": "23:00", "to": "07:00"}]
    with gate(evening, open=nightly) as on:
        on.send(ON)
        on.advance(hours_open * HOUR - 1)
        assert on.sent() == [ON]
        on.advance(1)
        assert on.sent() == [ON, shut("Sun 23:00")]


def test_the_held_request_survives_a_restart(tmp_path):
    settings = {"durable": True, "state_path": tmp_path / "state.sqlite"}
    with Bench(OffpeakGate, CONFIG, clock=VirtualClock(THURSDAY_NOON), **settings) as on:
        on.send(ON)
    evening = VirtualClock(THURSDAY_NOON + timedelta(hours=11))
    with Bench(OffpeakGate, CONFIG, clock=evening, **settings) as on:
        assert on.sent() == [ON]


def test_a_clock_that_is_set_is_noticed_at_once():
    """D11 of the original: the time is believed, whatever it was at boot."""
    with gate(THURSDAY_NOON) as on:
        on.send(ON)
        on.clock.set_wall(THURSDAY_NOON + timedelta(hours=12))
        on.advance(0)
        assert on.sent() == [shut("Thu 23:00"), ON]


@pytest.mark.parametrize(
    ("window", "message"),
    [
        pytest.param(
            {"days": "mon-fri", "from": "7 am", "to": "09:00"},
            "a time of day such as 07:00, or 24:00 for the day's end, is needed",
            id="not a time of day",
        ),
        pytest.param(
            {"days": "mon-fri", "from": 1380, "to": "07:00"},
            "a time of day such as 07:00, or 24:00 for the day's end, is needed",
            id="a number, as plain YAML reads 23:00",
        ),
        pytest.param(
            {"days": "ma-vr", "from": "23:00", "to": "07:00"},
            "weekdays such as mon-fri, sat,sun or daily are needed",
            id="not weekdays",
        ),
        pytest.param(
            {"days": "daily", "from": "07:00", "to": "07:00"},
            "from and to must differ and from must be before 24:00; "
            "the whole day is 00:00 to 24:00",
            id="the whole day or nothing",
        ),
    ],
)
def test_a_window_that_cannot_be_is_refused(window, message):
    with pytest.raises(ValidationError) as error:
        OffpeakGateConfig.model_validate(CONFIG | {"open": [window]})
    assert [found["msg"] for found in error.value.errors()] == [f"Value error, {message}"]


LEAVE = PeakOnce(allowed=True, by="owner")


def test_leave_to_charge_at_peak_lasts_until_the_off_peak_hours_begin():
    """§4 of the original: the leave is cleared when the next off-peak period begins."""
    with gate(THURSDAY_NOON) as on:
        on.send(ON)
        on.send(LEAVE, port="once")
        assert on.sent() == [shut("Thu 23:00"), ON]
        assert on.run().status == "shut until Thu 23:00, open once at peak"
        on.advance(11 * HOUR)
        on.advance(8 * HOUR)
        assert on.sent() == [shut("Thu 23:00"), ON, shut("Fri 23:00")]


def test_leave_to_charge_at_peak_expires():
    with gate(THURSDAY_NOON, once_for="2h") as on:
        on.send(LEAVE, port="once")
        on.send(ON)
        on.advance(2 * HOUR - 1)
        assert on.sent() == [ON]
        on.advance(1)
        assert on.sent() == [ON, shut("Thu 23:00")]


def test_leave_to_charge_at_peak_is_for_one_session():
    with gate(THURSDAY_NOON) as on:
        on.send(LEAVE, port="once")
        for request in (ON, OFF, ON):
            on.send(request)
        assert on.sent() == [ON, OFF, shut("Thu 23:00")]


def test_leave_to_charge_at_peak_can_be_taken_back():
    with gate(THURSDAY_NOON) as on:
        on.send(ON)
        on.send(LEAVE, port="once")
        on.send(LEAVE.with_(allowed=False), port="once")
        assert on.sent() == [shut("Thu 23:00"), ON, shut("Thu 23:00")]


def test_leave_to_charge_at_peak_is_not_kept_for_the_next_peak():
    with gate(FRIDAY_EVENING) as on:
        on.send(LEAVE, port="once")
        on.send(ON)
        on.advance(57 * HOUR)  # Monday, 8:30
        assert on.sent() == [ON, shut("Mon 23:00")]


def test_leave_to_charge_at_peak_survives_a_restart_and_a_clock_that_is_set(tmp_path):
    settings = {"durable": True, "state_path": tmp_path / "state.sqlite"}
    clock = VirtualClock(THURSDAY_NOON)
    with Bench(OffpeakGate, CONFIG | {"once_for": "2h"}, clock=clock, **settings) as on:
        on.send(ON)
        on.send(LEAVE, port="once")
    with Bench(OffpeakGate, CONFIG | {"once_for": "2h"}, clock=clock, **settings) as on:
        assert on.sent() == [ON]
        on.clock.set_wall(THURSDAY_NOON + timedelta(hours=6))
        on.advance(2 * HOUR - 1)
        assert on.sent() == [ON]
        on.advance(1)
        assert on.sent() == [ON, shut("Thu 23:00")]


def test_a_gate_may_go_by_a_calendar_of_the_site():
    calendars = SiteCalendars({"dal": CalendarRules.model_validate({"open": [NIGHT]})})
    site = BenchSite(services={SiteCalendars: calendars})
    clock = VirtualClock(FRIDAY_EVENING + timedelta(hours=1))  # 0:30 on Saturday
    with Bench(OffpeakGate, {"calendar": "dal"}, clock=clock, site=site) as on:
        on.send(ON)
        assert on.sent() == [shut("Mon 00:00")]


@pytest.mark.parametrize(
    ("config", "message"),
    [
        pytest.param({}, "open, or the name of a calendar, is needed", id="neither"),
        pytest.param(
            {"calendar": "dal", "holidays": "nl-off-peak"},
            "calendar stands for open, holidays, public_holidays and timezone; "
            "write either it or them",
            id="both",
        ),
    ],
)
def test_a_gate_has_one_calendar(config, message):
    with pytest.raises(ValidationError) as error:
        OffpeakGateConfig.model_validate(config)
    assert [found["msg"] for found in error.value.errors()] == [f"Value error, {message}"]


UNKNOWN = SwitchRequest(on=False, reason="off-peak gate shut: the time is not known")


def test_while_the_time_is_not_known_nobody_can_say_that_it_is_off_peak():
    """D11 of the original: no look at the clock at boot, although there is none that runs on."""
    with gate(FRIDAY_EVENING) as on:
        on.clock.trusted = False
        on.send(ON)
        on.advance(60)
        assert on.sent() == [UNKNOWN]
        assert on.run().status == "shut: the time is not known"
        on.clock.trusted = True
        on.advance(10)
        assert on.sent() == [UNKNOWN, ON]


def test_leave_to_charge_at_peak_needs_no_clock():
    with gate(THURSDAY_NOON, once_for="1h") as on:
        on.clock.trusted = False
        on.send(ON)
        on.send(LEAVE, port="once")
        on.advance(HOUR - 1)
        assert on.sent() == [UNKNOWN, ON]
        on.advance(1)
        assert on.sent() == [UNKNOWN, ON, UNKNOWN]


def test_a_gate_may_go_by_a_clock_that_is_not_known_to_be_right():
    with gate(FRIDAY_EVENING, clock_unknown="go-by-it") as on:
        on.clock.trusted = False
        on.send(ON)
        assert on.sent() == [ON]


def test_a_machine_that_cannot_tell_is_believed():
    with gate(FRIDAY_EVENING) as on:
        on.clock.trusted = None
        on.send(ON)
        assert on.sent() == [ON]


def test_the_hours_are_told_session_or_not():
    with gate(THURSDAY_NOON) as on:
        on.advance(20 * HOUR)
        evening = datetime(2026, 1, 15, 22, 0, tzinfo=UTC)
        morning, next_evening = evening + timedelta(hours=8), evening + timedelta(hours=24)

        assert on.sent("hours") == [
            OffPeak(False, evening),
            OffPeak(True, morning),
            OffPeak(False, next_evening),
        ]


def test_a_gate_that_never_shuts_tells_of_no_hours():
    with gate(THURSDAY_NOON, enabled=False) as on:
        on.advance(20 * HOUR)

        assert on.sent("hours") == []


def test_the_hours_tell_of_leave_to_charge_at_peak():
    with gate(THURSDAY_NOON) as on:
        on.send(PeakOnce(allowed=True, by="owner"), "once")
        on.send(PeakOnce(allowed=False, by="owner"), "once")
        assert [hours.once for hours in on.sent("hours")] == [False, True, False]
