from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.oppleo_import.local_time import LocalClock, Meant

ZONES = [ZoneInfo(name) for name in ("Europe/Amsterdam", "Australia/Lord_Howe", "Asia/Kolkata")]

TIMES = st.datetimes(*map(datetime.fromisoformat, ("2015-01-01", "2030-01-01")))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("shown", "meant"),
    [
        pytest.param("2023-07-01 12:00", Meant(utc(2023, 7, 1, 10)), id="a summer's day"),
        pytest.param("2023-01-01 12:00", Meant(utc(2023, 1, 1, 11)), id="a winter's day"),
        pytest.param(
            "2023-10-29 02:30",
            Meant(utc(2023, 10, 29, 0, 30), utc(2023, 10, 29, 1, 30)),
            id="the hour that comes twice",
        ),
        pytest.param(
            "2023-03-26 02:30",
            Meant(utc(2023, 3, 26, 1, 30), exists=False),
            id="the hour that never comes",
        ),
        pytest.param("2023-07-01 12:00+02:00", Meant(utc(2023, 7, 1, 10)), id="one with a zone"),
    ],
)
def test_what_a_clock_in_amsterdam_shows_means(shown, meant):
    assert LocalClock(ZONES[0]).meant(datetime.fromisoformat(shown)) == meant


@pytest.mark.parametrize(
    ("before", "chosen"),
    [
        pytest.param(None, 0, id="of nothing before it the first"),
        pytest.param(utc(2023, 10, 29, 0, 20), 0, id="after an earlier one the first"),
        pytest.param(utc(2023, 10, 29, 0, 40), 1, id="after a later one the second"),
        pytest.param(utc(2039, 1, 1), 0, id="a clock that was wrong says nothing"),
    ],
)
def test_of_two_moments_the_order_tells(before, chosen):
    meant = LocalClock(ZONES[0]).meant(datetime.fromisoformat("2023-10-29 02:30"))
    assert meant.after(before) == (meant.first, meant.second)[chosen]


@given(
    st.sampled_from(ZONES),
    TIMES.map(lambda at: at.replace(fold=0)),
)
@settings(max_examples=300)
def test_the_quick_way_is_the_long_way_wherever_there_is_one_moment(zone, shown):
    clock = LocalClock(zone)
    quick, meant = clock.quickly(str(shown)), clock.meant(shown)
    assert quick is None or quick == meant.first
    if meant.second is not None or not meant.exists:
        assert quick is None


@given(st.sampled_from(ZONES), TIMES)
def test_what_a_moment_shows_means_that_moment(zone, at):
    moment = at.replace(tzinfo=UTC)
    shown = moment.astimezone(zone).replace(tzinfo=None, fold=0)
    meant = LocalClock(zone).meant(shown)
    assert meant.exists
    assert moment in (meant.first, meant.second)


@pytest.mark.parametrize("text", ["infinity", "20:00", "2023-13-01 10:00:00", ""])
def test_what_is_no_time_has_no_moment(text):
    assert LocalClock(ZONES[0]).quickly(text) is None


def test_hours_follow_one_another_across_a_change_of_the_clock():
    clock, shown = LocalClock(ZONES[0]), datetime.fromisoformat("2023-03-26 00:59:50")
    found = [clock.quickly(str(shown + timedelta(hours=hour))) for hour in range(4)]
    assert found == [
        utc(2023, 3, 25, 23, 59, 50),
        utc(2023, 3, 26, 0, 59, 50),
        None,
        utc(2023, 3, 26, 1, 59, 50),
    ]
