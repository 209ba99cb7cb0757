"""A calendar day by day: when it is open on each, and which days are not as their weekday is."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta

from oppleo_flow.charging.calendar import Calendar
from oppleo_flow.charging.calendar_rules import CalendarRules
from oppleo_flow.charging.holidays import parse_holidays
from oppleo_flow.immutable import immutable

Span = tuple[datetime, datetime]
_DAY = timedelta(days=1)


@immutable
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


@immutable
class Holiday:
    """A day on which a calendar is open all day; `rule` is what says so, "" for a country's."""

    day: date
    name: str
    rule: str = ""


def holidays_ahead(rules: CalendarRules, first: date, last: date) -> list[Holiday]:
    """Return the holidays from `first` up to `last`, which is not one of them.

    Of two rules that name one day the first counts, as it does in the calendar.
    """
    named = [(parse_holidays(text), text) for text in rules.holidays]
    named += [(country.rule(), "") for country in rules.public_holidays]
    found: dict[date, Holiday] = {}
    for year in range(first.year, last.year + 1):
        for rule, text in named:
            for day, name in rule(year).items():
                found.setdefault(day, Holiday(day, name, text))
    return sorted((one for one in found.values() if first <= one.day < last), key=_day_of)


def _day_of(holiday: Holiday) -> date:
    return holiday.day


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
