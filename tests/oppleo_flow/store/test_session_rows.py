from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import SessionEnded, SessionLatched, SessionStarted

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
        "ledger.sqlite: session 00000000-0000-4000-8000-000000000001: has ended already, "
        "with other figures; what is written is not changed"
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


def test_of_several_open_sessions_the_last_is_the_open_one(ledger):
    for event in [*session(1, NOON, None), *session(2, NOON + HOUR, None)]:
        ledger.sessions.record(event)
    assert ledger.sessions.open().session_id == UUID(int=2)


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
