from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.month import Month

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
ZONES = ["Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]

months = st.builds(Month, st.integers(2000, 2099), st.integers(1, 12))
zones = st.sampled_from(ZONES).map(ZoneInfo)


def test_the_month_in_which_the_clock_goes_forward_is_an_hour_short():
    start, stop = Month(2026, 3).bounds(AMSTERDAM)
    assert start == datetime(2026, 2, 28, 23, tzinfo=UTC)
    assert stop == datetime(2026, 3, 31, 22, tzinfo=UTC)
    assert stop - start == timedelta(days=31, hours=-1)


def test_the_month_in_which_the_clock_goes_back_is_an_hour_long():
    start, stop = Month(2026, 10).bounds(AMSTERDAM)
    assert stop - start == timedelta(days=31, hours=1)


@given(month=months, zone=zones)
def test_months_are_half_open_and_leave_no_gap(month, zone):
    start, stop = month.bounds(zone)
    assert stop == month.next().start(zone)
    assert Month.of(start, zone) == month
    assert Month.of(stop - timedelta(microseconds=1), zone) == month
    assert Month.of(stop, zone) == month.next()
    assert Month.of(start - timedelta(microseconds=1), zone) == month.previous()


@given(month=months)
def test_a_month_can_be_written_and_read_back(month):
    assert Month.parse(str(month)) == month
    assert month.next().previous() == month


@pytest.mark.parametrize(
    "text",
    ["2026-13", "2026-00", "2026-1", "26-01", "0000-01", "0206-01", "9999-12", "", "2026-01-01"],
)
def test_anything_else_is_no_month(text):
    with pytest.raises(ValueError, match=r"^a month such as 2026-01 is needed, got ") as error:
        Month.parse(text)
    assert str(error.value) == f"a month such as 2026-01 is needed, got {text!r}"
