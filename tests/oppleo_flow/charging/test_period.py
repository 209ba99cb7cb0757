from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.period import Period

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
days = st.dates(date(2000, 1, 1), date(2999, 12, 30))


@pytest.mark.parametrize(
    ("text", "first", "until"),
    [
        pytest.param("2026-12", date(2026, 12, 1), date(2027, 1, 1), id="a month"),
        pytest.param("2026", date(2026, 1, 1), date(2027, 1, 1), id="a year"),
        pytest.param(
            "2026-01-05_2026-02-10", date(2026, 1, 5), date(2026, 2, 10), id="any other days"
        ),
    ],
)
def test_a_period_is_written_as_short_as_it_can_be(text, first, until):
    assert Period.parse(text) == Period(first, until)
    assert str(Period(first, until)) == text


@given(days, st.integers(1, 800))
def test_what_is_written_is_read_back(first, length):
    until = date.fromordinal(min(first.toordinal() + length, date(2999, 12, 31).toordinal()))
    period = Period(first, until)
    assert Period.parse(str(period)) == period


def test_its_bounds_are_local_midnights():
    assert Period.parse("2026-03").bounds(AMSTERDAM) == (
        datetime(2026, 2, 28, 23, 0, tzinfo=UTC),
        datetime(2026, 3, 31, 22, 0, tzinfo=UTC),
    )


def test_months_leave_no_gap_in_a_year():
    months = [Period.parse(f"2026-{month:02}") for month in range(1, 13)]
    days = [day for month in months for day in month.days()]
    assert days == list(Period.parse("2026").days())


@pytest.mark.parametrize(
    "text", ["2026-13", "26", "2026-02-10_2026-02-10", "2026-02-30_2026-03-01"]
)
def test_what_is_no_period_is_refused(text):
    with pytest.raises(ValueError, match=r"needed|ends after it begins|day is out of range"):
        Period.parse(text)
