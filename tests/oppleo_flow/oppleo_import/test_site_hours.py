"""Oppleo's off-peak hours as a calendar: the same minutes, and the one that Oppleo leaves out."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.site_hours import OffPeakHours, off_peak_hours
from tests.oppleo_flow.oppleo_import.oppleo_database import OFF_PEAK, WORKDAYS

DAYS = (*WORKDAYS, "Saturday", "Sunday")
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def as_rows(rows) -> list[dict[str, str | None]]:
    return [
        {
            "id": str(number),
            **{
                name: None
                if value is None
                else {True: "t", False: "f"}.get(value, str(value))
                if isinstance(value, bool)
                else str(value)
                for name, value in row.items()
            },
        }
        for number, row in enumerate(rows, 1)
    ]


def hours(*rows, **options) -> tuple[OffPeakHours, list[Remark]]:
    remarks: list[Remark] = []
    found = off_peak_hours(as_rows(rows), ImportReport(remarks.append), **options)
    return found, remarks


def weekly(day: str, start: str, end: str) -> dict[str, str]:
    return {"weekday": day, "off_peak_start": start, "off_peak_end": end}


def holiday(day: int, month: int, year: int | None, *, recurring: bool, **times) -> dict:
    times = {"off_peak_start": "00:00", "off_peak_end": "23:59", **times}
    return {
        **{"holiday_day": day, "holiday_month": month, "holiday_year": year},
        **{"recurring": recurring, **times},
    }


def test_the_seeded_hours_are_those_of_a_dutch_supplier():
    found, _ = hours(*OFF_PEAK)
    assert found.windows == [("mon-fri", "23:00", "07:00"), ("sat,sun", "00:00", "24:00")]
    assert found.holidays == [
        *("01-01", "04-27", "12-25", "12-26"),
        *("2020-04-13", "2020-05-21", "2020-06-01"),
    ]


@pytest.mark.parametrize(
    ("rows", "windows"),
    [
        pytest.param(
            [("Monday", "23:00", "23:59")],
            [("mon", "23:00", "24:00")],
            id="R13: a day ends at its end, not a minute before",
        ),
        pytest.param(
            [("Monday", "20:00:00", "22:59:59")],
            [("mon", "20:00", "23:00")],
            id="a second before the hour is the hour",
        ),
        pytest.param(
            [
                ("Monday", "01:00", "03:00"),
                ("Monday", "02:00", "04:00"),
                ("Monday", "04:00", "05:00"),
            ],
            [("mon", "01:00", "05:00")],
            id="windows that overlap or touch are one",
        ),
        pytest.param(
            [
                ("Monday", "00:00", "05:00"),
                ("Monday", "12:00", "13:00"),
                ("Monday", "22:00", "23:59"),
            ],
            [("mon", "12:00", "13:00"), ("mon", "22:00", "05:00")],
            id="a night is one window, a noon another",
        ),
        pytest.param(
            [(day, "00:00", "23:59") for day in DAYS],
            [("daily", "00:00", "24:00")],
            id="every day is daily",
        ),
    ],
)
def test_rows_become_as_few_windows_as_a_person_would_write(rows, windows):
    found, remarks = hours(*(weekly(*row) for row in rows))
    assert sorted(found.windows) == sorted(windows)
    assert remarks == []


@pytest.mark.parametrize(
    ("row", "code"),
    [
        pytest.param(weekly("maandag", "00:00", "07:00"), "weekday-unknown", id="a Dutch weekday"),
        pytest.param(weekly("Monday", "23:00", "07:00"), "window-empty", id="one over midnight"),
        pytest.param(
            holiday(31, 2, 2020, recurring=True), "holiday-impossible", id="the 31st of February"
        ),
        pytest.param(holiday(1, 5, None, recurring=False), "holiday-impossible", id="no year"),
        pytest.param(
            holiday(24, 12, None, recurring=True, off_peak_start="12:00"),
            "holiday-in-part",
            id="a part of a holiday",
        ),
    ],
)
def test_what_never_held_in_oppleo_or_cannot_be_is_refused_and_said(row, code):
    found, remarks = hours(row)
    assert found == OffPeakHours()
    assert [(remark.verdict, remark.code) for remark in remarks] == [("refused", code)]


def test_a_feast_that_moves_holds_in_its_year_alone_unless_somebody_says_otherwise():
    row = holiday(13, 4, 2020, recurring=False)
    found, remarks = hours(row)
    assert found.holidays == ["2020-04-13"]
    assert remarks[0].text == (
        "is Easter Monday of 2020 alone; `easter+1` in oppleo.yaml holds each year"
    )
    assert hours(row, yearly_feasts=True)[0].holidays == ["easter+1"]


def test_another_day_of_one_year_is_just_that():
    assert hours(holiday(15, 5, 2026, recurring=False)) == (OffPeakHours([], ["2026-05-15"]), [])


MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: time(minute // 60, minute % 60))


@given(st.lists(st.tuples(st.sampled_from(DAYS), MINUTES, MINUTES), max_size=8))
@settings(max_examples=60)
def test_every_minute_of_a_week_is_as_it_was_in_oppleo_but_for_the_last_of_a_day(rows):
    found, _ = hours(*(weekly(day, str(start), str(end)) for day, start, end in rows))
    calendar = CalendarRules.model_validate(
        {"open": [{"days": days, "from": since, "to": to} for days, since, to in found.windows]}
    ).calendar("UTC")
    for minute in range(0, 7 * 24 * 60, 7):
        at = MONDAY + timedelta(minutes=minute, seconds=30)
        oppleo = any(
            DAYS[at.weekday()] == day and start <= at.time() <= end for day, start, end in rows
        )
        last = any(
            DAYS[at.weekday()] == day and end == time(23, 59) and start <= at.time()
            for day, start, end in rows
        )
        assert calendar.is_open(at) == (oppleo or last)
