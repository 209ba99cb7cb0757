"""`plug-reminder`: only what is known to be missing is told, once, and that it is over."""

from typing import Any
from uuid import UUID

import pytest

from nodes.charging.plug_reminder import PlugReminder
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SessionStatus, Tick
from oppleo_flow.testing.bench import Bench, BenchSite

NO_CAR = EvseState.sample(signal=EvseSignal.STANDBY)
CAR = EvseState.sample(signal=EvseSignal.CONNECTED)
DARK = EvseState.sample(signal=EvseSignal.ACCESS_OFF)
ASK = Tick.sample()


def session(number: int = 1) -> SessionStatus:
    return SessionStatus("waiting", session_id=UUID(int=number), label="family")


IDLE = SessionStatus("idle")


@pytest.fixture
def bench():
    with Bench(PlugReminder, {"after": "15m"}) as bench:
        yield bench


def told(bench: Bench) -> list[tuple[str, Any, str]]:
    return [(note.title, note.state, note.key) for note in bench.sent()]


WAITED = ("Not plugged in", "raised", "node.session")


def test_a_session_that_waits_for_a_car_is_told_once_and_its_end(bench) -> None:
    bench.send(session(), "session")
    bench.send(NO_CAR, "evse")
    bench.advance(899)
    assert told(bench) == []
    bench.advance(3600)
    assert told(bench) == [WAITED]
    bench.send(CAR, "evse")

    assert told(bench) == [WAITED, ("Plugged in", "cleared", "node.session")]


def test_a_session_that_ends_without_a_car_waits_no_longer(bench) -> None:
    bench.send(session(), "session")
    bench.send(NO_CAR, "evse")
    bench.advance(900)
    bench.send(IDLE, "session")

    assert told(bench)[1:] == [("No longer waiting for a car", "cleared", "node.session")]


def test_a_car_in_time_is_not_told(bench) -> None:
    bench.send(session(), "session")
    bench.send(NO_CAR, "evse")
    bench.advance(899)
    bench.send(CAR, "evse")
    bench.advance(3600)

    assert told(bench) == []


def test_each_session_waits_anew(bench) -> None:
    bench.send(session(1), "session")
    bench.send(NO_CAR, "evse")
    bench.advance(600)
    bench.send(session(2), "session")
    bench.advance(600)
    assert told(bench) == []
    bench.advance(300)

    assert told(bench) == [WAITED]


@pytest.mark.parametrize("evse", [DARK, EvseUnknown.sample()], ids=["dark", "unknown"])
def test_what_is_not_known_is_not_told(bench, evse) -> None:
    bench.send(session(), "session")
    bench.send(evse, "evse")
    bench.advance(3600)
    bench.send(ASK, "ask")

    assert told(bench) == []
    assert bench.run().status == "whether a car is plugged in is not known"


def test_what_stops_being_known_for_a_while_begins_to_wait_anew(bench) -> None:
    bench.send(session(), "session")
    bench.send(NO_CAR, "evse")
    bench.advance(800)
    bench.send(EvseUnknown.sample(), "evse")
    bench.send(NO_CAR, "evse")
    bench.advance(899)

    assert told(bench) == []


def test_an_evening_without_a_car_is_told_by_the_local_clock_and_in_the_site_s_language() -> None:
    with Bench(PlugReminder, {}, site=BenchSite(language="nl")) as bench:
        bench.send(NO_CAR, "evse")
        bench.send(ASK, "ask")

        (note,) = bench.sent()
    assert (note.title, note.text, note.event, note.key) == (
        "Geen auto aangesloten",
        "Het is 13:00 en er is geen auto aangesloten.",
        "not-plugged-in",
        "node.evening",
    )


def test_an_evening_with_a_car_is_not_told(bench) -> None:
    bench.send(CAR, "evse")
    bench.send(ASK, "ask")

    assert told(bench) == []


def test_a_car_that_comes_later_ends_the_evening_s_reminder(bench) -> None:
    bench.send(NO_CAR, "evse")
    bench.send(ASK, "ask")
    bench.send(CAR, "evse")

    assert told(bench)[1] == ("Plugged in", "cleared", "node.evening")
