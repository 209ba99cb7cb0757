from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.tariff import (
    Component,
    PriceVersion,
    Tariff,
    amount,
    price_at,
    total,
    vat_in,
)
from oppleo_flow.charging.tariff_text import tariff_data, tariff_of
from tests.oppleo_flow.charging.prices import DAL, DUAL, DYNAMIC

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


@pytest.mark.parametrize(
    ("off_peak", "market", "per_kwh"),
    [
        pytest.param(False, "0", "0.363", id="in peak hours"),
        pytest.param(True, "0", "0.2783", id="in off-peak hours"),
        pytest.param(False, "0.10", "0.484", id="with a market price"),
        pytest.param(False, "-0.50", "-0.242", id="with one below nothing"),
        pytest.param(False, "0.0000005", "0.363001", id="rounded half up to six decimals"),
    ],
)
def test_a_price_is_the_sum_of_its_components_with_vat(off_peak, market, per_kwh):
    found = DUAL.tariff.per_kwh(off_peak=off_peak, market=Decimal(market))
    assert found == Decimal(per_kwh)


def test_a_session_is_rounded_once_not_each_part_of_it():
    """D4 of the original: three rules of rounding, so that screens and reports differ."""
    parts = [(1_000, Decimal("0.004"))] * 3
    assert total(parts) == Decimal("0.01")
    assert sum(total([part]) for part in parts) == Decimal("0.00")


def test_what_has_no_price_is_not_free():
    assert total([(1_000, Decimal("0.10")), (1_000, None)]) is None


def test_vat_is_the_part_of_an_amount_that_is_on_top():
    assert vat_in(Decimal("1.21"), Decimal(21)) == Decimal("0.21")
    assert vat_in(Decimal("1.21"), Decimal(0)) == 0


@pytest.mark.parametrize(
    ("tariff", "message"),
    [
        pytest.param({}, "a component, or a source of market prices, is needed", id="nothing"),
        pytest.param(
            {"source": "day-ahead", "vat_percent": Decimal(100)},
            "vat: a percentage from 0 to 100 is needed, got 100",
            id="too much VAT",
        ),
        pytest.param(
            {"components": (Component("energy", Decimal("0.2"), Decimal("0.1")),)},
            "off-peak prices need a calendar that says when they hold",
            id="off-peak prices without hours",
        ),
    ],
)
def test_what_is_no_tariff_is_refused(tariff, message):
    with pytest.raises(ValueError, match=r"needed|need") as error:
        Tariff(**tariff)
    assert str(error.value) == message


def test_a_component_with_too_many_decimals_is_refused():
    with pytest.raises(ValueError, match=r"decimals") as error:
        Component("tax", Decimal("0.1234567"))
    assert str(error.value) == "component 'tax': at most 6 decimals, got 0.1234567"


prices = st.decimals(-10, 10, places=6)
components = st.builds(Component, st.text(min_size=1), prices, st.none() | prices)


@given(
    st.builds(
        Tariff,
        st.lists(components, min_size=1).map(tuple),
        st.decimals(0, 99, places=2),
        st.just(DAL),
        st.none() | st.text(min_size=1),
    )
)
def test_a_tariff_that_is_written_down_is_the_same_when_it_is_read(tariff):
    again = tariff_of(tariff_data(tariff, "Europe/Amsterdam"))
    assert (again.components, again.vat_percent, again.source) == (
        tariff.components,
        tariff.vat_percent,
        tariff.source,
    )
    assert again.calendar == tariff.calendar


def test_a_dynamic_version_may_add_less_than_nothing():
    rebate = Tariff((Component("rebate", Decimal("-0.05")),), source="day-ahead")
    version = PriceVersion.of(UUID(int=1), YEAR, rebate, "EUR")
    assert version.price_per_kwh == Decimal("-0.05")
    assert DYNAMIC.price_per_kwh == Decimal("0.121")
