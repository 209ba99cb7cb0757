"""The views show sessions as the ledger itself does."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from oppleo_flow.charging.correction import Changes
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.clock import Instant
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import (
    Attribution,
    MeterReading,
    SessionEnded,
    SessionLatched,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store.import_rows import PastSession
from oppleo_flow.store.postgres.tables import arrivals
from tests.oppleo_flow.charging.prices import DUAL

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LATER = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAME = (
    *("session_id", "point", "label", "uid", "token_id", "trigger", "odometer_km"),
    *("started_at", "ended_at", "meter_serial", "meter_start_wh", "meter_end_wh", "energy_wh"),
    *("reason", "meter_start_quality", "interrupted", "clock_uncertain", "void"),
)


@pytest.fixture
def copy(migrated_postgres, ledgers_of_postgres):
    """A ledger in PostgreSQL, and how to ask the database itself."""
    _, engine = migrated_postgres

    def ask(sql: str) -> list[dict]:
        with engine.connect() as connection:
            return [dict(row) for row in connection.execute(text(sql)).mappings()]

    @contextmanager
    def opened() -> Iterator[tuple]:
        with contextmanager(ledgers_of_postgres)() as ledger:
            with engine.begin() as connection:
                zone = {"time_zone": "Europe/Amsterdam", "arrived_at": NEW_YEAR}
                row = {"charge_point": "cp", "ledger_id": "1", "mark": "1", "simulated": False}
                connection.execute(arrivals.insert().values({**row, **zone}))
            yield ledger, ask

    return opened


def a_price(from_: datetime, per_kwh: str = "0.30") -> PriceVersion:
    return PriceVersion(UUID(int=from_.toordinal()), from_, Decimal(per_kwh), "EUR")


def charged(ledger, number: int, hour: float, hours: float, start_wh: int, used_wh: int) -> None:
    about = {"session_id": UUID(int=number), "started_at": NEW_YEAR + hour * HOUR}
    ledger.sessions.record(SessionStarted.sample(**about, meter_start_wh=start_wh))
    ends = {"meter_start_wh": start_wh, "meter_end_wh": start_wh + used_wh, "energy_wh": used_wh}
    at = NEW_YEAR + (hour + hours) * HOUR
    ledger.sessions.record(SessionEnded.sample(**about, **ends, ended_at=at))


def test_a_session_has_its_price_and_its_local_time(copy):
    with copy() as (ledger, ask):
        ledger.prices.add(a_price(NEW_YEAR))
        charged(ledger, 1, 4000, 2, 1_000, 12_345)
        (row,) = ask("SELECT * FROM sessions")
    assert (row["energy_kwh"], row["amount"], row["currency"]) == (
        Decimal("12.345"),
        Decimal("3.70"),
        "EUR",
    )
    assert row["started_at"] == datetime(2026, 6, 16, 16, 0, tzinfo=UTC)
    assert row["started_local"] == datetime.fromisoformat("2026-06-16 18:00")
    assert row["time_zone"] == "Europe/Amsterdam"


def test_a_month_is_that_of_the_clock_at_the_site(copy):
    with copy() as (ledger, ask):
        ledger.prices.add(a_price(NEW_YEAR))
        charged(ledger, 1, 700, 1, 0, 1_000)
        charged(ledger, 2, 742, 1.5, 1_000, 2_000)  # ends on 1 February at half past midnight
        rows = ask("SELECT month, label, sessions, energy_kwh, amount FROM monthly_energy")
    assert sorted(tuple(row.values()) for row in rows) == [
        (date(2026, 1, 1), "family", 1, Decimal("1.000"), Decimal("0.30")),
        (date(2026, 2, 1), "family", 1, Decimal("2.000"), Decimal("0.60")),
    ]


def test_a_quarter_hour_says_what_was_measured_and_for_how_long(copy):
    with copy() as (ledger, ask):
        for minute in range(0, 31):
            at = NEW_YEAR + minute * HOUR / 60
            one = MeterReading.sample(time=at, energy_import_wh=minute * 100, power_w=6000.0)
            ledger.readings.record([one])
        rows = ask("SELECT * FROM readings_per_quarter_hour ORDER BY since")
    assert [(row["since"], row["energy_wh"], row["known_s"]) for row in rows[:2]] == [
        (NEW_YEAR, 1_500, 900),
        (NEW_YEAR + HOUR / 4, 1_500, 900),
    ]
    assert rows[0]["since_local"] == datetime.fromisoformat("2026-01-01 01:00")


numbers = st.integers(0, 20_000)
names = st.sampled_from(["Ann", "Bob", ""])
changes = st.builds(
    Changes,
    void=st.none() | st.booleans(),
    started_at=st.none() | st.just(NEW_YEAR + HOUR / 2),
    ended_at=st.none() | st.just(NEW_YEAR + 9 * HOUR),
    meter_start_wh=st.none() | numbers,
    meter_end_wh=st.none() | numbers,
    energy_wh=st.none() | numbers,
    label=st.none() | st.just("neighbour"),
    driver=st.none() | names,
    cost_centre=st.none() | names,
    odometer_km=st.none() | numbers,
)


@st.composite
def histories(draw) -> list:
    """Return what is written to a ledger, in its order."""
    first = NEW_YEAR - HOUR
    done: list = [draw(st.sampled_from([a_price(first), replace(DUAL, valid_from=first)]))]
    done += draw(st.sampled_from([[], [a_price(NEW_YEAR + 60 * HOUR, "0.41")]]))
    billed = a_price(NEW_YEAR - 72 * HOUR, "0.22")
    done += draw(st.sampled_from([[], [billed, a_past_session(billed)]]))
    if billed in done:
        done += [(UUID(int=99), one) for one in draw(st.lists(changes, max_size=2))]
    for number in range(1, draw(st.integers(1, 3)) + 1):
        since = NEW_YEAR + number * 24 * HOUR
        stamp = draw(st.none() | st.just(Instant("boot", number * 1000.0, since, trusted=False)))
        about = {"session_id": UUID(int=number), "started_at": since, "stamp": stamp}
        start_wh = draw(st.none() | numbers)
        done.append(
            SessionStarted.sample(
                **about,
                meter_start_wh=start_wh,
                attribution=Attribution(draw(names) or None, "car", None, "home"),
                clock_uncertain=stamp is not None,
            )
        )
        if draw(st.booleans()):
            late = {"meter_start_wh": 5, "latched_at": since + HOUR}
            done.append(SessionLatched.sample(session_id=UUID(int=number), **late))
        how = draw(st.sampled_from(["ended", "ended", "settled", "lost"]))
        if how == "lost":
            continue
        end_wh = draw(st.none() | numbers)
        known = None not in (start_wh, end_wh) and how == "ended"
        done.append(
            SessionEnded.sample(
                **about,
                ended_at=since + draw(st.sampled_from([1, 5, 30])) * HOUR / 5,
                meter_start_wh=start_wh,
                meter_end_wh=end_wh if how == "ended" else None,
                energy_wh=end_wh - start_wh if known else None,
                interrupted=draw(st.booleans()),
            )
        )
        if how == "settled":
            late = {"meter_end_wh": 21_000, "energy_wh": 21_000 - (start_wh or 0)}
            at = {"settled_at": since + 9 * HOUR}
            done.append(SessionSettled.sample(session_id=UUID(int=number), **late, **at))
        done += [(UUID(int=number), one) for one in draw(st.lists(changes, max_size=3))]
    done += draw(st.sampled_from([[], [Instant("boot", 9000.0, NEW_YEAR, trusted=True)]]))
    return done


def a_past_session(price: PriceVersion) -> PastSession:
    """Return one that Oppleo billed, all of it at one price, whatever holds meanwhile."""
    about = {"session_id": UUID(int=99), "started_at": NEW_YEAR + 58 * HOUR}
    ended = SessionEnded.sample(
        **about,
        ended_at=NEW_YEAR + 62 * HOUR,
        meter_start_wh=30_000,
        meter_end_wh=40_000,
        energy_wh=10_000,
    )
    started = SessionStarted.sample(**about, meter_start_wh=30_000)
    return PastSession(started, ended, price, None, "99", {"id": "99"})


@pytest.mark.parametrize("days", [1, 30], ids=["as it was", "over yet another price"])
def test_what_was_billed_elsewhere_costs_that_in_the_view_too(copy, days):
    billed = a_price(NEW_YEAR - 72 * HOUR, "0.22")
    with copy() as (ledger, ask):
        prices = [billed, a_price(NEW_YEAR + 60 * HOUR, "0.41"), a_price(NEW_YEAR + 20 * 24 * HOUR)]
        write(ledger, [*prices, a_past_session(billed)])
        change = Changes(ended_at=NEW_YEAR + (days * 24 + 60) * HOUR, driver="Ann")
        write(ledger, [(UUID(int=99), change)])
        (session,) = ledger.sessions.latest(9)
        (row,) = ask("SELECT * FROM sessions")
    assert (row["amount"], session.amount) == (Decimal("2.20"), Decimal("2.20"))


def write(ledger, history: list) -> None:
    for one in history:
        match one:
            case PriceVersion():
                ledger.prices.add(one)
            case Instant():
                ledger.clock.date(one)
            case PastSession():
                ledger.imports.add_sessions("charge_session", [one], LATER)
            case (session_id, change):
                with suppress(Refused):  # what no session can be
                    ledger.corrections.add(session_id, change, who="me", why="so", now=LATER)
            case _:
                ledger.sessions.record(one)


def check(row: dict, session: SessionRecord, prices: list[PriceVersion]) -> None:
    assert {name: row[name] for name in SAME} == {name: getattr(session, name) for name in SAME}
    of = session.attribution
    assert (row["driver"], row["vehicle"], row["cost_centre"]) == (
        of.driver,
        of.vehicle,
        of.cost_centre,
    )
    assert row["corrected"] == bool(session.corrections)
    if row["amount"] is not None:
        assert row["amount"] == session.amount
    elif session.amount is not None:  # only the site can tell
        assert not session.one_price
        changes_within = [
            one for one in prices if session.started_at < one.valid_from < session.ended_at
        ]
        assert changes_within or any(one.tariff for one in prices)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(histories())
def test_a_session_is_in_the_view_as_it_is_in_the_ledger(copy, history):
    with copy() as (ledger, ask):
        write(ledger, history)
        sessions = ledger.sessions.between(datetime(2020, 1, 1, tzinfo=UTC), LATER)
        prices = ledger.prices.all()
        rows = {row["session_id"]: row for row in ask("SELECT * FROM sessions")}
    assert len(rows) == len(sessions)
    for session in sessions:
        check(rows[session.session_id], session, prices)
