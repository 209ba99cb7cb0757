"""The moments at which a local clock shows something, over both ends of summer time.

A time of day that the clock skips in spring comes as much later.  One that is there twice in autumn
comes once, the first time, if it was asked for by `at`, and twice if by `cron`.
"""

import calendar
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

COUNTED = 1000
"""Of more due times in one go only the newest are told."""
_REMEMBERED = 100
_LONGEST_CHANGE = timedelta(hours=3)
"""No clock has been put forward or back by more for a long time."""
_MOMENT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

Spans = tuple[tuple[datetime, datetime], ...]


def check_cron(text: str) -> None:
    """Raise `ValueError` for five cron fields that could be misunderstood, or that never come."""
    # Not at the top, here and below: APScheduler costs start-up time, and only cron needs it.
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    fields = text.split()
    if len(fields) != 5:
        raise ValueError(
            f"five fields are needed: minute hour day month weekday, got {len(fields)}"
        )
    if any(character.isdigit() for character in fields[4]):
        raise ValueError("weekdays are written as names, such as mon-fri")
    if fields[2] != "*" and fields[4] != "*":
        raise ValueError("a day of the month or a weekday, not both; use two schedules")
    try:
        trigger = CronTrigger.from_crontab(text, timezone=UTC)
    except ValueError as error:
        raise ValueError(f"not a cron expression: {error}") from None
    if trigger.get_next_fire_time(None, datetime(2026, 1, 1, tzinfo=UTC)) is None:
        raise ValueError("no such day ever comes")


def _by_cron(cron: str) -> Callable[[datetime], datetime | None]:
    """Return what returns the next time of the clock that is asked for; both without a zone."""
    from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

    # As if it were UTC, where no time is skipped or comes twice.
    trigger = CronTrigger.from_crontab(cron, timezone=UTC)

    def next_shown(shown: datetime) -> datetime | None:
        found: datetime | None = trigger.get_next_fire_time(
            None, (shown + _MOMENT).replace(tzinfo=UTC)
        )
        return None if found is None else found.replace(tzinfo=None)

    return next_shown


def _next_at(shown: datetime, *, at: time, weekday: str | None, day: str | None) -> datetime | None:
    """Return the next time of the clock that is `at`, on a day that is asked for."""
    found = shown.date() if shown.time() < at else shown.date() + _DAY
    while not (
        (weekday is None or _WEEKDAYS[found.weekday()] == weekday)
        and (day is None or found.day == _day_of_month(found, day))
    ):
        found += _DAY
    return datetime.combine(found, at)


def _day_of_month(near: date, day: str) -> int:
    return calendar.monthrange(near.year, near.month)[1] if day == "last" else int(day)


class DueTimes:
    """The moments at which the clock of a zone shows what five cron fields, or `at`, ask for.

    `at` is meant daily, on one `weekday` or on one `day` of the month, a number or `last`.
    """

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        cron: str | None = None,
        at: time | None = None,
        weekday: str | None = None,
        day: str | None = None,
    ) -> None:
        self._zone = zone
        self._once = cron is None
        self._next_shown: Callable[[datetime], datetime | None]
        if cron is not None:
            self._next_shown = _by_cron(cron)
        elif at is not None:
            self._next_shown = partial(_next_at, at=at, weekday=weekday, day=day)
        else:
            raise ValueError("one of `cron` and `at` is needed")

    def after(self, moment: datetime) -> Iterator[datetime]:
        """Yield the due times after `moment`, in order; all aware UTC."""
        shown = moment.astimezone(self._zone).replace(tzinfo=None)
        if self._offset(moment - _LONGEST_CHANGE) != self._offset(moment + _LONGEST_CHANGE):
            shown -= _LONGEST_CHANGE
        waiting: list[datetime] = []
        latest = moment
        while (found := self._next_shown(shown)) is not None:
            shown = found
            first, second = self._moments(shown)
            heapq.heappush(waiting, first)
            if second > first and not self._once:
                heapq.heappush(waiting, second)
            # Whatever the clock shows later comes after the first; after a skipped time, of which
            # `second` is the one before the skip, it may come before.
            while waiting and waiting[0] <= min(first, second):
                due = heapq.heappop(waiting)
                if due > latest:
                    latest = due
                    yield due
        yield from sorted({due for due in waiting if due > latest})

    def _offset(self, moment: datetime) -> timedelta | None:
        return moment.astimezone(self._zone).utcoffset()

    def _moments(self, shown: datetime) -> tuple[datetime, datetime]:
        """Return when the clock shows a time, by its offset before and after a change near it.

        They differ when it shows it twice, and, the other way round, when it skips it.
        """
        first = shown.replace(tzinfo=self._zone, fold=0).astimezone(UTC)
        return first, shown.replace(tzinfo=self._zone, fold=1).astimezone(UTC)

    def first_after(self, moment: datetime) -> datetime:
        """Return the first due time after `moment`; both aware UTC.

        Raises:
            OverflowError: There is none before the end of the calendar.
        """
        due = next(self.after(moment), None)
        if due is None:
            raise OverflowError(f"no due time after {moment:%Y-%m-%d}")
        return due

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """Return the due times in (after, until], oldest first; of very many the newest 1,000."""
        found = self._until(after, until)
        if len(found) <= COUNTED:
            return found
        span = timedelta(seconds=COUNTED)
        while len(found := self._until(until - span, until, COUNTED)) < COUNTED:
            span *= 2
        return found

    def _until(self, after: datetime, until: datetime, newest: int | None = None) -> list[datetime]:
        """Return those in (after, until]: the `newest`, or at most one more than a thousand."""
        dues = itertools.takewhile(lambda due: due <= until, self.after(after))
        if newest is not None:
            return list(deque(dues, maxlen=newest))
        return list(itertools.islice(dues, COUNTED + 1))


class Fired:
    """The due times that have fired, as spans: every due time from the first to the last of one.

    Two spans become one when no due time lies between them.  Of very many the latest are kept.
    """

    def __init__(self, due_times: DueTimes, spans: Spans) -> None:
        self._due_times = due_times
        self.spans = spans

    def without(self, dues: Sequence[datetime]) -> list[datetime]:
        """Return the due times that have not fired."""
        return [due for due in dues if self._span_of(due) is None]

    def first_after(self, moment: datetime) -> datetime:
        """Return the first due time after `moment` that has not fired."""
        due = self._due_times.first_after(moment)
        while (span := self._span_of(due)) is not None:
            due = self._due_times.first_after(span[1])
        return due

    def add(self, first: datetime, last: datetime) -> None:
        """Note that every due time from `first` to `last` has fired."""
        earlier = [span for span in self.spans if span[1] < first]
        later = [span for span in self.spans if span[0] > last]
        for span in self.spans[len(earlier) : len(self.spans) - len(later)]:
            first, last = min(first, span[0]), max(last, span[1])
        if earlier and self._due_times.first_after(earlier[-1][1]) >= first:
            first = earlier.pop()[0]
        if later and self._due_times.first_after(last) >= later[0][0]:
            last = later.pop(0)[1]
        self.spans = (*earlier, (first, last), *later)[-_REMEMBERED:]

    def _span_of(self, due: datetime) -> tuple[datetime, datetime] | None:
        return next((span for span in self.spans if span[0] <= due <= span[1]), None)
