"""`schedule` and a wall clock that is set: nothing fires twice, nothing is skipped in silence."""

import logging
import re
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nodes.flow.schedule import Schedule
from oppleo_flow.clock import VirtualClock
from oppleo_flow.due_times import DueTimes
from oppleo_flow.payloads import Tick
from oppleo_flow.testing import Bench
from oppleo_flow.testing.bench import NOON

DAILY = {"each": "day", "at": "06:00", "timezone": "Europe/Amsterdam"}  # 05:00 UTC in winter
MINUTE_S, HOUR_S, DAY_S, YEAR_S = 60.0, 3600.0, 86400.0, 365 * 86400.0


def utc(text: str) -> datetime:
    """Return `2026-01-15T12:00` as aware UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def set_by(bench: Bench, seconds: float) -> None:
    """Set the wall clock, and let a minute pass."""
    bench.clock.set_wall(bench.clock.now() + timedelta(seconds=seconds))
    bench.advance(MINUTE_S)


@pytest.mark.parametrize(
    ("config", "seconds", "sent", "status"),
    [
        pytest.param(
            {},
            600.0,
            [],
            "next Fri 2026-01-16 06:00:00 CET; the clock was set forward 600 s",
            id="forward, and nothing was due",
        ),
        pytest.param(
            {},
            -600.0,
            [],
            "next Fri 2026-01-16 06:00:00 CET; the clock was set back 600 s",
            id="back, and nothing was due",
        ),
        pytest.param(
            {"missed": "skip"},
            20 * HOUR_S,
            [],
            "next Sat 2026-01-17 06:00:00 CET; "
            "the clock was set forward 72000 s, passed over 1 that were missed",
            id="forward over a due time, which is passed over",
        ),
        pytest.param(
            {"missed": "run-once"},
            20 * HOUR_S,
            [Tick(utc("2026-01-16T05:00"))],
            "next Sat 2026-01-17 06:00:00 CET; the clock was set forward 72000 s",
            id="or made up for",
        ),
        pytest.param(
            {"missed": "run-all"},
            3 * DAY_S,
            [Tick(utc(f"2026-01-{day}T05:00")) for day in (16, 17, 18)],
            "next Mon 2026-01-19 06:00:00 CET; the clock was set forward 259200 s",
            id="or each is made up for",
        ),
        pytest.param(
            {"missed": "skip"},
            2 * YEAR_S,
            [],
            "next Sun 2028-01-16 06:00:00 CET; "
            "the clock was set forward 63072000 s, passed over 730 that were missed",
            id="forward by two years",
        ),
        pytest.param(
            {"missed": "run-once"},
            10 * YEAR_S,
            [Tick(utc("2036-01-13T05:00"), 999)],
            "next Mon 2036-01-14 06:00:00 CET; the clock was set forward 315360000 s, "
            "more than 1,000 were missed, and the oldest passed over",
            id="forward by ten years",
        ),
        pytest.param(
            {},
            -10 * YEAR_S,
            [],
            "next Tue 2016-01-19 06:00:00 CET; the clock was set back 315360000 s",
            id="back by ten years",
        ),
    ],
)
def test_a_clock_that_is_set_neither_skips_nor_fires_without_a_word(
    config: dict[str, Any], seconds: float, sent: list[Tick], status: str
) -> None:
    with Bench(Schedule, DAILY | config) as bench:
        bench.advance(1.0)
        set_by(bench, seconds)
        assert (bench.sent("tick"), bench.run().status) == (sent, status)


def test_a_clock_set_forward_by_little_is_only_late() -> None:
    with Bench(Schedule, DAILY) as bench:
        bench.advance(17 * HOUR_S - 70.0)
        bench.clock.set_wall(bench.clock.now() + timedelta(seconds=40))
        bench.advance(30.0)
        assert bench.sent("tick") == [Tick(utc("2026-01-16T05:00"))]


def test_a_clock_set_back_does_not_fire_again() -> None:
    with Bench(Schedule, DAILY) as bench:
        bench.advance(17 * HOUR_S)
        bench.clock.set_wall(bench.clock.now() - timedelta(hours=2))
        bench.advance(60.0)
        assert bench.run().status == (
            "next Sat 2026-01-17 06:00:00 CET; the clock was set back 7200 s"
        )
        bench.advance(4 * HOUR_S)
        assert bench.sent("tick") == [Tick(utc("2026-01-16T05:00"))]


def test_a_clock_that_was_a_year_ahead_does_not_silence_the_schedule_for_a_year() -> None:
    with Bench(Schedule, DAILY, clock=VirtualClock(utc("2027-01-15T12:00"))) as bench:
        bench.advance(17 * HOUR_S)
        bench.clock.set_wall(utc("2026-01-15T12:00"))
        bench.advance(60.0)
        assert bench.run().status == (
            "next Fri 2026-01-16 06:00:00 CET; the clock was set back 31597200 s"
        )
        bench.advance(DAY_S)
        assert bench.sent("tick") == [
            Tick(utc("2027-01-16T05:00")),
            Tick(utc("2026-01-16T05:00")),
        ]


def test_what_has_fired_does_not_fire_again_however_far_the_clock_goes_back() -> None:
    with Bench(Schedule, DAILY) as bench:
        bench.advance(5 * DAY_S)
        set_by(bench, -5 * DAY_S)
        assert bench.run().status == (
            "next Wed 2026-01-21 06:00:00 CET; the clock was set back 432000 s"
        )
        bench.advance(6 * DAY_S)
        assert [tick.due.day for tick in bench.sent("tick")] == [16, 17, 18, 19, 20, 21]


def test_what_was_passed_over_by_a_clock_that_ran_ahead_fires_in_its_time() -> None:
    with Bench(Schedule, DAILY) as bench:
        bench.advance(1.0)
        set_by(bench, 10 * YEAR_S)
        set_by(bench, -10 * YEAR_S)
        bench.advance(2 * DAY_S)
        assert bench.sent("tick") == [Tick(utc("2026-01-16T05:00")), Tick(utc("2026-01-17T05:00"))]


def test_another_time_of_day_has_not_fired_before(tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    durable: dict[str, Any] = {"durable": True, "state_path": tmp_path / "s", "clock": clock}
    with Bench(Schedule, DAILY | {"at": "06:00"}, **durable) as bench:
        bench.advance(3 * DAY_S)
    clock.set_wall(NOON)
    with Bench(Schedule, DAILY | {"at": "07:00"}, **durable) as bench:
        bench.advance(0.0)
        assert bench.run().status == (
            "next Fri 2026-01-16 07:00:00 CET; "
            "the clock was past 2026-01-18 05:00 UTC before the start"
        )


def test_a_clock_that_lost_its_time_while_it_was_off_fires_nothing_again(tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    durable: dict[str, Any] = {"durable": True, "state_path": tmp_path / "s", "clock": clock}
    config = DAILY | {"missed": "run-all"}
    with Bench(Schedule, config, **durable) as bench:
        bench.advance(2 * DAY_S)
    clock.set_wall(utc("2025-10-01T00:00"))  # what the image was made at
    with Bench(Schedule, config, **durable) as bench:
        bench.advance(MINUTE_S)
        assert bench.run().status == (
            "next Wed 2025-10-01 06:00:00 CEST; "
            "the clock was past 2026-01-17 05:00 UTC before the start"
        )
        bench.clock.set_wall(utc("2026-01-19T12:00"))
        bench.advance(MINUTE_S)
        assert [tick.due for tick in bench.sent("tick") if tick.due >= NOON] == [
            utc("2026-01-18T05:00"),
            utc("2026-01-19T05:00"),
        ]


def test_a_jump_is_told_by_a_schedule_that_does_not_care_about_it() -> None:
    with Bench(Schedule, {"every": "20m"}) as bench:
        bench.advance(1.0)
        set_by(bench, YEAR_S)
        assert bench.run().status == (
            "next Fri 2027-01-15 13:20:00 CET; the clock was set forward 31536000 s"
        )


# -- whatever happens --------------------------------------------------------------------------


class Step(NamedTuple):
    """What happens: the clock is set by so much, then time passes; all of it while it is off."""

    set_s: float
    advance_s: float
    off: bool


def steps(most_s: float) -> st.SearchStrategy[list[Step]]:
    jump = st.sampled_from([0.0, 0.0, -most_s, -DAY_S, -600.0, 90.0, 5 * HOUR_S, DAY_S, most_s])
    passes = st.sampled_from([1.0, MINUTE_S, HOUR_S, 7.5 * HOUR_S, 30 * HOUR_S])
    return st.lists(st.builds(Step, jump, passes, st.booleans()), max_size=7)


class Account:
    """A schedule that is tried, and every tick and every report of it; a context manager."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.clock = VirtualClock(NOON)
        self.passed_over = 0
        self._config = config
        self._sent: list[Tick] = []
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        self._folder = self._closing.enter_context(tempfile.TemporaryDirectory())
        log = logging.getLogger("oppleo_flow.node.node")
        log.addFilter(self._note)
        self._closing.callback(log.removeFilter, self._note)
        self._start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bench.__exit__()
        self._closing.close()

    def _start(self) -> None:
        state = Path(self._folder) / "state.sqlite"
        self.bench = Bench(
            Schedule, self._config, durable=True, state_path=state, clock=self.clock
        ).__enter__()
        self.bench.advance(0.0)

    def take(self, step: Step) -> datetime:
        """Let a step happen; return since when time has passed by the clock as it is now."""
        stood = self.clock.now()
        set_to = stood + timedelta(seconds=step.set_s)
        if not step.off:
            self.clock.set_wall(set_to)
            self.bench.advance(step.advance_s)
            return min(stood, set_to)
        self.bench.__exit__()
        self._sent += self.bench.sent("tick")
        self.clock.set_wall(set_to)
        self.clock.advance(step.advance_s)
        self._start()
        return min(stood, self.clock.now())

    @property
    def ticks(self) -> list[Tick]:
        """Every tick so far."""
        return self._sent + self.bench.sent("tick")

    @property
    def told(self) -> int:
        """How many due times fired, or were reported as missed."""
        ticks = self.ticks
        return len(ticks) + sum(tick.missed for tick in ticks) + self.passed_over

    def _note(self, record: logging.LogRecord) -> bool:
        found = re.search(r"passed over (\d+) that", record.getMessage())
        self.passed_over += int(found[1]) if found else 0
        return False


AMSTERDAM = "Europe/Amsterdam"
SCHEDULES = {
    "daily": ({"each": "day", "at": "06:00"}, {"at": time(6)}, YEAR_S),
    "often": ({"cron": "*/40 * * * *"}, {"cron": "*/40 * * * *"}, 15 * DAY_S),
}
MISSED = st.sampled_from(["skip", "run-once", "run-all"])


@pytest.mark.parametrize("name", SCHEDULES)
@settings(max_examples=25, deadline=None)
@given(data=st.data(), missed=MISSED)
def test_each_due_time_fires_once_or_is_reported_missed(
    name: str, data: st.DataObject, missed: str
) -> None:
    config, when, most_s = SCHEDULES[name]
    due_times = DueTimes(ZoneInfo(AMSTERDAM), **when)
    with Account({**config, "timezone": AMSTERDAM, "missed": missed}) as tried:
        for step in data.draw(steps(most_s)):
            fired, told = {tick.due for tick in tried.ticks}, tried.told
            since = tried.take(step)
            came = due_times.between(since, tried.clock.now())
            came = [due for due in came if due not in fired]
            dues = [tick.due for tick in tried.ticks]

            assert tried.told - told == len(came)
            assert set(dues) - fired <= set(came)
            assert len(set(dues)) == len(dues)


@settings(max_examples=25, deadline=None)
@given(steps(YEAR_S), MISSED)
def test_elapsed_time_is_counted_whatever_the_wall_clock_does(
    taken: list[Step], missed: str
) -> None:
    with Account({"every": "25m", "missed": missed}) as tried:
        for step in taken:
            tried.take(step._replace(off=False))
        assert tried.told == int(tried.clock.monotonic() // 1500.0)
