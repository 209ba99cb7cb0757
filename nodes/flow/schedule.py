"""Send a tick at set times.

```yaml
month_end:
  type: schedule
  each: month             # day, week or month
  day: 1                  # 1 to 28, or `last`
  at: 06:00
  missed: run-once
  keep: durable
```

Say when in one of three ways: `each` with `at`, or `every: 15m`, or `cron`, in quotes:
`cron: "*/15 6-22 * * mon-fri"`.

**By the local clock** (`each` and `cron`). When summer time begins, a time that the clock skips
comes as much later: 02:30 comes at 03:30. When it ends, an hour is there twice: `each` takes the
first, `cron` fires whenever the clock shows the time, so twice. Weekdays in `cron` are names,
because programs do not agree which day is 1; for the same reason a day of the month and a weekday
may not be given together.

**By elapsed time** (`every`). Counted from the start, neither aligned with the clock nor moved by
it.

**What was missed.** A time counts as missed when it is more than a minute past, or when a later one
has come too: the machine was off, or asleep, or its clock was set forward. `missed: skip` passes it
over, `run-once` sends one tick for all of them (its `missed` says how many more), `run-all` sends
each. Only with `keep: durable` is it known after a restart what was missed. At most 1,000 missed
times are counted.

**When the clock is set back**, a time that has fired does not fire again, unless it lies more than
a day ahead: then the clock was wrong when it fired, and the schedule goes by the new time.

The status tells when the next tick comes, and what was passed over.
"""

import functools
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from oppleo_flow import Example, Instant, Node, NodeConfig, Out, Seconds, TimeOfDay, TimeZone
from oppleo_flow.payloads import Tick

_LONGEST_WAIT_S = 60.0
"""A wall clock that is set while nobody looks is noticed after so long."""
_ON_TIME_S = 60.0
_CLOCK_WAS_WRONG = timedelta(days=1)
_JUMP_S = 5.0
_COUNTED = 1000
_TOLERANCE_S = 1e-6
_MOMENT = timedelta(microseconds=1)

Missed = Literal["skip", "run-once", "run-all"]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _day_of_month(value: object) -> object:
    text = str(value)
    if text == "last" or (text.isdecimal() and 1 <= int(text) <= 28):
        return text
    raise ValueError("1 to 28 or `last` is needed: not every month has the days after the 28th")


class ScheduleConfig(NodeConfig):
    """Settings of a `schedule` node."""

    each: Literal["day", "week", "month"] | None = Field(None, description="How often, with `at`.")
    at: TimeOfDay | None = Field(None, description="Time on the local clock.")
    weekday: Weekday | None = Field(None, description="Day of the week, with `each: week`.")
    day: Annotated[str, BeforeValidator(_day_of_month, json_schema_input_type=int | str)] | None = (
        Field(None, description="Day of the month, 1 to 28 or `last`, with `each: month`.")
    )
    every: Seconds | None = Field(None, ge=0.1, description="Elapsed time between ticks.")
    cron: str | None = Field(
        None, description="Minute, hour, day, month and weekday, in quotes; weekdays as names."
    )
    timezone: TimeZone | None = Field(
        None, description="Zone of the local clock; default: the site's."
    )
    missed: Missed = Field("skip", description="What becomes of times that were missed.")

    @field_validator("cron")
    @classmethod
    def _comes(cls, value: str | None) -> str | None:
        if value is not None:
            _check_cron(value)
        return value

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if sum(way is not None for way in (self.each, self.every, self.cron)) != 1:
            raise ValueError("one of `each`, `every` and `cron` is needed")
        needed = {
            "at": self.each is not None,
            "weekday": self.each == "week",
            "day": self.each == "month",
        }
        for name, is_needed in needed.items():
            if is_needed and getattr(self, name) is None:
                raise ValueError(f"`each: {self.each}` needs `{name}`")
            if not is_needed and getattr(self, name) is not None:
                way = "cron" if self.cron else "every" if self.every else f"each: {self.each}"
                raise ValueError(f"`{name}` does not go with `{way}`")
        return self


def _check_cron(text: str) -> None:
    # Not at the top, here and below: APScheduler costs start-up time.
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


class Calendar:
    """The moments at which the local clock shows what a schedule waits for."""

    def __init__(self, config: ScheduleConfig, zone: ZoneInfo) -> None:
        from apscheduler.triggers.cron import CronTrigger  # noqa: PLC0415

        self._zone = zone
        self._once = config.cron is None
        if config.cron is not None:
            self._trigger = CronTrigger.from_crontab(config.cron, timezone=self._zone)
        elif config.at is not None:
            at = config.at
            self._trigger = CronTrigger(
                day=config.day,
                day_of_week=config.weekday,
                hour=at.hour,
                minute=at.minute,
                second=at.second,
                timezone=self._zone,
            )

    def first_after(self, moment: datetime) -> datetime:
        """Return the first due time after `moment`; both aware UTC."""
        due = moment
        while True:
            local: datetime | None = self._trigger.get_next_fire_time(None, due + _MOMENT)
            if local is None:
                raise OverflowError(f"no due time after {moment:%Y-%m-%d}")
            due = local.astimezone(UTC)
            # `fold` marks the second of two moments at which the clock shows the same time.
            if not (self._once and due.astimezone(self._zone).fold):
                return due

    def between(self, after: datetime, until: datetime) -> list[datetime]:
        """Return the due times in (after, until], oldest first; of very many the newest 1,000."""
        found = self._all_between(after, until)
        if found is not None:
            return found
        span = timedelta(seconds=_COUNTED)
        newest: Sequence[datetime] = ()
        while len(newest) < _COUNTED:
            newest = self._newest_between(until - span, until)
            span *= 2
        return list(newest)

    def _all_between(self, after: datetime, until: datetime) -> list[datetime] | None:
        """Return all of them; None when there are more than 1,000."""
        found: list[datetime] = []
        due = self.first_after(after)
        while due <= until:
            if len(found) == _COUNTED:
                return None
            found.append(due)
            due = self.first_after(due)
        return found

    def _newest_between(self, after: datetime, until: datetime) -> Sequence[datetime]:
        newest: deque[datetime] = deque(maxlen=_COUNTED)
        due = self.first_after(after)
        while due <= until:
            newest.append(due)
            due = self.first_after(due)
        return newest


def ticks(dues: Sequence[datetime], now: datetime, missed: Missed) -> tuple[list[Tick], int]:
    """Return the ticks to send for due times that have come, and how many are passed over.

    The newest is on time unless it is over a minute past; all before it were missed.
    """
    if not dues:
        return [], 0
    on_time = (now - dues[-1]).total_seconds() <= _ON_TIME_S
    if missed == "run-all":
        return [Tick(due) for due in dues], 0
    if missed == "run-once":
        return [Tick(dues[-1], len(dues) - 1)], 0
    return ([Tick(dues[-1])], len(dues) - 1) if on_time else ([], len(dues))


class Schedule(Node[ScheduleConfig]):
    """Send a tick at set times.

    Input:
        None.

    Output:
        `tick`: a `Tick`; `due` is aware UTC, the time at which it should have been sent.

    Raises:
        Nothing.

    Source:
        Cron fields: crontab(5) of POSIX, without its numbers for weekdays.
    """

    type_name = "schedule"
    icon = "clock"
    tick: Out[Tick]
    settled: Instant | None = None
    """All that was due until then has fired or was passed over."""
    examples = [
        Example(
            config={"every": "15m"},
            advance=1800.0,
            expect={
                "tick": [
                    Tick(datetime(2026, 1, 15, 12, 15, tzinfo=UTC)),
                    Tick(datetime(2026, 1, 15, 12, 30, tzinfo=UTC)),
                ]
            },
        ),
        Example(
            config={"each": "day", "at": "14:00"},
            advance=7200.0,
            expect={"tick": Tick(datetime(2026, 1, 15, 13, 0, tzinfo=UTC))},
            doc="Two in the afternoon in Amsterdam is 13:00 UTC in winter.",
        ),
    ]

    def start(self) -> None:
        """Take up where the last run stopped."""
        self._zone = ZoneInfo(self.config.timezone or self.site.timezone)
        by_calendar = self.config.every is None
        self._calendar = Calendar(self.config, self._zone) if by_calendar else None
        self._next: datetime | None = None
        self._seen: Instant | None = None
        self._remark = ""
        self.after(0, self._wake)

    def _wake(self) -> None:
        """Send what is due, and wait for the next; by the calendar a minute at most at a time."""
        here = self.clock.instant()
        settled = self.settled or here
        if self._calendar is None:
            remarks: list[str] = []
            dues, following = self._elapsed(settled, here)
        else:
            remarks = self._clock_remarks(settled, here)
            dues, following = self._by_calendar(self._calendar, settled, here)
        due_ticks, passed_over = ticks(dues, here.wall, self.config.missed)
        if passed_over:
            remarks.append(f"passed over {passed_over} that were missed")
        for tick in due_ticks:
            self.tick.send(tick)
        wait_s = max(0.0, (following - here.wall).total_seconds())
        # A partial is no durable timer: `start` knows the time itself, and nothing has to be saved.
        wake = functools.partial(self._wake)
        self.after(wait_s if self._calendar is None else min(wait_s, _LONGEST_WAIT_S), wake)
        self._show(following, remarks, bool(dues))

    def _by_calendar(
        self, calendar: Calendar, settled: Instant, here: Instant
    ) -> tuple[list[datetime], datetime]:
        """Settle what the local clock has made due; return it, and what comes next."""
        if settled.wall - here.wall > _CLOCK_WAS_WRONG:
            settled, self._next = here, None
        dues: list[datetime] = []
        if self._next is None or here.wall >= self._next:
            dues = calendar.between(settled.wall, here.wall)
            if dues:
                settled = replace(here, wall=dues[-1])
            self._next = calendar.first_after(max(settled.wall, here.wall))
        self.settled = settled
        return dues, self._next

    def _elapsed(self, settled: Instant, here: Instant) -> tuple[list[datetime], datetime]:
        """Settle what elapsed time has made due; return it, and what comes next."""
        every_s = self.config.every or 0.0
        elapsed_s = self.clock.since(settled)
        count = int((elapsed_s + _TOLERANCE_S) // every_s)
        rest_s = elapsed_s - count * every_s
        newest = here.wall - timedelta(seconds=rest_s)
        # In this boot's own count, so that the wall clock does not matter any more.
        self.settled = replace(here, monotonic_s=here.monotonic_s - rest_s, wall=newest)
        dues = [newest - timedelta(seconds=every_s) * k for k in range(min(count, _COUNTED))]
        return dues[::-1], newest + timedelta(seconds=every_s)

    def _clock_remarks(self, settled: Instant, here: Instant) -> list[str]:
        """Return what is to be said of a wall clock that has not moved as time did."""
        remarks = []
        seen, self._seen = self._seen, here
        if seen is not None:
            moved_s = (here.wall - seen.wall).total_seconds()
            jump_s = moved_s - (here.monotonic_s - seen.monotonic_s)
            if abs(jump_s) > _JUMP_S:
                self._next = None
                way = "forward" if jump_s > 0 else "back"
                remarks.append(f"the clock was set {way} {abs(jump_s):.0f} s")
        if settled.wall - here.wall > _CLOCK_WAS_WRONG:
            remarks.append(f"it was wrong at {settled.wall:%Y-%m-%d %H:%M %Z}")
        return remarks

    def _show(self, following: datetime, remarks: list[str], due: bool) -> None:
        """Tell when the next tick comes; a remark stays until something is due again."""
        if remarks:
            self.log.warning("%s", ", ".join(remarks))
        if remarks or due:
            self._remark = ", ".join(remarks)
        text = f"next {following.astimezone(self._zone):%a %Y-%m-%d %H:%M:%S %Z}"
        if self._remark:
            self.status("warn", f"{text}; {self._remark}")
        else:
            self.status("ok", text)
