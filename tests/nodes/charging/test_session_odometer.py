"""`session-odometer`: one odometer for each session, from its own vehicle, and never made up."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from nodes.charging.session_odometer import SessionOdometerNode
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import (
    Attribution,
    Notification,
    OdometerMissing,
    OdometerSought,
    SessionEnded,
    SessionOdometer,
    SessionStarted,
    VehicleState,
    VehicleUnknown,
)
from oppleo_flow.testing.bench import NOON, Bench, BenchSite

MINUTE = timedelta(minutes=1)
VAN = SessionStarted.sample(attribution=Attribution(vehicle="van"))
ID = VAN.session_id
SILENT = VehicleUnknown("van", NOON - MINUTE, "it has said nothing yet")


def shows(odometer_km: int | None, after: timedelta, vehicle: str = "van") -> VehicleState:
    return VehicleState(vehicle, NOON + after, odometer_km)


def bench(**options: Any) -> Bench:
    more = {
        name: options.pop(name)
        for name in ("site", "clock", "durable", "state_path") & options.keys()
    }
    return Bench(SessionOdometerNode, options, **more)


def told(on: Bench) -> dict[str, list[Any]]:
    return {port: on.sent(port) for port in ("taken", "missing") if on.sent(port)}


def begin(on: Bench, state: VehicleState | VehicleUnknown = SILENT) -> None:
    on.send(state, "vehicle")
    on.send(VAN, "session")


def test_the_first_one_after_the_beginning_is_taken_once(tmp_path: Any) -> None:
    with bench() as on:
        begin(on, shows(42_000, -5 * MINUTE))
        assert told(on) == {}
        on.advance(30)
        on.send(shows(42_001, 0.5 * MINUTE), "vehicle")
        on.send(shows(42_002, 0.6 * MINUTE), "vehicle")
        assert told(on) == {"taken": [SessionOdometer(ID, "van", 42_001, NOON + 0.5 * MINUTE)]}
        assert on.sent("sought") == [OdometerSought(ID, "van")]
        on.advance(3600)
        assert on.sent("sought") == [OdometerSought(ID, "van")]
        assert on.run().status == "van: 42001 km"


def test_without_one_the_last_from_before_is_taken_when_all_tries_are_over() -> None:
    with bench() as on:
        begin(on, shows(42_000, -9 * MINUTE))
        on.advance(899)
        assert told(on) == {}
        on.advance(1)
        assert told(on) == {"taken": [SessionOdometer(ID, "van", 42_000, NOON - 9 * MINUTE)]}
        assert [sought.attempt for sought in on.sent("sought")] == [1, 2, 3]


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        pytest.param(SILENT, "it has said nothing yet", id="silent"),
        pytest.param(
            shows(42_000, -11 * MINUTE), "nothing of it in 15 min", id="older than it may be"
        ),
        pytest.param(shows(None, MINUTE), "nothing of it in 15 min", id="tells its battery only"),
    ],
)
def test_what_cannot_be_had_is_told_and_never_made_up(state: Any, reason: str) -> None:
    with bench() as on:
        begin(on, state)
        on.advance(900)
        assert told(on) == {"missing": [OdometerMissing(ID, "van", reason)]}
        assert on.sent("notice") == [
            Notification(
                "Odometer not obtained",
                "the odometer of 'van' could not be obtained for the session that began at "
                f"15 January 2026, 13:00: {reason}; enter it with `oppleo-flow sessions correct`",
            )
        ]


def test_the_notice_is_in_the_sites_language() -> None:
    with bench(site=BenchSite(language="nl"), within="1m") as on:
        begin(on)
        on.advance(60)
        assert on.sent("notice")[0].title == "Kilometerstand niet opgehaald"


def test_a_session_that_ends_is_sought_for_no_longer() -> None:
    with bench() as on:
        begin(on)
        on.advance(60)
        on.send(SessionEnded.sample(), "session")
        on.send(shows(42_100, 2 * MINUTE), "vehicle")
        reason = "the session ended before the vehicle told it"
        assert told(on) == {"missing": [OdometerMissing(ID, "van", reason)]}


@pytest.mark.parametrize(
    "attribution", [Attribution(), Attribution(vehicle="bus")], ids=["none", "one without a source"]
)
def test_a_session_for_another_vehicle_or_none_is_left_alone(attribution: Attribution) -> None:
    with bench() as on:
        on.send(shows(42_000, MINUTE), "vehicle")
        on.send(SessionStarted.sample(attribution=attribution), "session")
        on.advance(3600)
        assert (told(on), on.sent("sought")) == ({}, [])


def test_each_session_has_that_of_its_own_vehicle() -> None:
    other = SessionStarted.sample(session_id=UUID(int=9), attribution=Attribution(vehicle="bus"))
    with bench() as on:
        for vehicle in ("van", "bus"):
            on.send(VehicleUnknown(vehicle, NOON, "it has said nothing yet"), "vehicle")
        on.send(VAN, "session")
        on.send(other, "session")
        on.send(shows(7, MINUTE, "bus"), "vehicle")
        on.send(shows(42_000, MINUTE), "vehicle")
        assert [(one.session_id, one.odometer_km) for one in on.sent("taken")] == [
            (other.session_id, 7),
            (ID, 42_000),
        ]


def test_a_restart_goes_on_seeking_for_the_time_that_is_left(tmp_path: Any) -> None:
    kept = {"durable": True, "state_path": tmp_path / "state.sqlite", "clock": VirtualClock(NOON)}
    with bench(**kept) as on:
        begin(on)
        on.advance(420)
    with bench(**kept) as on:
        on.send(SILENT, "vehicle")
        on.advance(180)
        assert [sought.attempt for sought in on.sent("sought")] == [3]
        on.advance(300)
        assert told(on) == {"missing": [OdometerMissing(ID, "van", "it has said nothing yet")]}


def test_a_session_that_is_told_twice_is_sought_once() -> None:
    with bench() as on:
        begin(on)
        on.send(VAN, "session")
        assert on.sent("sought") == [OdometerSought(ID, "van")]
