from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store.tables import price_versions

YEAR = datetime(2026, 1, 1, tzinfo=UTC)
PRICE = PriceVersion(UUID(int=1), YEAR, Decimal("0.31415"), "EUR")


def test_prices_are_listed_oldest_first_and_exact(ledger):
    newer = PriceVersion(UUID(int=2), YEAR + timedelta(days=1), Decimal("0.1"), "EUR")
    ledger.prices.add(newer)
    ledger.prices.add(PRICE)
    assert ledger.prices.all() == [PRICE, newer]


def test_a_price_does_not_change(ledger):
    ledger.prices.add(PRICE)
    with pytest.raises(Refused) as error:
        ledger.prices.add(PriceVersion(UUID(int=2), YEAR, Decimal("0.40"), "EUR"))
    assert str(error.value) == (
        "price: there is one from 2026-01-01T00:00:00+00:00 already; "
        "a price does not change, add one from a later moment"
    )
    assert ledger.prices.all() == [PRICE]


def test_all_prices_of_a_charge_point_are_in_one_currency(ledger):
    ledger.prices.add(PRICE)
    with pytest.raises(Refused) as error:
        ledger.prices.add(PriceVersion(UUID(int=2), YEAR + timedelta(1), Decimal("0.40"), "USD"))
    assert str(error.value) == "price: currency: is EUR here, got 'USD'"


def test_each_session_counts_once_for_each_price_that_it_cost(ledger):
    night = YEAR + timedelta(days=1)
    later = PriceVersion(UUID(int=2), night, Decimal("0.1"), "EUR")
    unused = PriceVersion(UUID(int=3), night + timedelta(days=99), Decimal("0.2"), "EUR")
    for price in (PRICE, later, unused):
        ledger.prices.add(price)
    assert ledger.prices.sessions() == {}
    before = _charged(ledger, 1, YEAR, YEAR + timedelta(hours=1), 100)
    over_both = _charged(ledger, 2, night - timedelta(hours=1), night + timedelta(hours=1), 100)
    without_energy = _charged(ledger, 3, night + timedelta(hours=2), night + timedelta(hours=3))
    assert before == {PRICE.price_version_id: 1}
    assert over_both == {PRICE.price_version_id: 2, later.price_version_id: 1}
    assert without_energy == {PRICE.price_version_id: 2, later.price_version_id: 2}


def _charged(ledger, number, began, ended, energy_wh=None):
    """Record a session; return how many each price has then."""
    register = {"meter_start_wh": 1000 * number, "started_at": began}
    one = {"session_id": UUID(int=number), "point": ""}
    ledger.sessions.record(SessionStarted.sample(**one, **register))
    end_wh = None if energy_wh is None else 1000 * number + energy_wh
    ledger.sessions.record(
        SessionEnded.sample(
            session_id=one["session_id"],
            ended_at=ended,
            **register,
            meter_end_wh=end_wh,
            meter_end_quality="unknown" if end_wh is None else "measured",
            energy_wh=energy_wh,
        )
    )
    return ledger.prices.sessions()


@given(st.decimals(0, 99_999_999, places=6))
def test_a_decimal_comes_back_exactly(value):
    engine = create_engine("sqlite://")
    price_versions.create(engine)
    with engine.begin() as connection:
        row = {"price_version_id": UUID(int=1), "charge_point": "cp", "valid_from": YEAR}
        row |= {"price_per_kwh": value, "currency": "EUR"}
        connection.execute(insert(price_versions).values(row))
        assert connection.scalar(select(price_versions.c.price_per_kwh)) == value
    engine.dispose()
