"""Time as a parameter: the system's clock, and one that a test or a simulation moves."""

import functools
import math
import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.clock_trust import ClockSigns

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
JUMP_S = 5.0
"""From here on a wall clock that moved otherwise than time is said to have been set."""
_TRUST_S = 5.0
"""How often a clock that is not known to be right is looked at again."""
_MOMENT_S = 0.1
_LOOKS = 10


@immutable
class Instant:
    """A moment that can be measured from later, also after a restart.

    `monotonic_s` counts only within `boot_id`; `wall` is aware UTC; `trusted` says whether the
    wall time was known to be right (None: this machine cannot tell).
    """

    boot_id: str
    monotonic_s: float
    wall: datetime
    trusted: bool | None = None


class Clock(Protocol):
    """What the engine and the nodes know of time."""

    def now(self) -> datetime:
        """Return the wall time, aware UTC."""
        ...

    def epoch_s(self) -> float:
        """Return the wall time in seconds since 1970: `now` for who needs it very often."""
        ...

    def monotonic(self) -> float:
        """Return seconds that never run backwards; only differences mean anything."""
        ...

    def instant(self) -> Instant:
        """Return this moment in a form that survives a restart."""
        ...

    def since(self, instant: Instant) -> float:
        """Return the seconds from `instant` to now, never negative."""
        ...


def seconds_since(instant: Instant, now: Instant) -> float:
    """Return the seconds between two instants: monotonic within one boot, else wall time."""
    if instant.boot_id == now.boot_id:
        return max(0.0, now.monotonic_s - instant.monotonic_s)
    return max(0.0, (now.wall - instant.wall).total_seconds())


def earlier(instant: Instant, seconds: float) -> Instant:
    """Return the moment that was so many seconds before."""
    return replace(
        instant,
        monotonic_s=instant.monotonic_s - seconds,
        wall=instant.wall - timedelta(seconds=seconds),
    )


@functools.cache
def _boot_id() -> str:
    """Return the kernel's boot id; where there is none, an id for this process only."""
    try:
        return _BOOT_ID.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return f"process-{uuid.uuid4()}"


class SystemClock:
    """The machine's own clock; once it is known to be right, it is kept right."""

    _signs: "ClockSigns | None" = None
    _trusted: bool | None = None
    _look_again_s = -math.inf

    def now(self) -> datetime:
        """Return the wall time, aware UTC."""
        return datetime.now(UTC)

    epoch_s = staticmethod(time.time)

    def monotonic(self) -> float:
        """Return the kernel's monotonic seconds."""
        return time.monotonic()

    def instant(self) -> Instant:
        """Return this moment in a form that survives a restart."""
        return Instant(_boot_id(), self.monotonic(), self.now(), self._known())

    def _known(self) -> bool | None:
        """Return whether the wall time is known to be right; None: this machine cannot tell."""
        if not self._trusted and self.monotonic() >= self._look_again_s:
            if self._signs is None:
                # Not at the top: the guardian and the commands do without.
                from oppleo_flow.clock_trust import ClockSigns  # noqa: PLC0415

                self._signs = ClockSigns()
            self._trusted = self._signs.trusted(self.epoch_s())
            self._look_again_s = self.monotonic() + _TRUST_S
        return self._trusted

    def since(self, instant: Instant) -> float:
        """Return the seconds from `instant` to now, never negative."""
        return seconds_since(instant, self.instant())


class WallWatch:
    """Notices that the wall clock has moved otherwise than time did: it was set, or stood still.

    The wall clock of a machine that sleeps goes on and the monotonic count may not, which looks the
    same.  What is less than `JUMP_S` between two looks is how clocks are kept right, and no jump.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_s = self._look()

    def jump_s(self) -> float:
        """Return by how much the wall clock was set since the last look; negative: back, 0: not."""
        before, self._ahead_s = self._ahead_s, self._look()
        jump_s = self._ahead_s - before
        return jump_s if abs(jump_s) >= JUMP_S else 0.0

    def _look(self) -> float:
        """Return how far the wall time is ahead of the monotonic count, both of one moment."""
        for _ in range(_LOOKS):
            before = self._clock.monotonic()
            wall = self._clock.epoch_s()
            if self._clock.monotonic() - before < _MOMENT_S:
                break  # else this thread was held up in between, and the two do not belong together
        return wall - before


class VirtualClock:
    """A clock that stands still until it is moved.

    `start` is aware; the monotonic count begins at 0.  Moving backwards is an error: a wall clock
    that jumps is a lever of its own (`set_wall`), which leaves the monotonic count alone.
    """

    def __init__(self, start: datetime) -> None:
        if start.tzinfo is None:
            raise ValueError(f"start: an aware datetime is needed, got {start!r}")
        self._wall_at_zero = start.astimezone(UTC)
        self._boot_id = f"virtual-{self._wall_at_zero.isoformat()}"
        self._monotonic_s = 0.0
        self._now: datetime | None = None  # asked for far more often than it changes
        self._epoch_s = 0.0
        self.trusted: bool | None = True
        """Whether the wall time is known to be right; a test or a lever may change it."""
        self.times_set = 0
        """How often the wall clock was made to jump."""

    def now(self) -> datetime:
        """Return the wall time, aware UTC."""
        if self._now is None:
            self._now = self._wall_at_zero + timedelta(seconds=self._monotonic_s)
            self._epoch_s = self._now.timestamp()
        return self._now

    def epoch_s(self) -> float:
        """Return the wall time in seconds since 1970."""
        if self._now is None:
            self.now()
        return self._epoch_s

    def monotonic(self) -> float:
        """Return the seconds that this clock was moved since it was made."""
        return self._monotonic_s

    def instant(self) -> Instant:
        """Return this moment in a form that survives a restart."""
        return Instant(self._boot_id, self._monotonic_s, self.now(), self.trusted)

    def since(self, instant: Instant) -> float:
        """Return the seconds from `instant` to now, never negative."""
        return seconds_since(instant, self.instant())

    def advance(self, seconds: float) -> None:
        """Move on by `seconds`."""
        self.advance_to(self._monotonic_s + seconds)

    def advance_to(self, monotonic_s: float) -> None:
        """Move on to a point of the monotonic count.

        Raises:
            ValueError: It has been already.
        """
        if monotonic_s < self._monotonic_s:
            raise ValueError(
                f"a clock does not run backwards: at {self._monotonic_s}, got {monotonic_s}"
            )
        self._monotonic_s = monotonic_s
        self._now = None

    def set_wall(self, wall: datetime) -> None:
        """Let the wall clock jump, as when a Pi without an RTC finds the time."""
        self._wall_at_zero = wall.astimezone(UTC) - timedelta(seconds=self._monotonic_s)
        self._now = None
        self.times_set += 1
