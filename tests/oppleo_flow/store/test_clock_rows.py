"""Sessions by a clock that nobody had told the time, and what they are when somebody has."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.clock import Instant
from oppleo_flow.payloads import MeterReading, SessionEnded, SessionStarted
from oppleo_flow.store import Ledger
from tests.oppleo_flow.charging.prices import DUAL

EDGE = datetime(2026, 2, 2, 22, 0, tzinfo=UTC)  # 23:00 in Amsterdam, a Monday
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
BEHIND = timedelta(days=2, hours=5)
"""The power was off for so long; the clock went on where it had stopped."""
BOOT = EDGE - 3 * HOUR


def stamp(at: datetime, *, known: bool = False, boot: str = "this") -> Instant:
    """Return a true moment as a clock has it that is behind, or that is known to be right."""
    shown = at if known else at - BEHIND
    return Instant(boot, (at - BOOT).total_seconds(), shown, known)


def charged(ledger: Ledger, *, knows_at_end: bool = False, number: int = 1) -> None:
    """Record a session from an hour before the edge to an hour after it, with its readings."""
    began, ended = stamp(EDGE - HOUR), stamp(EDGE + HOUR, known=knows_at_end)
    session_id = UUID(int=number)
    ledger.sessions.record(
        SessionStarted.sample(
            session_id=session_id,
            started_at=began.wall,
            meter_start_wh=1_000,
            clock_uncertain=True,
            stamp=began,
        )
    )
    for at, energy_wh in ((EDGE - 5 * SECOND, 4_000), (EDGE + 5 * SECOND, 4_030)):
        told = MeterReading.sample(time=stamp(at).wall, energy_import_wh=energy_wh)
        ledger.readings.record([told])
    ledger.sessions.record(
        SessionEnded.sample(
            session_id=session_id,
            started_at=began.wall,
            ended_at=ended.wall,
            meter_start_wh=1_000,
            meter_end_wh=9_000,
            energy_wh=8_000,
            clock_uncertain=True,
            stamp=ended,
        )
    )


def only(ledger: Ledger) -> SessionRecord:
    (session,) = ledger.sessions.latest(10)
    return session


@pytest.fixture
def priced(ledger):
    ledger.prices.add(DUAL)
    return ledger


def test_until_the_time_is_known_a_session_says_that_it_is_not(priced):
    """D11 of the original: no clock sanity check at boot; sessions in the wrong month."""
    charged(priced)
    session = only(priced)
    assert (session.started_at, session.clock_uncertain) == (EDGE - HOUR - BEHIND, True)
    assert "clock-uncertain" in session.flags


def test_a_session_is_dated_when_the_time_is_known(priced):
    charged(priced)
    assert priced.clock.date(stamp(EDGE + 2 * HOUR, known=True)) == 1
    session = only(priced)
    assert (session.started_at, session.ended_at) == (EDGE - HOUR, EDGE + HOUR)
    assert session.flags == ()


def test_it_costs_what_the_hours_cost_in_which_it_really_was(priced):
    charged(priced)
    # By the clock it was on a Saturday, and off-peak all the time.
    assert [one.kind for one in only(priced).slices] == ["off-peak"]
    priced.clock.date(stamp(EDGE + 2 * HOUR, known=True))
    assert [(one.kind, one.energy_wh, one.estimated) for one in only(priced).slices] == [
        ("peak", 3_015, False),
        ("off-peak", 4_985, False),
    ]
    assert only(priced).amount == Decimal("2.48")


def test_a_clock_that_is_told_the_time_during_a_session_dates_its_start(priced):
    charged(priced, knows_at_end=True)
    session = only(priced)
    assert (session.started_at, session.ended_at) == (EDGE - HOUR, EDGE + HOUR)
    assert (session.clock_uncertain, session.energy_wh) == (False, 8_000)
    assert sum(one.energy_wh for one in session.slices) == 8_000


def test_a_session_is_on_the_statement_of_the_month_in_which_it_really_was(priced):
    charged(priced)
    january = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    february = january[1], datetime(2026, 3, 1, tzinfo=UTC)
    assert len(priced.sessions.between(*january)) == 1
    priced.clock.date(stamp(EDGE + 2 * HOUR, known=True))
    assert priced.sessions.between(*january) == []
    assert len(priced.sessions.between(*february)) == 1


@pytest.mark.parametrize(
    "now",
    [
        pytest.param(stamp(EDGE + 2 * HOUR), id="a clock that is still not known"),
        pytest.param(stamp(EDGE + 2 * HOUR, known=True, boot="next"), id="another boot"),
    ],
)
def test_nothing_else_dates_a_session(priced, now):
    charged(priced)
    before = only(priced)
    assert priced.clock.date(now) == 0
    assert only(priced) == before


def test_a_boot_is_dated_once(priced):
    charged(priced)
    assert priced.clock.date(stamp(EDGE + 2 * HOUR, known=True)) == 1
    before = only(priced)
    later = stamp(EDGE + 3 * HOUR, known=True)
    assert priced.clock.date(Instant("this", 1.0, later.wall, trusted=True)) == 0
    assert only(priced) == before


def test_where_every_clock_was_right_nothing_is_written(priced, location):
    assert priced.clock.date(stamp(EDGE, known=True)) == 0


def test_a_session_that_is_open_is_dated_too(priced):
    began = stamp(EDGE)
    priced.sessions.record(
        SessionStarted.sample(started_at=began.wall, clock_uncertain=True, stamp=began)
    )
    priced.clock.date(stamp(EDGE + HOUR, known=True))
    session = priced.sessions.open()
    assert (session.started_at, session.clock_uncertain) == (EDGE, False)
