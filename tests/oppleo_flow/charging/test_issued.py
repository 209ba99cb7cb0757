from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.charging.issued import Issued, periods_due
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.selection import EVERYTHING, Selection

JANUARY = Issued(
    number="cp-202601",
    version=1,
    period=Period.parse("2026-01"),
    selection=EVERYTHING,
    profile="",
    content_hash="c" * 64,
    ledger_hash="l" * 64,
    sessions=0,
    energy_wh=0,
    total=Decimal("0.00"),
    currency="EUR",
    created_at=datetime(2026, 2, 1, 5, 0, tzinfo=UTC),
    who="report",
)


def due(*issued: Issued, wanted: str = "2026-04") -> list[str]:
    found = periods_due(issued, Period.parse(wanted), EVERYTHING, "", "report")
    return list(map(str, found))


@pytest.mark.parametrize(
    ("issued", "expected"),
    [
        ((), ["2026-04"]),
        ((JANUARY,), ["2026-02", "2026-03", "2026-04"]),
        ((replace(JANUARY, who="me (command)"),), ["2026-04"]),
        ((replace(JANUARY, profile="nl"),), ["2026-04"]),
        ((replace(JANUARY, selection=Selection(card="work")),), ["2026-04"]),
        ((replace(JANUARY, period=Period.parse("2025")),), ["2026-04"]),
        ((replace(JANUARY, period=Period.parse("2026-06")),), ["2026-04"]),
        (
            (JANUARY, replace(JANUARY, period=Period.parse("2026-02"), who="me (command)")),
            ["2026-03", "2026-04"],
        ),
    ],
    ids=[
        "never issued before: the wanted one alone",
        "since January",
        "by somebody else",
        "by other rules",
        "of one card",
        "of a year",
        "one before what was issued already is issued anew",
        "one that somebody issued by hand is not issued again",
    ],
)
def test_what_is_due_is_all_since_the_last_one(issued, expected):
    assert due(*issued) == expected


def test_years_that_were_missed_are_due_too():
    found = due(replace(JANUARY, period=Period.parse("2023")), wanted="2026")
    assert found == ["2024", "2025", "2026"]


@given(st.dates(), st.integers(1, 400))
def test_the_period_before_ends_where_one_begins(first, days):
    year = max(2001, min(first.year, 2900))
    for period in (
        Period.parse(f"{year}-{first.month:02}"),
        Period.parse(f"{year}"),
        Period(
            first.replace(year=year, day=min(first.day, 28)), first.replace(year=year + 2, day=1)
        ),
    ):
        before = period.previous()
        assert before.until == period.first
        assert (before.is_month, before.is_year) == (period.is_month, period.is_year)
