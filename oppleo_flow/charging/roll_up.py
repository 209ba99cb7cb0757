"""Readings of a meter rolled up: what is known of each slot of time, such as a quarter-hour.

What a meter said holds until it says something else, and its register rises in a straight line in
between.  Where that is not so nothing is known: in a silence, where two readings are more than
`HELD` apart, where the register falls, and where another meter took its place.  What is unknown is
never bridged; a slot says how much of it is known.

Slots begin at whole multiples of their length since 1970, in UTC.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final, NamedTuple

HELD: Final = timedelta(minutes=65)
"""How long a reading holds at most: one that has not changed is kept once an hour."""
_HELD_US: Final = HELD // timedelta(microseconds=1)
_SECOND_US: Final = 1_000_000


class Seen(NamedTuple):
    """What counts of a reading; `at_us` is in microseconds since 1970."""

    at_us: int
    energy_wh: int
    power_w: float
    serial: str | None = None


class Slot(NamedTuple):
    """What is known of a meter in a slot of time that begins at `since_s`, in seconds since 1970.

    The registers are those at its edges, None where they are not known.  `energy_wh` passed while
    something was known; that is all of it in a slot that is known from edge to edge.
    """

    since_s: int
    start_wh: int | None
    end_wh: int | None
    energy_wh: int
    min_w: float
    mean_w: float
    max_w: float
    known_s: float


def roll_up(seen: Sequence[Seen], silent_us: Sequence[int], slot_s: int) -> list[Slot]:
    """Return the slots of which something is known, the first one first.

    `seen` and `silent_us`, when silences began, are in the order of time.
    """
    slot_us = slot_s * _SECOND_US
    made: list[Slot] = []
    growing: _Growing | None = None
    for before, after in stretches(seen, silent_us):
        at_us, at_wh = before.at_us, before.energy_wh
        while at_us < after.at_us:
            since_us = at_us - at_us % slot_us
            if growing is None or growing.since_us != since_us:
                made.extend(() if growing is None else (growing.made(slot_us),))
                growing = _Growing(since_us)
            until_us = min(since_us + slot_us, after.at_us)
            until_wh = _register(before, after, until_us)
            growing.add(at_us, at_wh, until_us, until_wh, before.power_w)
            at_us, at_wh = until_us, until_wh
    made.extend(() if growing is None else (growing.made(slot_us),))
    return made


def merged(slots: Iterable[Slot], short_s: int, slot_s: int) -> list[Slot]:
    """Return slots of `slot_s`, made of those of `short_s`, which are in the order of time."""
    groups: dict[int, list[Slot]] = {}
    for slot in slots:
        groups.setdefault(slot.since_s - slot.since_s % slot_s, []).append(slot)
    return [_merged(since_s, group, short_s, slot_s) for since_s, group in groups.items()]


def _merged(since_s: int, group: Sequence[Slot], short_s: int, slot_s: int) -> Slot:
    first, last = group[0], group[-1]
    known_s = sum(slot.known_s for slot in group)
    return Slot(
        since_s,
        first.start_wh if first.since_s == since_s else None,
        last.end_wh if last.since_s + short_s == since_s + slot_s else None,
        sum(slot.energy_wh for slot in group),
        min(slot.min_w for slot in group),
        sum(slot.mean_w * slot.known_s for slot in group) / known_s,
        max(slot.max_w for slot in group),
        known_s,
    )


def stretches(seen: Sequence[Seen], silent_us: Sequence[int]) -> Iterator[tuple[Seen, Seen]]:
    """Yield the readings that follow one another with nothing unknown in between."""
    silences = iter(silent_us)
    silent = next(silences, None)
    for before, after in pairwise(seen):
        while silent is not None and silent < before.at_us:
            silent = next(silences, None)
        if silent is not None and silent < after.at_us:
            continue
        if (
            after.at_us - before.at_us <= _HELD_US
            and after.energy_wh >= before.energy_wh
            and after.serial == before.serial
        ):
            yield before, after


def _register(before: Seen, after: Seen, at_us: int) -> int:
    """Return the register at a moment between two readings, rounded down."""
    if at_us == after.at_us:
        return after.energy_wh
    risen_wh, span_us = after.energy_wh - before.energy_wh, after.at_us - before.at_us
    return before.energy_wh + risen_wh * (at_us - before.at_us) // span_us


class _Growing:
    """A slot that is being made."""

    __slots__ = (
        *("since_us", "_start_wh", "_end_wh", "_end_us"),
        *("_energy_wh", "_min_w", "_max_w", "_power_w_us", "_known_us"),
    )

    def __init__(self, since_us: int) -> None:
        self.since_us = since_us
        self._start_wh: int | None = None
        self._end_wh, self._end_us = 0, 0
        self._energy_wh = 0
        self._min_w, self._max_w = float("inf"), float("-inf")
        self._power_w_us = 0.0
        self._known_us = 0

    def add(
        self, since_us: int, since_wh: int, until_us: int, until_wh: int, power_w: float
    ) -> None:
        """Add a part of it in which the power was the same."""
        if since_us == self.since_us:
            self._start_wh = since_wh
        self._end_wh, self._end_us = until_wh, until_us
        self._energy_wh += until_wh - since_wh
        self._min_w = min(self._min_w, power_w)
        self._max_w = max(self._max_w, power_w)
        self._power_w_us += power_w * (until_us - since_us)
        self._known_us += until_us - since_us

    def made(self, slot_us: int) -> Slot:
        """Return it as it is."""
        return Slot(
            self.since_us // _SECOND_US,
            self._start_wh,
            self._end_wh if self._end_us == self.since_us + slot_us else None,
            self._energy_wh,
            self._min_w,
            self._power_w_us / self._known_us,
            self._max_w,
            self._known_us / _SECOND_US,
        )
