"""When a local clock shows a time: over both ends of summer time, in several zones."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.due_times import DueTimes, Fired

AMSTERDAM = "Europe/Amsterdam"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"  # changes by half an hour
SANTIAGO = "America/Santiago"  # changes at midnight
ZONES = [AMSTERDAM, NEW_YORK, LORD_HOWE, SANTIAGO, "Atlantic/Azores", "Asia/Beirut", "Asia/Tokyo"]


def utc(text: str) -> datetime:
    """Return `2026-01-15T12:00` as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def due_times(zone: str = AMSTERDAM, **when: Any) -> DueTimes:
    if "at" in when:
        when["at"] = time.fromisoformat(when["at"])
    return DueTimes(ZoneInfo(zone), **when)


@pytest.mark.parametrize(
    ("when", "after", "until", "times"),
    [
        pytest.param(
            {"at": "06:00"},
            "2026-03-28T00:00",
            "2026-03-30T12:00",
            ["28 05:00", "29 04:00", "30 04:00"],
            id="six is six on the local clock, before summer time and in it",
        ),
        pytest.param(
            {"at": "02:30"},
            "2026-03-28T00:00",
            "2026-03-30T12:00",
            ["28 01:30", "29 01:30", "30 00:30"],
            id="in spring a time that the clock skips comes as much later: at 03:30",
        ),
        pytest.param(
            {"at": "02:30"},
            "2026-10-24T12:00",
            "2026-10-26T12:00",
            ["25 00:30", "26 01:30"],
            id="in autumn a time that is there twice is taken the first time",
        ),
        pytest.param(
            {"cron": "30 2 * * *"},
            "2026-10-24T12:00",
            "2026-10-26T12:00",
            ["25 00:30", "25 01:30", "26 01:30"],
            id="in autumn cron takes both",
        ),
        pytest.param(
            {"cron": "*/30 * * * *"},
            "2026-03-29T00:00",
            "2026-03-29T02:00",
            ["29 00:30", "29 01:00", "29 01:30", "29 02:00"],
            id="in spring each half hour that there is comes once",
        ),
        pytest.param(
            {"cron": "*/30 * * * *"},
            "2026-10-25T00:00",
            "2026-10-25T02:00",
            ["25 00:30", "25 01:00", "25 01:30", "25 02:00"],
            id="in autumn each half hour of both hours comes",
        ),
        pytest.param(
            {"weekday": "mon", "at": "06:00"},
            "2026-01-15T12:00",
            "2026-01-27T00:00",
            ["19 05:00", "26 05:00"],
            id="each Monday",
        ),
        pytest.param(
            {"cron": "0 8 * * mon"},
            "2026-01-15T12:00",
            "2026-01-27T00:00",
            ["19 07:00", "26 07:00"],
            id="Monday is Monday in cron too",
        ),
        pytest.param(
            {"day": "1", "at": "06:00"},
            "2026-02-15T00:00",
            "2026-04-15T00:00",
            ["01 05:00", "01 04:00"],
            id="each first of the month",
        ),
        pytest.param(
            {"day": "last", "at": "23:59:30"},
            "2026-01-15T00:00",
            "2026-03-15T00:00",
            ["31 22:59", "28 22:59"],
            id="the last day, however long the month",
        ),
        pytest.param(
            {"cron": "0,30 2,3 * * *"},
            "2026-03-29T00:00",
            "2026-03-29T12:00",
            ["29 01:00", "29 01:30"],
            id="in spring what comes later is not there twice",
        ),
        pytest.param(
            {"zone": NEW_YORK, "at": "02:30"},
            "2026-03-07T12:00",
            "2026-03-09T12:00",
            ["08 07:30", "09 06:30"],
            id="in New York in spring a time that is skipped comes at 03:30",
        ),
        pytest.param(
            {"zone": NEW_YORK, "cron": "30 2 * * *"},
            "2026-03-07T12:00",
            "2026-03-09T12:00",
            ["08 07:30", "09 06:30"],
            id="with cron too",
        ),
        pytest.param(
            {"zone": NEW_YORK, "at": "01:30"},
            "2026-10-31T12:00",
            "2026-11-02T12:00",
            ["01 05:30", "02 06:30"],
            id="in New York in autumn a time that is there twice is taken once",
        ),
        pytest.param(
            {"zone": NEW_YORK, "cron": "30 1 * * *"},
            "2026-10-31T12:00",
            "2026-11-02T12:00",
            ["01 05:30", "01 06:30", "02 06:30"],
            id="with cron twice",
        ),
        pytest.param(
            {"zone": LORD_HOWE, "at": "02:15"},
            "2026-10-03T00:00",
            "2026-10-05T00:00",
            ["03 15:45", "04 15:15"],
            id="where half an hour is skipped it comes half an hour later",
        ),
        pytest.param(
            {"zone": LORD_HOWE, "cron": "45 1 * * *"},
            "2026-04-04T00:00",
            "2026-04-06T00:00",
            ["04 14:45", "04 15:15", "05 15:15"],
            id="where half an hour is there twice cron takes both",
        ),
        pytest.param(
            {"zone": SANTIAGO, "at": "00:30"},
            "2026-09-05T00:00",
            "2026-09-07T12:00",
            ["05 04:30", "06 04:30", "07 03:30"],
            id="where the day begins at one in the morning, half past midnight comes at 01:30",
        ),
        pytest.param(
            {"zone": SANTIAGO, "weekday": "sun", "at": "00:00"},
            "2026-09-05T00:00",
            "2026-09-14T00:00",
            ["06 04:00", "13 03:00"],
            id="and its midnight at one",
        ),
        pytest.param(
            {"zone": SANTIAGO, "at": "23:30"},
            "2026-04-04T12:00",
            "2026-04-06T12:00",
            ["05 02:30", "06 03:30"],
            id="where the last hour of the day is there twice the first is taken",
        ),
    ],
)
def test_due_times_go_by_the_local_clock(
    when: dict[str, Any], after: str, until: str, times: list[str]
) -> None:
    found = due_times(**when).between(utc(after), utc(until))
    assert [f"{due:%d %H:%M}" for due in found] == times


CRONS = ["0 * * * *", "30 2 * * *", "*/7 1-3 * * *", "15,45 0,23 * * *", "0 0 * * sun"]
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC)
)
# Days on which some zone of the above changes its clock, and ordinary ones.
CHANGES = st.sampled_from(
    [utc(f"2026-{day}T00:00") for day in ("03-08", "03-29", "04-04", "09-06", "10-03", "10-25")]
).flatmap(lambda day: st.integers(-48 * 60, 48 * 60).map(lambda m: day + timedelta(minutes=m)))


@given(st.sampled_from(ZONES), MOMENTS | CHANGES, st.sampled_from(CRONS), st.integers(1, 72))
def test_due_times_rise_and_a_split_loses_none(
    zone: str, begin: datetime, cron: str, hours: int
) -> None:
    due = due_times(zone, cron=cron)
    middle, end = begin + timedelta(hours=hours / 3), begin + timedelta(hours=hours)
    whole = due.between(begin, end)

    assert whole == sorted(set(whole))
    assert due.between(begin, middle) + due.between(middle, end) == whole


@given(st.sampled_from(ZONES), CHANGES, st.sampled_from(CRONS))
def test_cron_fires_at_every_minute_at_which_the_clock_shows_it(
    zone: str, begin: datetime, cron: str
) -> None:
    begin = begin.replace(second=0)
    minutes = [begin + timedelta(minutes=number) for number in range(1, 12 * 60)]
    as_if_utc = due_times("UTC", cron=cron)

    def shown(moment: datetime) -> bool:
        local = moment.astimezone(ZoneInfo(zone)).replace(tzinfo=UTC)
        return as_if_utc.first_after(local - timedelta(seconds=1)) == local

    found = due_times(zone, cron=cron).between(begin, minutes[-1])
    skipped = [due for due in found if not shown(due)]
    assert [due for due in found if shown(due)] == [one for one in minutes if shown(one)]
    assert all(_is_just_after_a_skip(due, zone) for due in skipped)


def _is_just_after_a_skip(moment: datetime, zone: str) -> bool:
    local = ZoneInfo(zone)
    now, before = (
        one.astimezone(local).utcoffset() for one in (moment, moment - timedelta(hours=1))
    )
    assert now is not None
    assert before is not None
    return now > before


@given(st.sampled_from(ZONES), st.times().map(lambda at: at.replace(microsecond=0, tzinfo=None)))
def test_a_daily_time_comes_once_on_every_date(zone: str, at: time) -> None:
    local = ZoneInfo(zone)
    due = DueTimes(local, at=at).between(utc("2025-12-31T00:00"), utc("2027-01-02T00:00"))
    dates = [one.astimezone(local).date() for one in due]

    assert len(dates) == len(set(dates))
    assert {date for date in dates if date.year == 2026} == {
        (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=number)).date() for number in range(365)
    }


@given(
    MOMENTS,
    st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None)),
    st.sampled_from([None, "mon", "wed", "sun"]),
    st.sampled_from([None, "1", "28", "last"]),
)
def test_a_day_and_a_time_are_found_as_cron_finds_them(
    after: datetime, at: time, weekday: str | None, day: str | None
) -> None:
    by_date = DueTimes(ZoneInfo("UTC"), at=at, weekday=weekday, day=day)
    cron = f"{at.minute} {at.hour} {day or '*'} * {weekday or '*'}"
    by_cron = DueTimes(ZoneInfo("UTC"), cron=cron)

    assert list(islice(by_date.after(after), 3)) == list(islice(by_cron.after(after), 3))


def test_of_very_many_due_times_the_newest_thousand_are_returned() -> None:
    due = due_times(cron="* * * * *").between(utc("2025-01-01T00:00"), utc("2026-01-01T00:00"))

    assert (len(due), due[0], due[-1]) == (
        1000,
        utc("2025-12-31T07:21"),
        utc("2026-01-01T00:00"),
    )


# -- what has fired ---------------------------------------------------------------------------

HOURLY = due_times("UTC", cron="0 * * * *")
DAY = utc("2026-01-15T00:00")


def at_hours(*hours: int) -> list[datetime]:
    return [DAY + timedelta(hours=hour) for hour in hours]


@pytest.mark.parametrize(
    ("hours", "spans"),
    [
        pytest.param([3], [(3, 3)], id="one"),
        pytest.param([3, 4, 5], [(3, 5)], id="one after the other"),
        pytest.param([5, 3, 4], [(3, 5)], id="in any order"),
        pytest.param([3, 5], [(3, 3), (5, 5)], id="one is left out"),
        pytest.param([3, 5, 4, 4, 3], [(3, 5)], id="and comes later"),
    ],
)
def test_what_fired_is_kept_in_spans(hours: list[int], spans: list[tuple[int, int]]) -> None:
    fired = Fired(HOURLY, ())
    for hour in at_hours(*hours):
        fired.add(hour, hour)

    assert fired.spans == tuple(tuple(at_hours(*span)) for span in spans)
    assert fired.without(at_hours(2, 3, 4, 5, 6)) == [
        hour for hour in at_hours(2, 3, 4, 5, 6) if hour not in at_hours(*hours)
    ]


def test_the_next_due_time_is_one_that_has_not_fired() -> None:
    fired = Fired(HOURLY, ())
    fired.add(*at_hours(3, 7))
    fired.add(*at_hours(8, 9))
    fired.add(*at_hours(11, 12))

    assert [fired.first_after(hour) for hour in at_hours(1, 2, 5, 9, 10)] == at_hours(
        2, 10, 10, 10, 13
    )


@given(st.lists(st.integers(0, 400), max_size=60))
def test_spans_hold_what_was_added_and_no_more(hours: list[int]) -> None:
    fired = Fired(HOURLY, ())
    for hour in at_hours(*hours):
        fired.add(hour, hour)

    assert set(fired.without(at_hours(*range(401)))) == set(at_hours(*range(401))) - set(
        at_hours(*hours)
    )
    assert fired.spans == tuple(sorted(fired.spans))


def test_of_very_many_spans_the_latest_are_kept() -> None:
    fired = Fired(HOURLY, ())
    for hour in at_hours(*range(0, 400, 2)):
        fired.add(hour, hour)

    assert [span[0] for span in fired.spans] == at_hours(*range(200, 400, 2))
