import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.price_feed import PriceForm, read_prices

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
HOUR = timedelta(hours=1)
CSV = PriceForm(
    kind="csv",
    rows="",
    start="start",
    end=None,
    price="price",
    unit="kWh",
    length=None,
    zone=AMSTERDAM,
)
JSON = replace(CSV, kind="json")


def told(text: str, form: PriceForm = CSV) -> list[tuple[str, float, str]]:
    """Return the prices as beginning in UTC, hours, and price."""
    return [
        (f"{one.since:%d %H:%M}", (one.until - one.since) / HOUR, str(one.per_kwh.normalize()))
        for one in read_prices(text, form)
    ]


def test_hours_are_read_from_csv():
    text = (
        "start,price\n2026-01-15T12:00+01:00,0.10\n"
        "2026-01-15T13:00+01:00,-0.05\n2026-01-15T14:00+01:00,0.2\n"
    )
    assert told(text) == [("15 11:00", 1, "0.1"), ("15 12:00", 1, "-0.05"), ("15 13:00", 1, "0.2")]


def test_a_semicolon_and_other_columns_do_no_harm():
    text = "area;from;to;EUR/MWh\nNL;2026-01-15T12:00Z;2026-01-15T12:15Z;81.20\n"
    form = replace(CSV, start="from", end="to", price="EUR/MWh", unit="MWh")
    assert told(text, form) == [("15 12:00", 0.25, "0.0812")]


def test_rows_are_found_in_json():
    data = {"data": {"prices": [{"start": 1_768_478_400, "price": 12.5}]}}
    form = replace(JSON, rows="data.prices", unit="ct/kWh", length=HOUR)
    assert told(json.dumps(data), form) == [("15 12:00", 1, "0.125")]


@pytest.mark.parametrize("start", ["1768478400", 1_768_478_400_000, "2026-01-15T13:00:00"])
def test_a_time_may_be_a_count_since_1970_or_local(start):
    text = json.dumps([{"start": start, "price": 1}])
    assert told(text, replace(JSON, length=HOUR)) == [("15 12:00", 1, "1")]


@pytest.mark.parametrize(
    "hole",
    [
        pytest.param("2026-01-15T13:00Z,\n", id="a row without a price"),
        pytest.param("", id="no row at all"),
    ],
)
def test_a_hole_stays_a_hole(hole):
    text = f"start,price\n2026-01-15T11:00Z,1\n2026-01-15T12:00Z,2\n{hole}2026-01-15T14:00Z,3\n"
    assert told(text) == [("15 11:00", 1, "1"), ("15 12:00", 1, "2"), ("15 14:00", 1, "3")]


@pytest.mark.parametrize(
    ("day", "hours", "per_hour"),
    [
        pytest.param(datetime(2026, 3, 29), 23, 1, id="23 hours"),  # noqa: DTZ001
        pytest.param(datetime(2026, 3, 29), 23, 4, id="92 quarters"),  # noqa: DTZ001
        pytest.param(datetime(2026, 10, 25), 25, 1, id="25 hours"),  # noqa: DTZ001
        pytest.param(datetime(2026, 10, 25), 25, 4, id="100 quarters"),  # noqa: DTZ001
        pytest.param(datetime(2026, 1, 15), 24, 4, id="96 quarters"),  # noqa: DTZ001
    ],
)
@pytest.mark.parametrize("offsets", [True, False], ids=["with offsets", "by the local clock"])
def test_a_day_on_which_the_clock_changes_has_all_its_prices(day, hours, per_hour, offsets):
    """F7: never by the number of the hour; the hour that comes twice is meant twice, in order."""
    first = day.replace(tzinfo=AMSTERDAM).astimezone(UTC)
    starts = [first + n * HOUR / per_hour for n in range(hours * per_hour)]
    shown = [at.astimezone(AMSTERDAM) for at in starts]
    lines = [
        f"{at.isoformat() if offsets else at.replace(tzinfo=None).isoformat()},{n}"
        for n, at in enumerate(shown)
    ]
    found = read_prices("start,price\n" + "\n".join(lines), CSV)
    assert [one.since for one in found] == starts
    assert [one.per_kwh for one in found] == list(range(hours * per_hour))
    assert found[-1].until == (day + timedelta(days=1)).replace(tzinfo=AMSTERDAM)


@pytest.mark.parametrize(
    ("text", "form", "message"),
    [
        pytest.param(
            "start,price\n2026-01-15T12:00Z,n/a\n",
            CSV,
            "row 1: price: a number is needed, got 'n/a'",
            id="a price that is none",
        ),
        pytest.param(
            "start,price\n2026-01-15T12:00Z,NaN\n",
            CSV,
            "row 1: price: a number is needed, got 'NaN'",
            id="a number that is none",
        ),
        pytest.param(
            "start,price\nnoon,1\n",
            CSV,
            "row 1: start: a time such as 2026-01-15T12:00:00+01:00 is needed, got 'noon'",
            id="a time that is none",
        ),
        pytest.param(
            "start,price\n2026-03-29T02:30,1\n",
            CSV,
            "row 1: start: 2026-03-29T02:30:00 is skipped by the clock of Europe/Amsterdam",
            id="a time that there is not",
        ),
        pytest.param(
            "from,price\n2026-01-15T12:00Z,1\n",
            CSV,
            "row 1: has no 'start'; it has from, price",
            id="another column",
        ),
        pytest.param(
            "start,price\n2026-01-15T12:00Z,1\n",
            CSV,
            "one price alone does not tell how long it holds; say `length`",
            id="no length",
        ),
        pytest.param(
            "start,price\n2026-01-15T12:00Z,1\n2026-01-15T13:00+01:00,1\n",
            CSV,
            "there are two prices from 2026-01-15T12:00:00+00:00 on",
            id="two for one hour",
        ),
        pytest.param("{", JSON, "line 1: is not JSON: ", id="no JSON"),
        pytest.param(
            '{"data": []}', JSON, "the whole is not a list of prices; it has data", id="no list"
        ),
        pytest.param(
            '{"data": []}',
            replace(JSON, rows="prices"),
            "has no 'prices'; it has data",
            id="no such place",
        ),
        pytest.param("[1]", JSON, "row 1: a map is needed, got 1", id="a row that is none"),
        pytest.param(
            '[{"start": "2026-01-15T12:00Z", "price": true}]',
            JSON,
            "row 1: price: a number is needed, got True",
            id="a price that is yes or no",
        ),
        pytest.param(
            "start,end,price\n2026-01-15T12:00Z,2026-01-15T11:00Z,1\n",
            replace(CSV, end="end"),
            "the price from 2026-01-15T12:00:00+00:00 ends before it begins",
            id="an end before the beginning",
        ),
    ],
)
def test_what_are_no_prices_is_refused_as_a_whole(text, form, message):
    with pytest.raises(ValueError, match=r".") as error:
        read_prices(text, form)
    assert str(error.value).startswith(message)


@settings(max_examples=200, deadline=None)
@given(
    st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)),  # noqa: DTZ001
    st.lists(st.none() | st.decimals(-1, 1, places=6), min_size=2, max_size=60),
    st.sampled_from([HOUR, HOUR / 4]),
)
def test_each_price_is_for_its_own_time_and_no_hole_is_filled(start, prices, step):
    first = start.replace(minute=0, second=0, microsecond=0, tzinfo=UTC)
    lines = [
        f"{(first + n * step).astimezone(AMSTERDAM).isoformat()},{'' if one is None else one}"
        for n, one in enumerate(prices)
    ]
    found = read_prices("start,price\n" + "\n".join(lines), CSV)
    assert {one.since: (one.until, one.per_kwh) for one in found} == {
        first + n * step: (first + (n + 1) * step, Decimal(one))
        for n, one in enumerate(prices)
        if one is not None
    }
