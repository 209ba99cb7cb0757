"""Weekly windows in local time: whether one is open, and when that changes next.

Windows are half-open, [from, to).  The weekday is that of the instant, not of the window's start:
`mon-fri 23:00-07:00` means the early and the late hours of each day from Monday to Friday.
"""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from oppleo_flow.charging.holidays import Holidays, no_holidays
from oppleo_flow.immutable import immutable

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MINUTES_PER_DAY = 24 * 60
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
# A weekly pattern that changes at all changes within eight days; one that never does can still be
# interrupted by a holiday, of which every rule has one within the year.
_SEARCH_DAYS = (8, 400)


def parse_days(text: str) -> frozenset[int]:
    """Return the weekdays of `mon-fri`, `sat,sun` or `daily`, Monday being 0.

    Raises:
        ValueError: It is none of these.
    """
    if text == "daily":
        return frozenset(range(7))
    days: set[int] = set()
    for part in text.replace(" ", "").split(","):
        first, dash, last = part.partition("-")
        last = last if dash else first
        if first not in WEEKDAYS or last not in WEEKDAYS:
            raise ValueError("weekdays such as mon-fri, sat,sun or daily are needed")
        start = WEEKDAYS.index(first)
        length = (WEEKDAYS.index(last) - start) % 7
        days.update((start + n) % 7 for n in range(length + 1))
    return frozenset(days)


def parse_time_of_day(text: str) -> int:
    """Return the minute of the day of `07:00`; `24:00` is the day's end.

    Raises:
        ValueError: It is no time of day.
    """
    if text == "24:00":
        return _MINUTES_PER_DAY
    found = _TIME_OF_DAY.fullmatch(text)
    if found is None:
        raise ValueError("a time of day such as 07:00, or 24:00 for the day's end, is needed")
    return int(found[1]) * 60 + int(found[2])


@immutable
class Window:
    """A part of some weekdays, [from, to) in minutes of the local day; it may cross midnight."""

    days: frozenset[int]
    from_minute: int
    to_minute: int

    def __post_init__(self) -> None:
        """Refuse a window that is empty, or that could mean the whole day or nothing."""
        if self.from_minute in (self.to_minute, _MINUTES_PER_DAY):
            raise ValueError(
                "from and to must differ and from must be before 24:00; "
                "the whole day is 00:00 to 24:00"
            )

    def covers(self, weekday: int, minute: int) -> bool:
        """Return whether a minute of a weekday lies in it."""
        if weekday not in self.days:
            return False
        if self.from_minute < self.to_minute:
            return self.from_minute <= minute < self.to_minute
        return minute >= self.from_minute or minute < self.to_minute


@immutable
class Calendar:
    """Weekly windows of a zone, and the holidays on which it is open all day."""

    zone: ZoneInfo
    windows: tuple[Window, ...]
    holidays: Holidays = no_holidays

    def is_open(self, at: datetime) -> bool:
        """Return whether an instant lies in a window or on a holiday."""
        local = at.astimezone(self.zone)
        weekday, minute = local.weekday(), local.hour * 60 + local.minute
        if any(window.covers(weekday, minute) for window in self.windows):
            return True
        return local.date() in self.holidays(local.year)

    def parts(self, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime, bool]]:
        """Yield [since, until) cut at its edges, each part with whether it is open in it."""
        start = since
        while start < until:
            edge = self.next_edge(start)
            stop = until if edge is None else min(edge, until)
            yield start, stop, self.is_open(start)
            start = stop

    def next_edge(self, after: datetime) -> datetime | None:
        """Return the first instant after `after` at which it opens or closes, in UTC.

        None: it does neither within a year and a month.
        """
        now_open = self.is_open(after)
        today = after.astimezone(self.zone).date()
        for days in _SEARCH_DAYS:
            for instant in sorted(set(self._candidates(today, days))):
                if instant > after and self.is_open(instant) != now_open:
                    return instant
        return None

    def _candidates(self, today: date, days: int) -> Iterator[datetime]:
        """Yield every instant at which it might open or close, as UTC, in no order."""
        minutes = {0} | {
            minute % _MINUTES_PER_DAY
            for window in self.windows
            for minute in (window.from_minute, window.to_minute)
        }
        for day in (today + timedelta(days=n) for n in range(-1, days + 1)):
            for minute in minutes:
                # Both, because an hour of the autumn night comes twice.
                for fold in (0, 1):
                    local = time(minute // 60, minute % 60, fold=fold, tzinfo=self.zone)
                    yield datetime.combine(day, local).astimezone(UTC)
            yield from self._clock_change(day)

    def _clock_change(self, day: date) -> Iterator[datetime]:
        """Yield the minute within 24 hours from noon UTC in which the zone's offset changes."""
        low = datetime.combine(day, time(12), tzinfo=UTC)
        high = low + timedelta(days=1)
        if self._offset(low) == self._offset(high):
            return
        while high - low > timedelta(minutes=1):
            middle = low + (high - low) // 2
            middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
            if self._offset(middle) == self._offset(low):
                low = middle
            else:
                high = middle
        yield high

    def _offset(self, at: datetime) -> timedelta | None:
        return at.astimezone(self.zone).utcoffset()
