from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.price_parts import no_market, price_parts
from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.payloads import MarketPrice
from tests.oppleo_flow.charging.prices import DUAL, DYNAMIC, FLAT

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
PEAK, OFF_PEAK = Decimal("0.363"), Decimal("0.2783")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM).astimezone(UTC)


def told(versions, since, until, market=no_market):
    """Return the parts as hours from `since`, kind and price."""
    return [
        ((part.since - since) / HOUR, (part.until - since) / HOUR, part.kind, part.per_kwh)
        for part in price_parts(versions, since, until, market)
    ]


def hourly(first: datetime, *prices: str | None, step: timedelta = HOUR):
    """Return a market with a price for each step; None is a hole."""
    slots = [
        MarketPrice(first + n * step, first + (n + 1) * step, Decimal(price))
        for n, price in enumerate(prices)
        if price is not None
    ]
    return lambda source, since, until: [s for s in slots if s.since < until and s.until > since]


def test_a_flat_price_has_one_part_and_no_edge():
    assert told([FLAT], NOON, NOON + 100 * HOUR) == [(0, 100, "flat", Decimal("0.35"))]


def test_a_price_begins_at_its_moment():
    later = PriceVersion(UUID(int=9), NOON + 2 * HOUR, Decimal("0.40"), "EUR")
    assert told([later, FLAT], NOON, NOON + 5 * HOUR) == [
        (0, 2, "flat", Decimal("0.35")),
        (2, 5, "flat", Decimal("0.40")),
    ]


def test_before_the_first_price_it_is_unknown():
    later = PriceVersion(UUID(int=9), NOON + 2 * HOUR, Decimal("0.40"), "EUR")
    assert told([later], NOON, NOON + 5 * HOUR) == [
        (0, 2, "unknown", None),
        (2, 5, "flat", Decimal("0.40")),
    ]


def test_peak_and_off_peak_have_their_own_prices():
    evening = local("2026-01-15T22:00")
    assert told([DUAL], evening, evening + 10 * HOUR) == [
        (0, 1, "peak", PEAK),
        (1, 9, "off-peak", OFF_PEAK),
        (9, 10, "peak", PEAK),
    ]


@pytest.mark.parametrize(
    ("friday", "hours"),
    [
        pytest.param("2026-01-16T23:00", 56, id="an ordinary weekend"),
        pytest.param("2026-03-27T23:00", 55, id="the weekend in which the clock goes forward"),
        pytest.param("2026-10-23T23:00", 57, id="the weekend in which it goes back"),
    ],
)
def test_a_weekend_is_one_part_of_its_true_length(friday, hours):
    """E13 of the peers: zones are an hour off on these days."""
    first, *_ = price_parts([DUAL], local(friday), local(friday) + 70 * HOUR)
    assert ((first.until - first.since) / HOUR, first.kind) == (hours, "off-peak")


def test_market_prices_are_added_before_vat():
    market = hourly(NOON, "0.10", "-0.20")
    assert told([DYNAMIC], NOON, NOON + 2 * HOUR, market) == [
        (0, 1, "dynamic", Decimal("0.242")),
        (1, 2, "dynamic", Decimal("-0.121")),
    ]


def test_a_hole_in_the_market_prices_is_unknown_and_never_nothing():
    market = hourly(NOON, "0.10", None, "0.10")
    assert told([DYNAMIC], NOON - HOUR, NOON + 4 * HOUR, market) == [
        (0, 1, "dynamic", None),
        (1, 2, "dynamic", Decimal("0.242")),
        (2, 3, "dynamic", None),
        (3, 4, "dynamic", Decimal("0.242")),
        (4, 5, "dynamic", None),
    ]


def test_hours_that_cost_the_same_are_one_part():
    market = hourly(NOON, "0.10", "0.10", "0.20")
    assert told([DYNAMIC], NOON, NOON + 3 * HOUR, market) == [
        (0, 2, "dynamic", Decimal("0.242")),
        (2, 3, "dynamic", Decimal("0.363")),
    ]


def test_where_quarters_follow_an_hour_that_they_overlap_the_quarters_count():
    quarter = HOUR / 4
    hours = hourly(NOON, "0.10")
    quarters = hourly(NOON + 2 * quarter, "0.20", "0.30", step=quarter)

    def both(*asked):
        return [*hours(*asked), *quarters(*asked)]

    assert told([DYNAMIC], NOON, NOON + HOUR, both) == [
        (0, 0.5, "dynamic", Decimal("0.242")),
        (0.5, 0.75, "dynamic", Decimal("0.363")),
        (0.75, 1, "dynamic", Decimal("0.484")),
    ]


@pytest.mark.parametrize(
    ("day", "quarters"), [("2026-03-29", 92), ("2026-03-30", 96), ("2026-10-25", 100)]
)
def test_a_day_has_as_many_quarters_as_it_has(day, quarters):
    start = local(f"{day}T00:00")
    stop = local(f"{day}T00:00") + quarters * HOUR / 4
    assert stop.astimezone(AMSTERDAM).hour == 0
    market = hourly(start, *(f"0.{n:03d}" for n in range(1, quarters + 1)), step=HOUR / 4)
    assert len(price_parts([DYNAMIC], start, stop, market)) == quarters


def test_an_instant_has_a_part_too():
    assert told([FLAT], NOON, NOON) == [(0, 0, "flat", Decimal("0.35"))]
    assert told([DUAL], NOON, NOON) == [(0, 0, "peak", PEAK)]
    assert told([DYNAMIC], NOON, NOON) == [(0, 0, "dynamic", None)]


versions = st.lists(
    st.tuples(st.sampled_from([FLAT, DUAL, DYNAMIC]), st.integers(0, 200)),
    min_size=1,
    max_size=4,
    unique_by=lambda pair: pair[1],
)


@settings(max_examples=300, deadline=None)
@given(versions, st.integers(0, 200), st.integers(1, 100), st.integers(0, 2**32))
def test_the_parts_cover_all_time_and_each_differs_from_its_neighbour(made, first, hours, seed):
    at = datetime(2026, 3, 26, tzinfo=UTC)
    held = [
        PriceVersion(UUID(int=n), at + start * HOUR, one.price_per_kwh, "EUR", one.tariff)
        for n, (one, start) in enumerate(made)
    ]
    prices = [None if seed >> n % 32 & 1 else f"0.{n % 7}" for n in range(400)]
    since, until = at + first * HOUR / 3, at + first * HOUR / 3 + hours * HOUR
    parts = price_parts(held, since, until, hourly(at - 5 * HOUR, *prices))
    assert (parts[0].since, parts[-1].until) == (since, until)
    for part, following in pairwise(parts):
        assert part.since < part.until == following.since
        assert (part.version, part.kind, part.per_kwh) != (
            following.version,
            following.kind,
            following.per_kwh,
        )


def test_a_price_is_the_same_whether_it_is_asked_for_an_hour_or_for_a_year():
    year = price_parts([DUAL], local("2026-01-01T00:00"), local("2027-01-01T00:00"))
    for n in range(0, 8760, 97):
        at = local("2026-01-01T00:00") + n * HOUR + HOUR / 2
        (now,) = price_parts([DUAL], at, at + timedelta(seconds=1))
        (found,) = [part for part in year if part.since <= at < part.until]
        assert (now.kind, now.per_kwh) == (found.kind, found.per_kwh)
