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
it. Over a restart the clock tells how long the machine was off.

**What was missed.** A time counts as missed when it is more than a minute past, or when a later one
has come too: the machine was off, or asleep, or its clock was set forward. `missed: skip` passes it
over, `run-once` sends one tick for all of them (its `missed` says how many more), `run-all` sends
each. Only with `keep: durable` is it known after a restart what was missed. Of more than 1,000
missed times the oldest are passed over, whatever is set.

**When the clock is set**, by minutes or by years, the schedule goes by the new time at once. A time
that has fired never fires again, however often the clock comes to it. A time that was only passed
over, because the clock ran ahead, fires when the clock comes to it again.

The status tells when the next tick comes, that the clock was set, and what was passed over.
"""

import functools
import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator, model_validator

from oppleo_flow import Example, Instant, Node, NodeConfig, Out, Seconds, TimeOfDay, TimeZone
from oppleo_flow.clock import JUMP_S
from oppleo_flow.due_times import COUNTED, DueTimes, Fired, Spans, check_cron
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Tick

_LONGEST_WAIT_S = 600.0
"""A wall clock may be kept right bit by bit, and be half a second off what was counted by then."""
_ON_TIME_S = 60.0
_TOLERANCE_S = 1e-6

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
            check_cron(value)
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


@immutable
class Dues:
    """Due times that have come, oldest first; `more` when there were too many to name all."""

    times: Sequence[datetime] = ()
    more: bool = False


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
    fired: Spans = ()
    """What has fired by the calendar, for a clock that is set back."""
    fired_by: str = ""
    """The calendar of `fired`."""
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
        self._due_times = self._by_local_clock()
        self._next: datetime | None = None
        self._seen: Instant | None = None
        self._remark = ""
        self._timer = self.after(0, functools.partial(self._wake))

    def _by_local_clock(self) -> DueTimes | None:
        """Return the due times of a schedule that goes by the local clock; None for `every`."""
        config = self.config
        if config.every is not None:
            return None
        by = {"cron": config.cron, "weekday": config.weekday, "day": config.day}
        said = f"{by} {config.at} {self._zone}"
        if self.fired_by != said:
            self.fired, self.fired_by = (), said
        return DueTimes(self._zone, at=config.at, **by)

    def clock_set(self, seconds: float) -> None:
        """Go by the new time."""
        self._wake()

    def _wake(self) -> None:
        """Send what is due, and wait for the next; not for long at a time by the local clock.

        The wait is no method of the node and so no durable timer: `start` knows the time itself.
        """
        here = self.clock.instant()
        settled = self.settled or here
        remarks = self._clock_remarks(settled, here)
        if self._due_times is None:
            dues, following = self._elapsed(settled, here)
            longest_s = math.inf
        else:
            dues, following = self._come(self._due_times, settled, here)
            longest_s = _LONGEST_WAIT_S
        remarks += self._send(dues, here)
        wait_s = max(0.0, (following - here.wall).total_seconds())
        self._timer.cancel()
        self._timer = self.after(min(wait_s, longest_s), functools.partial(self._wake))
        self._show(following, remarks, bool(dues.times))

    def _send(self, dues: Dues, here: Instant) -> list[str]:
        """Send the ticks of due times that have come; return what is to be said of the others."""
        due_ticks, passed_over = ticks(dues.times, here.wall, self.config.missed)
        for tick in due_ticks:
            self.tick.send(tick)
        if self._due_times is not None and due_ticks:
            fired = Fired(self._due_times, self.fired)
            fired.add(due_ticks[0].due, due_ticks[-1].due)
            self.fired = fired.spans
        remarks = [f"passed over {passed_over} that were missed"] if passed_over else []
        if dues.more:
            remarks.append(f"more than {COUNTED:,} were missed, and the oldest passed over")
        return remarks

    def _come(self, due_times: DueTimes, settled: Instant, here: Instant) -> tuple[Dues, datetime]:
        """Settle what the local clock has made due; return it, and what comes next."""
        if here.wall < settled.wall:
            settled, self._next = here, None
        dues = Dues()
        if self._next is None or here.wall >= self._next:
            fired = Fired(due_times, self.fired)
            come = due_times.between(settled.wall, here.wall)
            if come:
                more = due_times.first_after(settled.wall) < come[0]
                dues = Dues(fired.without(come), more)
                settled = replace(here, wall=come[-1])
            self._next = fired.first_after(here.wall)
        self.settled = settled
        return dues, self._next

    def _elapsed(self, settled: Instant, here: Instant) -> tuple[Dues, datetime]:
        """Settle what elapsed time has made due; return it, and what comes next."""
        every_s = self.config.every or 0.0
        elapsed_s = self.clock.since(settled)
        count = int((elapsed_s + _TOLERANCE_S) // every_s)
        rest_s = elapsed_s - count * every_s
        newest = here.wall - timedelta(seconds=rest_s)
        # In this boot's own count, so that the wall clock does not matter any more.
        self.settled = replace(here, monotonic_s=here.monotonic_s - rest_s, wall=newest)
        times = [newest - timedelta(seconds=every_s) * k for k in range(min(count, COUNTED))]
        return Dues(times[::-1], count > COUNTED), newest + timedelta(seconds=every_s)

    def _clock_remarks(self, settled: Instant, here: Instant) -> list[str]:
        """Return what is to be said of a wall clock that has not moved as time did."""
        seen, self._seen = self._seen, here
        if seen is None:
            if (settled.wall - here.wall).total_seconds() < JUMP_S:
                return []
            return [f"the clock was past {settled.wall:%Y-%m-%d %H:%M %Z} before the start"]
        moved_s = (here.wall - seen.wall).total_seconds()
        jump_s = moved_s - (here.monotonic_s - seen.monotonic_s)
        if abs(jump_s) < JUMP_S:
            return []
        self._next = None
        return [f"the clock was set {'forward' if jump_s > 0 else 'back'} {abs(jump_s):.0f} s"]

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
