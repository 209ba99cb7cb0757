"""A calendar day by day: when it is open on each, and which days are not as their weekday is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from oppleo_flow.charging.calendar import Calendar

Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """One local day: its bounds and the open spans in it, in local time, and what it is called.

    `length` is that of the day, which is 23 or 25 hours when the clock changes; `open` is how long
    the calendar is open on it.
    """

    day: date
    length: timedelta
    spans: tuple[Span, ...]
    holiday: str | None

    @property
    def open(self) -> timedelta:
        """Return how long the calendar is open on this day."""
        return sum((_length(span) for span in self.spans), timedelta())

    @property
    def hours(self) -> str:
        """Return the open spans as `00:00-07:00 23:00-24:00`, by the local clock."""
        return " ".join(f"{start:%H:%M}-{_end(self.day, stop)}" for start, stop in self.spans)


def calendar_days(calendar: Calendar, first: date, last: date) -> Iterator[CalendarDay]:
    """Yield the days from `first` up to `last`, which is not one of them."""
    day = first
    while day < last:
        start, stop = _midnight(calendar, day), _midnight(calendar, day + _DAY)
        spans = tuple(
            (since.astimezone(calendar.zone), until.astimezone(calendar.zone))
            for since, until, is_open in calendar.parts(start, stop)
            if is_open
        )
        yield CalendarDay(day, stop - start, spans, calendar.holidays(day.year).get(day))
        day += _DAY


def usual_hours(days: Sequence[CalendarDay]) -> dict[int, str]:
    """Return the hours that most days of each weekday have, Monday being 0."""
    counts: dict[int, Counter[str]] = {}
    for one in days:
        if one.holiday is None and one.length == _DAY:
            counts.setdefault(one.day.weekday(), Counter())[one.hours] += 1
    return {weekday: count.most_common(1)[0][0] for weekday, count in sorted(counts.items())}


def _midnight(calendar: Calendar, day: date) -> datetime:
    """Return the UTC instant at which a local day begins."""
    return datetime.combine(day, time(), calendar.zone).astimezone(UTC)


def _length(span: Span) -> timedelta:
    # Two times of one zone subtract by the wall clock, which is wrong when it changes.
    return span[1].astimezone(UTC) - span[0].astimezone(UTC)


def _end(day: date, stop: datetime) -> str:
    return "24:00" if stop.date() > day else f"{stop:%H:%M}"
