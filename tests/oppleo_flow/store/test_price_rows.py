from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, insert, select

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.errors import Refused
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
