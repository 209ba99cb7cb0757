"""Clocks: one that stands still until it is moved, and instants that survive a restart."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.clock import (
    JUMP_S,
    Clock,
    Instant,
    SystemClock,
    VirtualClock,
    WallWatch,
    earlier,
    seconds_since,
)

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


def test_a_virtual_clock_stands_still() -> None:
    clock = VirtualClock(NOON)

    assert (clock.now(), clock.monotonic()) == (NOON, 0.0)
    assert (clock.now(), clock.monotonic()) == (NOON, 0.0)


def test_a_virtual_clock_moves_wall_and_monotonic_time_alike() -> None:
    clock = VirtualClock(NOON)
    clock.advance(90.0)
    clock.advance_to(100.0)

    assert (clock.now(), clock.monotonic()) == (NOON + timedelta(seconds=100), 100.0)


def test_a_wall_clock_that_jumps_leaves_the_monotonic_count_alone() -> None:
    clock = VirtualClock(NOON)
    clock.advance(10.0)
    clock.set_wall(NOON - timedelta(days=1))
    clock.advance(5.0)

    assert clock.now() == NOON - timedelta(days=1) + timedelta(seconds=5)
    assert clock.monotonic() == 15.0


def test_a_virtual_clock_tells_utc_whatever_zone_it_started_in() -> None:
    clock = VirtualClock(datetime(2026, 1, 15, 13, 0, tzinfo=ZoneInfo("Europe/Amsterdam")))

    assert (clock.now(), clock.now().tzinfo) == (NOON, UTC)


def test_a_clock_does_not_run_backwards() -> None:
    clock = VirtualClock(NOON)
    clock.advance(10.0)
    with pytest.raises(ValueError, match=r"^a clock does not run backwards: at 10\.0, got 9\.0$"):
        clock.advance_to(9.0)


def test_a_naive_start_is_refused() -> None:
    naive = datetime(2026, 1, 15)  # noqa: DTZ001  (that is what is refused)
    with pytest.raises(ValueError, match=r"^start: an aware datetime is needed, got datetime"):
        VirtualClock(naive)


@pytest.mark.parametrize(
    ("then", "now", "seconds"),
    [
        pytest.param(
            Instant("a", 5.0, NOON),
            Instant("a", 8.0, NOON - timedelta(days=1)),
            3.0,
            id="within a boot the wall clock may jump",
        ),
        pytest.param(
            Instant("a", 500.0, NOON),
            Instant("b", 8.0, NOON + timedelta(minutes=1)),
            60.0,
            id="over a restart the wall clock counts",
        ),
        pytest.param(
            Instant("a", 500.0, NOON),
            Instant("b", 8.0, NOON - timedelta(minutes=1)),
            0.0,
            id="a wall clock that went back never makes it negative",
        ),
    ],
)
def test_seconds_between_instants(then: Instant, now: Instant, seconds: float) -> None:
    assert seconds_since(then, now) == seconds


@given(st.lists(st.floats(0, 1e6), max_size=10))
def test_since_tells_what_advance_was_told(steps: list[float]) -> None:
    clock = VirtualClock(NOON)
    begin = clock.instant()
    for step in steps:
        clock.advance(step)

    assert clock.since(begin) == pytest.approx(sum(steps))


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(NOON)], ids=["system", "virtual"])
def test_every_clock_keeps_the_contract(clock: Clock) -> None:
    first, second = clock.instant(), clock.instant()

    assert clock.now().tzinfo is UTC
    assert first.boot_id == second.boot_id
    assert second.monotonic_s >= first.monotonic_s
    assert clock.since(first) >= 0.0


def test_earlier_is_so_much_before_by_both_counts() -> None:
    now = Instant("boot", 100.0, NOON, trusted=False)
    before = earlier(now, 40.0)
    assert before == Instant("boot", 60.0, NOON - timedelta(seconds=40), trusted=False)
    assert seconds_since(before, now) == 40.0


YEAR_S = 365 * 86400.0


@pytest.mark.parametrize(
    ("set_by_s", "jump_s"),
    [
        pytest.param(0.0, 0.0, id="time that passes is no jump"),
        pytest.param(JUMP_S - 0.1, 0.0, id="nor is a clock that is kept right"),
        pytest.param(-JUMP_S + 0.1, 0.0, id="also backwards"),
        pytest.param(600.0, 600.0, id="ten minutes forward"),
        pytest.param(-600.0, -600.0, id="ten minutes back"),
        pytest.param(10 * YEAR_S, 10 * YEAR_S, id="ten years forward"),
        pytest.param(-10 * YEAR_S, -10 * YEAR_S, id="ten years back"),
    ],
)
def test_a_wall_clock_that_is_set_is_noticed_once(set_by_s: float, jump_s: float) -> None:
    clock = VirtualClock(NOON)
    watch = WallWatch(clock)
    clock.advance(3600.0)
    clock.set_wall(clock.now() + timedelta(seconds=set_by_s))

    assert watch.jump_s() == pytest.approx(jump_s)
    clock.advance(1e6)
    assert watch.jump_s() == 0.0


def test_a_clock_that_is_kept_right_bit_by_bit_was_never_set() -> None:
    clock = VirtualClock(NOON)
    watch = WallWatch(clock)
    for _ in range(1000):
        clock.advance(0.5)
        clock.set_wall(clock.now() + timedelta(seconds=0.5))
        assert watch.jump_s() == 0.0


class HeldUp(VirtualClock):
    """A clock whose reader is held up between two questions, `times` times."""

    times = 0

    def epoch_s(self) -> float:
        """Return the wall time, and let time pass."""
        told = super().epoch_s()
        if self.times:
            self.times -= 1
            self.advance(60.0)
        return told


def test_who_is_held_up_between_two_looks_does_not_see_a_jump() -> None:
    clock = HeldUp(NOON)
    watch = WallWatch(clock)
    clock.times = 3

    assert watch.jump_s() == 0.0
    assert clock.monotonic() == 180.0


def test_the_clock_of_this_machine_is_not_being_set() -> None:
    watch = WallWatch(SystemClock())

    assert watch.jump_s() == 0.0
