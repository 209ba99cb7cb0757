from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.holidays import dutch_off_peak_days, easter, no_holidays


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [
        (1818, 3, 22),  # the earliest there can be
        (1943, 4, 25),  # the latest there can be
        (1954, 4, 18),
        (1981, 4, 19),
        (2000, 4, 23),
        (2008, 3, 23),
        (2019, 4, 21),
        (2024, 3, 31),
        (2025, 4, 20),
        (2026, 4, 5),
        (2027, 3, 28),
        (2028, 4, 16),
        (2029, 4, 1),
        (2030, 4, 21),
        (2038, 4, 25),
        (2285, 3, 22),
    ],
)
def test_easter_falls_on_its_known_days(year, month, day):
    assert easter(year) == date(year, month, day)


@given(st.integers(1583, 4099))
def test_easter_is_a_sunday_between_22_march_and_25_april(year):
    day = easter(year)
    assert day.weekday() == 6
    assert date(year, 3, 22) <= day <= date(year, 4, 25)


def test_the_dutch_list_of_2026():
    assert sorted(dutch_off_peak_days(2026)) == [
        date(2026, 1, 1),
        date(2026, 4, 6),
        date(2026, 4, 27),
        date(2026, 5, 14),
        date(2026, 5, 25),
        date(2026, 12, 25),
        date(2026, 12, 26),
    ]


def test_kings_day_is_a_day_early_when_the_27th_is_a_sunday():
    assert date(2025, 4, 26) in dutch_off_peak_days(2025)
    assert date(2025, 4, 27) not in dutch_off_peak_days(2025)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(2026, 4, 3), id="Good Friday"),
        pytest.param(date(2025, 5, 5), id="Liberation Day, also in a jubilee year"),
        pytest.param(date(2026, 12, 31), id="New Year's Eve"),
    ],
)
def test_a_holiday_that_suppliers_do_not_count_is_not_on_the_list(day):
    assert day not in dutch_off_peak_days(day.year)


def test_without_a_rule_there_is_no_holiday():
    assert no_holidays(2026) == {}
