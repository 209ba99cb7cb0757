"""Oppleo's off-peak hours, `off_peak_hours`, as a calendar.

Oppleo's times hold up to and with their end, so a day ends at 23:59 there, and a minute is missing
each night.  Here an end is none of it, and that day ends at 24:00.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from typing import Final

from oppleo_flow.charging.calendar import WEEKDAYS
from oppleo_flow.charging.holidays import easter
from oppleo_flow.oppleo_import import cells
from oppleo_flow.oppleo_import.cells import Row
from oppleo_flow.oppleo_import.report import ImportReport, Remark, Verdict

TABLE: Final = "off_peak_hours"
_DAY: Final = 24 * 60
_LAST_MINUTE: Final = _DAY - 1
_NAMES: Final = (
    *("Monday", "Tuesday", "Wednesday", "Thursday"),
    *("Friday", "Saturday", "Sunday"),
)
"""By which Oppleo knows a weekday; it compares them letter by letter."""
_FEASTS: Final = {-2: "Good Friday", 1: "Easter Monday", 39: "Ascension Day", 50: "Whit Monday"}
_LEAP_YEAR: Final = 2000

Span = tuple[int, int]


@dataclass(slots=True)
class OffPeakHours:
    """A calendar as `oppleo.yaml` has it: windows as (days, from, to), and rules of holidays."""

    windows: list[tuple[str, str, str]] = field(default_factory=list)
    holidays: list[str] = field(default_factory=list)


def off_peak_hours(
    rows: Iterable[Row], report: ImportReport, *, yearly_feasts: bool = False
) -> OffPeakHours:
    """Return the hours that rows say.

    Oppleo has feasts that move, such as Easter Monday, of one year each; with `yearly_feasts` they
    hold each year.
    """
    spans: dict[int, list[Span]] = {}
    holidays: set[str] = set()
    for row in rows:
        if row.get("weekday") is not None:
            _weekly(row, spans, report)
        else:
            holiday = _holiday(row, report, yearly_feasts)
            if holiday is not None:
                holidays.add(holiday)
    return OffPeakHours(_windows(spans), sorted(holidays))


def _weekly(row: Row, spans: dict[int, list[Span]], report: ImportReport) -> None:
    day = row.get("weekday") or ""
    span = _span(row)
    if day not in _NAMES:
        _remark(
            report,
            row,
            "refused",
            "weekday-unknown",
            f"is for {day!r}, which Oppleo takes for no day: it never held",
        )
    elif span is None:
        _remark(
            report,
            row,
            "refused",
            "window-empty",
            "ends before it begins: it never held in Oppleo, which knows no window over midnight",
        )
    else:
        spans.setdefault(_NAMES.index(day), []).append(span)


def _holiday(row: Row, report: ImportReport, yearly_feasts: bool) -> str | None:
    """Return the rule of a holiday; None for one that cannot be one."""
    year, month, day = (
        cells.whole(row.get(f"holiday_{part}")) for part in ("year", "month", "day")
    )
    recurring = cells.truth(row.get("recurring")) is True
    try:
        at = date(_LEAP_YEAR if recurring else year or 0, month or 0, day or 0)
    except ValueError:
        _remark(report, row, "refused", "holiday-impossible", "is no day of any year")
        return None
    if _span(row) != (0, _DAY):
        _remark(
            report,
            row,
            "refused",
            "holiday-in-part",
            "is off-peak for a part of a holiday; here a holiday is off-peak all day",
        )
        return None
    if recurring:
        return f"{at:%m-%d}"
    feast = (at - easter(at.year)).days
    if feast not in _FEASTS:
        return at.isoformat()
    rule = f"easter{feast:+d}"
    if yearly_feasts:
        _remark(report, row, "changed", "feast", f"is {_FEASTS[feast]}, and holds each year now")
        return rule
    _remark(
        report,
        row,
        "flagged",
        "feast",
        f"is {_FEASTS[feast]} of {at.year} alone; `{rule}` in oppleo.yaml holds each year",
    )
    return at.isoformat()


def _span(row: Row) -> Span | None:
    """Return the minutes of a day that a row covers, up to its end; None: there are none."""
    start, end = (cells.clock_time(row.get(name)) for name in ("off_peak_start", "off_peak_end"))
    if start is None or end is None:
        return None
    since, until = _up(start), _up(end)
    until = _DAY if until >= _LAST_MINUTE else until
    return (since, until) if since < until else None


def _up(at: time) -> int:
    """Return the first whole minute at or after a time."""
    return at.hour * 60 + at.minute + bool(at.second or at.microsecond)


def _windows(spans: dict[int, list[Span]]) -> list[tuple[str, str, str]]:
    """Return windows that cover the same, as few as a person would write."""
    days: dict[Span, list[int]] = {}
    for day, of_day in sorted(spans.items()):
        for span in _over_midnight(_merged(of_day)):
            days.setdefault(span, []).append(day)
    return [
        (_days(which), _minute(since), _minute(until))
        for (since, until), which in sorted(days.items(), key=lambda one: (one[1], one[0]))
    ]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return spans that neither overlap nor touch."""
    found: list[Span] = []
    for since, until in sorted(spans):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def _over_midnight(spans: Sequence[Span]) -> list[Span]:
    """Return the night of a day as one window: its early and its late hours."""
    if len(spans) > 1 and spans[0][0] == 0 and spans[-1][1] == _DAY:
        return [(spans[-1][0], spans[0][1]), *spans[1:-1]]
    return list(spans)


def _days(days: Sequence[int]) -> str:
    if len(days) == 7:
        return "daily"
    if len(days) > 2 and days[-1] - days[0] == len(days) - 1:
        return f"{WEEKDAYS[days[0]]}-{WEEKDAYS[days[-1]]}"
    return ",".join(WEEKDAYS[day] for day in days)


def _minute(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def _remark(report: ImportReport, row: Row, verdict: Verdict, code: str, text: str) -> None:
    original = cells.filled(row)
    report.remark(Remark(TABLE, row.get("id") or "", verdict, code, text, original))
