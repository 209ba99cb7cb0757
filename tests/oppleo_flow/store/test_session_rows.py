import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.slices import EnergySlice
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import (
    Attribution,
    SessionEnded,
    SessionLatched,
    SessionOdometer,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store import open_ledger

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PRICE = PriceVersion(UUID(int=50), NOON - 24 * HOUR, Decimal("0.350000"), "EUR")
STARTED, ENDED = SessionStarted.sample(), SessionEnded.sample()
OPEN = SessionRecord(
    session_id=STARTED.session_id,
    token_id=STARTED.token_id,
    uid="04A1B2C3",
    label="family",
    started_at=NOON,
    meter_start_wh=1_234_567,
    meter_start_quality="measured",
    meter_serial="19001234",
)


def session(number: int, started_at: datetime, ended_at: datetime | None) -> list:
    """Return the events of a session."""
    session_id = UUID(int=number)
    started = SessionStarted.sample(session_id=session_id, started_at=started_at)
    if ended_at is None:
        return [started]
    return [
        started,
        SessionEnded.sample(session_id=session_id, started_at=started_at, ended_at=ended_at),
    ]


def numbers(sessions: list[SessionRecord]) -> list[int]:
    return [one.session_id.int for one in sessions]


def test_a_session_that_has_started_is_open(ledger):
    ledger.sessions.record(STARTED)
    assert ledger.sessions.open() == OPEN


def test_a_session_that_has_ended_has_both_registers_and_its_price(ledger):
    ledger.prices.add(PRICE)
    ledger.sessions.record(STARTED)
    ledger.sessions.record(ENDED)
    assert ledger.sessions.open() is None
    assert ledger.sessions.latest(10) == [
        SessionRecord(
            session_id=STARTED.session_id,
            token_id=STARTED.token_id,
            uid="04A1B2C3",
            label="family",
            started_at=NOON,
            meter_start_wh=1_234_567,
            meter_start_quality="measured",
            meter_serial="19001234",
            ended_at=NOON + 2 * HOUR,
            meter_end_wh=1_244_567,
            energy_wh=10_000,
            reason="card",
            price=PRICE,
            slices=(
                EnergySlice(
                    NOON, NOON + 2 * HOUR, 1_234_567, 1_244_567, "flat", PRICE, PRICE.price_per_kwh
                ),
            ),
        )
    ]
    assert ledger.sessions.latest(10)[0].amount == Decimal("3.50")


def test_a_late_start_register_is_the_sessions_own_and_says_so(ledger):
    started = STARTED.with_(meter_start_wh=None, meter_start_quality="unknown", meter_serial=None)
    ledger.sessions.record(started)
    ledger.sessions.record(SessionLatched.sample(meter_start_wh=1_300_000))
    found = ledger.sessions.open()
    assert (found.meter_start_wh, found.meter_start_quality) == (1_300_000, "late")
    assert found.meter_serial == "19001234"
    ledger.sessions.record(ENDED.with_(meter_start_wh=1_300_000))
    (found,) = ledger.sessions.latest(1)
    assert (found.meter_start_wh, found.flags) == (1_300_000, ("price-unknown", "late-start"))


@pytest.mark.parametrize(
    "event", [STARTED, SessionLatched.sample(), ENDED], ids=lambda e: type(e).__name__
)
def test_the_same_event_twice_is_written_once(ledger, event):
    ledger.sessions.record(STARTED)
    ledger.sessions.record(event)
    before = ledger.sessions.latest(10)
    ledger.sessions.record(event)
    assert ledger.sessions.latest(10) == before


def test_a_session_does_not_end_twice(ledger):
    ledger.sessions.record(STARTED)
    ledger.sessions.record(ENDED)
    with pytest.raises(StoreError) as error:
        ledger.sessions.record(ENDED.with_(meter_end_wh=2_000_000, energy_wh=765_433))
    assert str(error.value).endswith(
        ": session 00000000-0000-4000-8000-000000000001: has ended already, with other figures; "
        "what is written is not changed"
    )
    assert ledger.sessions.latest(1)[0].energy_wh == 10_000


def test_the_end_of_a_session_is_kept_even_if_its_start_was_lost(ledger):
    ledger.sessions.record(ENDED)
    (found,) = ledger.sessions.latest(1)
    assert (found.energy_wh, found.started_at, found.ended_at) == (10_000, NOON, NOON + 2 * HOUR)
    assert (found.meter_start_quality, found.meter_serial) == ("unknown", None)


def test_the_price_kept_with_a_session_is_the_one_that_held_when_it_started(ledger):
    later = PriceVersion(UUID(int=51), NOON + HOUR, Decimal("0.500000"), "EUR")
    ledger.prices.add(PRICE)
    ledger.prices.add(later)
    ledger.sessions.record(ENDED)
    assert ledger.sessions.latest(1)[0].price == PRICE


def test_a_price_once_kept_is_not_changed_by_one_that_is_entered_afterwards(ledger):
    ledger.prices.add(PRICE)
    ledger.sessions.record(ENDED)
    ledger.prices.add(PriceVersion(UUID(int=51), NOON - HOUR, Decimal("9.000000"), "EUR"))
    assert ledger.sessions.latest(1)[0].price == PRICE


def test_a_price_that_was_unknown_can_be_entered_afterwards(ledger):
    ledger.sessions.record(ENDED)
    assert ledger.sessions.latest(1)[0].price is None
    ledger.prices.add(PRICE)
    assert ledger.sessions.latest(1)[0].price == PRICE


def test_a_session_closes_the_one_before_it_whose_end_was_lost(ledger):
    """Oppleo D8: without a constraint an old session stays open for ever beside the new one."""
    for event in [*session(1, NOON, None), *session(2, NOON + HOUR, None)]:
        ledger.sessions.record(event)
    assert ledger.sessions.open().session_id == UUID(int=2)
    lost = ledger.sessions.get(UUID(int=1))
    assert (lost.ended_at, lost.reason, lost.energy_wh) == (NOON + HOUR, "lost", None)
    assert lost.flags == ("energy-unknown", "price-unknown", "interrupted")


def test_an_end_that_comes_after_the_next_start_still_counts(ledger):
    first, ended = session(1, NOON, NOON + HOUR / 2)
    for event in [first, *session(2, NOON + HOUR, None), ended]:
        ledger.sessions.record(event)
    found = ledger.sessions.get(UUID(int=1))
    assert (found.ended_at, found.reason, found.energy_wh) == (NOON + HOUR / 2, "card", 10_000)
    assert ledger.sessions.open().session_id == UUID(int=2)


def test_a_start_that_comes_after_its_end_opens_nothing(ledger):
    started, ended = session(1, NOON, NOON + HOUR)
    for event in [ended, started]:
        ledger.sessions.record(event)
    assert ledger.sessions.open() is None


def test_a_start_that_comes_after_a_later_one_opens_nothing(ledger):
    for event in [*session(2, NOON + HOUR, None), *session(1, NOON, None)]:
        ledger.sessions.record(event)
    assert ledger.sessions.open().session_id == UUID(int=2)
    assert ledger.sessions.get(UUID(int=1)).ended_at == NOON + HOUR


def test_the_database_itself_refuses_a_second_open_session(ledger, location):
    """Oppleo D8: no unique constraint, so that web and card could open two sessions."""
    ledger.sessions.record(STARTED)
    insert = """INSERT INTO session_started
        (session_id, charge_point, token_id, uid, label, started_at, meter_start_quality)
        VALUES (?, ?, 't', 'u', 'l', '2026-01-15 13:00:00.000000', 'unknown')"""
    with closing(sqlite3.connect(location.path, isolation_level=None)) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE constraint failed"):
            connection.execute(insert, ("a", "cp"))
        connection.execute(insert, ("b", "another charge point"))


def test_each_charge_point_of_a_site_has_one_open_session(ledger):
    for number, point in ((1, "left"), (2, "right"), (3, "left")):
        begun = NOON + number * HOUR
        started = STARTED.with_(session_id=UUID(int=number), started_at=begun, point=point)
        ledger.sessions.record(started)
    assert sorted(numbers(ledger.sessions.all_open())) == [2, 3]
    assert ledger.sessions.open().session_id == UUID(int=3)
    lost = ledger.sessions.get(UUID(int=1))
    assert (lost.point, lost.reason, lost.ended_at) == ("left", "lost", NOON + 3 * HOUR)


def test_a_session_by_a_clock_that_lags_is_the_open_one_all_the_same(ledger):
    """Oppleo D11: a Pi without a clock begins anew in the past."""
    for event in session(1, NOON, None):
        ledger.sessions.record(event)
    past = STARTED.with_(session_id=UUID(int=2), started_at=NOON - 24 * HOUR, clock_uncertain=True)
    ledger.sessions.record(past)
    assert ledger.sessions.open().session_id == UUID(int=2)
    assert ledger.sessions.get(UUID(int=1)).ended_at == NOON


def test_two_writers_at_once_leave_one_session_open(location):
    """Oppleo D8: web and card took different locks."""
    starts = [event for n in range(1, 9) for event in session(n, NOON + n * HOUR, None)]

    def write(event):
        with open_ledger(location, "cp") as own:
            own.sessions.record(event)

    with open_ledger(location, "cp") as ledger, ThreadPoolExecutor(4) as pool:
        list(pool.map(write, starts))
        assert ledger.sessions.open().session_id == UUID(int=8)
        assert sum(one.is_open for one in ledger.sessions.latest(10)) == 1


def test_what_a_session_is_for_is_kept_with_it(ledger):
    of = Attribution("Anna", "ioniq", "X-123-Y", "acme")
    ledger.sessions.record(STARTED.with_(attribution=of, trigger="web", clock_uncertain=True))
    for event in [None, ENDED.with_(interrupted=True, clock_uncertain=True)]:
        if event:
            ledger.sessions.record(event)
        (found,) = ledger.sessions.latest(1)
        assert (found.attribution, found.trigger, found.clock_uncertain) == (of, "web", True)
        assert found.interrupted is (event is not None)


def test_an_end_register_that_is_read_late_settles_the_session(ledger):
    ledger.prices.add(PRICE)
    ledger.sessions.record(STARTED)
    ledger.sessions.record(
        ENDED.with_(meter_end_wh=None, energy_wh=None, meter_end_quality="unknown")
    )
    assert ledger.sessions.latest(1)[0].flags == ("energy-unknown",)
    ledger.sessions.record(SessionSettled.sample())
    (found,) = ledger.sessions.latest(1)
    assert (found.meter_end_wh, found.energy_wh) == (1_244_587, 10_020)
    assert (found.settled_at, found.flags) == (NOON + 3 * HOUR, ("late-end",))


def test_the_last_watt_hours_of_a_session_are_no_late_end(ledger):
    for event in [STARTED, ENDED, SessionSettled.sample()]:
        ledger.sessions.record(event)
    (found,) = ledger.sessions.latest(1)
    assert (found.energy_wh, found.flags) == (10_020, ("price-unknown",))


def test_the_sessions_of_a_time_are_those_that_overlap_it(ledger):
    since, until = NOON, NOON + 10 * HOUR
    moment = timedelta(microseconds=1)
    cases = [
        session(1, since - 2 * HOUR, since - moment),  # ended before
        session(2, since - HOUR, since),  # ended in its first moment
        session(3, since + HOUR, since + 2 * HOUR),
        session(4, since + 3 * HOUR, until + HOUR),
        session(5, until - moment, None),
        session(6, until, None),  # starts after
    ]
    for event in [event for events in cases for event in events]:
        ledger.sessions.record(event)
    assert numbers(ledger.sessions.between(since, until)) == [2, 3, 4, 5]


def test_the_latest_sessions_come_newest_first(ledger):
    for number in range(1, 6):
        begun = NOON + number * HOUR
        for event in session(number, begun, None if number == 5 else begun + HOUR / 2):
            ledger.sessions.record(event)
    assert numbers(ledger.sessions.latest(3)) == [5, 4, 3]


def test_the_price_of_the_last_watt_hours_is_kept_as_that_of_the_others(ledger):
    ledger.prices.add(PRICE)
    for event in [STARTED, ENDED, SessionSettled.sample()]:
        ledger.sessions.record(event)
    ledger.prices.add(PriceVersion(UUID(int=51), NOON - HOUR, Decimal("9.000000"), "EUR"))
    (found,) = ledger.sessions.latest(1)
    assert [(one.energy_wh, one.per_kwh) for one in found.slices] == [(10_020, Decimal("0.35"))]
    assert found.amount == Decimal("3.51")


def test_a_session_keeps_the_odometer_that_its_vehicle_told(ledger):
    ledger.sessions.record(STARTED)
    assert ledger.sessions.get(STARTED.session_id).odometer_km is None
    ledger.sessions.record(SessionOdometer.sample())
    assert ledger.sessions.open() == replace(OPEN, odometer_km=42_137)
    ledger.sessions.record(ENDED)
    assert ledger.sessions.get(STARTED.session_id).odometer_km == 42_137


def test_an_odometer_is_taken_once(ledger):
    for event in [STARTED, SessionOdometer.sample(), SessionOdometer.sample()]:
        ledger.sessions.record(event)
    with pytest.raises(StoreError, match="has an odometer already, with other figures"):
        ledger.sessions.record(SessionOdometer.sample(odometer_km=1))
