from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tariff import PriceVersion, amount, price_at

YEAR = datetime(2026, 1, 1, tzinfo=UTC)


def price(text: str, valid_from: datetime = YEAR, currency: str = "EUR") -> PriceVersion:
    return PriceVersion(UUID(int=1), valid_from, Decimal(text), currency)


@pytest.mark.parametrize(
    ("energy_wh", "per_kwh", "cost"),
    [
        pytest.param(10_000, "0.35", "3.50", id="ten kilowatt-hours"),
        pytest.param(0, "0.35", "0.00", id="nothing costs nothing"),
        pytest.param(1, "0.35", "0.00", id="less than half a cent is none"),
        pytest.param(50, "0.10", "0.01", id="half a cent is one"),
        pytest.param(150, "0.10", "0.02", id="half a cent rounds up, not to the even one"),
        pytest.param(12_345, "0.31415", "3.88", id="a price with more decimals than the currency"),
        pytest.param(10_000, "0", "0.00", id="a price of nothing is known"),
    ],
)
def test_energy_is_multiplied_and_rounded_once(energy_wh, per_kwh, cost):
    assert str(amount(energy_wh, price(per_kwh))) == cost


def test_what_is_not_known_has_no_cost():
    assert amount(None, price("0.35")) is None
    assert amount(10_000, None) is None


@given(
    energy_wh=st.integers(0, 10**9),
    per_kwh=st.decimals(0, 10, places=6),
)
def test_a_cost_is_never_more_than_half_a_cent_off(energy_wh, per_kwh):
    cost = amount(energy_wh, price(str(per_kwh)))
    exact = energy_wh * per_kwh / 1000
    assert cost is not None
    assert -Decimal("0.005") <= exact - cost < Decimal("0.005")


def test_a_price_holds_from_its_moment_until_the_next_one():
    first, second = price("0.30"), price("0.40", YEAR + timedelta(days=1))
    moment = timedelta(microseconds=1)
    assert price_at([second, first], YEAR - moment) is None
    assert price_at([second, first], YEAR) is first
    assert price_at([second, first], YEAR + timedelta(days=1) - moment) is first
    assert price_at([second, first], YEAR + timedelta(days=1)) is second


@pytest.mark.parametrize(
    ("text", "currency", "message"),
    [
        ("-0.01", "EUR", "price_per_kwh: 0 or more, with at most 6 decimals, got -0.01"),
        ("NaN", "EUR", "price_per_kwh: 0 or more, with at most 6 decimals, got NaN"),
        ("0.1234567", "EUR", "price_per_kwh: 0 or more, with at most 6 decimals, got 0.1234567"),
        ("0.35", "euro", "currency: a code such as EUR is needed, got 'euro'"),
        ("0.35", "€€€", "currency: a code such as EUR is needed, got '€€€'"),
    ],
)
def test_what_is_no_price_is_refused(text, currency, message):
    with pytest.raises(ValueError, match=r"needed|or more") as error:
        price(text, currency=currency)
    assert str(error.value) == message


def test_a_price_without_a_zone_is_refused():
    with pytest.raises(ValueError, match=r"^valid_from: an aware datetime is needed, got "):
        price("0.35", datetime(2026, 1, 1))  # noqa: DTZ001  (what is refused)
