from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.calendar import Calendar, Window, parse_days
from oppleo_flow.charging.calendar_days import calendar_days, usual_hours
from oppleo_flow.charging.holidays import dutch_off_peak_days

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
NIGHT = Window(parse_days("mon-fri"), 23 * 60, 7 * 60)
WEEKEND = Window(parse_days("sat,sun"), 0, 24 * 60)
DUTCH = Calendar(AMSTERDAM, (NIGHT, WEEKEND), dutch_off_peak_days)
DAILY = Calendar(AMSTERDAM, (Window(parse_days("daily"), 23 * 60, 7 * 60),))
HOUR = timedelta(hours=1)


def one_day(calendar: Calendar, day: date):
    (found,) = calendar_days(calendar, day, day + timedelta(days=1))
    return found


@pytest.mark.parametrize(
    ("day", "hours", "open_h", "holiday"),
    [
        pytest.param(date(2026, 1, 15), "00:00-07:00 23:00-24:00", 8, None, id="a day of the week"),
        pytest.param(date(2026, 1, 17), "00:00-24:00", 24, None, id="a Saturday"),
        pytest.param(date(2026, 4, 27), "00:00-24:00", 24, "King's Day", id="a holiday"),
        pytest.param(date(2026, 3, 29), "00:00-24:00", 23, None, id="the short Sunday"),
        pytest.param(date(2026, 10, 25), "00:00-24:00", 25, None, id="the long Sunday"),
    ],
)
def test_a_day_of_dutch_off_peak_hours(day, hours, open_h, holiday):
    found = one_day(DUTCH, day)
    assert (found.hours, found.open / HOUR, found.holiday) == (hours, open_h, holiday)


@pytest.mark.parametrize(
    ("day", "open_h"), [(date(2026, 3, 29), 7), (date(2026, 3, 28), 8), (date(2026, 10, 25), 9)]
)
def test_the_night_of_a_clock_change_has_its_own_length(day, open_h):
    """E13: evcc's zones are an hour off on such a day, Oppleo knows no zone at all."""
    assert one_day(DAILY, day).open / HOUR == open_h


def test_no_minute_of_midnight_is_peak():
    """R13, D14 of the original: its last row ends at 23:59:00, and 23:59 is peak for a minute."""
    for second in range(23 * 3600 + 58 * 60, 24 * 3600 + 120):
        at = datetime(2026, 1, 15, tzinfo=AMSTERDAM).astimezone(UTC) + timedelta(seconds=second)
        assert DUTCH.is_open(at)


def test_seven_in_the_morning_is_peak_to_the_microsecond():
    """§4 of the original: 07:00:00 is still off-peak there, because its end counts too."""
    seven = datetime(2026, 1, 15, 7, tzinfo=AMSTERDAM).astimezone(UTC)
    assert not DUTCH.is_open(seven)
    assert DUTCH.is_open(seven - timedelta(microseconds=1))


def test_the_usual_hours_are_those_of_days_without_a_reason():
    days = list(calendar_days(DUTCH, date(2026, 1, 1), date(2027, 1, 1)))
    assert usual_hours(days) == {
        **dict.fromkeys(range(5), "00:00-07:00 23:00-24:00"),
        5: "00:00-24:00",
        6: "00:00-24:00",
    }


@settings(max_examples=50, deadline=None)
@given(
    first=st.dates(date(2024, 1, 1), date(2040, 1, 1)),
    zone=st.sampled_from(["Europe/Amsterdam", "America/Santiago", "Australia/Lord_Howe"]),
)
def test_the_days_make_up_all_time_and_the_spans_what_is_open(first, zone):
    calendar = Calendar(ZoneInfo(zone), (NIGHT, WEEKEND), dutch_off_peak_days)
    days = list(calendar_days(calendar, first, first + timedelta(days=8)))
    start, stop = (
        datetime(day.year, day.month, day.day, tzinfo=calendar.zone).astimezone(UTC)
        for day in (first, first + timedelta(days=8))
    )
    assert sum((one.length for one in days), timedelta()) == stop - start
    whole = sum(
        (until - since for since, until, is_open in calendar.parts(start, stop) if is_open),
        timedelta(),
    )
    assert sum((one.open for one in days), timedelta()) == whole
