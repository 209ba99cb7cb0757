"""A meter's readings as a graph of a limited number of points, over any time.

Few readings are shown one by one; else slots as long as they have to be, from what was rolled up.
The newest quarter-hour, which is not rolled up yet, is made from its readings.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, select

from oppleo_flow.charging.roll_up import Seen, Slot, merged, roll_up, stretches
from oppleo_flow.immutable import immutable
from oppleo_flow.store.long_slots import (
    KEPT_S,
    MINUTE_S,
    QUARTER_S,
    SIX_HOURS_S,
    longer,
    slots_of,
    within,
)
from oppleo_flow.store.roll_up_rows import (
    horizon,
    moment,
    moment_us,
    newest_time,
    quarter_of,
    seconds_of,
    seen_between,
)
from oppleo_flow.store.tables import readings
from oppleo_flow.store.tables.roll_ups import reading_slots

_HOUR_S, _DAY_S = 3600, 86_400
_WIDTHS_S: Final = (
    *(MINUTE_S, QUARTER_S, 2 * QUARTER_S),
    *(hours * _HOUR_S for hours in (1, 2, 3)),
    *(SIX_HOURS_S, 2 * SIX_HOURS_S),
    *(days * _DAY_S for days in (1, 7, 28, 364)),
)
_MOST_POINTS: Final = 2000


class GraphPoint(NamedTuple):
    """What is known of a meter from `time` on, for as long as a slot is, or until the next reading.

    The registers are those at the edges, None where they are not known; `energy_wh` and the power
    are of the part that is known, which is `known_s` long.
    """

    time: datetime
    start_wh: int | None
    end_wh: int | None
    energy_wh: int
    min_w: float
    mean_w: float
    max_w: float
    known_s: float


@immutable
class Graph:
    """The points of a time in its order; `slot_s` is None where each is a reading.

    Of a time of which nothing is known there is no point, or one that is known for 0 s.
    """

    slot_s: int | None
    points: tuple[GraphPoint, ...]


class Window(NamedTuple):
    """Which meter in which time a graph is of."""

    charge_point: str
    meter: str
    since: datetime
    until: datetime


def draw(
    connection: Connection, window: Window, left_out: Sequence[Seen], most: int = _MOST_POINTS
) -> Graph:
    """Return the graph of a meter over [since, until); `left_out` are its readings not written."""
    of = window.charge_point, window.meter
    kept_from = horizon(connection, *of)
    room = most - len(left_out)
    if (kept_from is None or kept_from <= window.since) and _count(connection, window, room) < room:
        return Graph(None, tuple(_each(connection, window, left_out)))
    span_s = (window.until - window.since).total_seconds()
    # A slot more than fit into it: those at its edges are cut.
    slot_s = next((width_s for width_s in _WIDTHS_S if span_s / width_s <= most - 1), _WIDTHS_S[-1])
    slots = _slots(connection, window, slot_s, left_out)
    return Graph(slot_s, tuple(GraphPoint(moment(slot[0]), *slot[1:]) for slot in slots))


def _count(connection: Connection, window: Window, most: int) -> int:
    """Return how many readings there are, but no more than matter."""
    few = select(readings.c.time).where(_within(window)).limit(most).subquery()
    count: int = connection.scalar(select(func.count()).select_from(few)) or 0
    return count


def _each(connection: Connection, window: Window, left_out: Sequence[Seen]) -> Iterator[GraphPoint]:
    seen, silent_us = _seen(connection, window, window.since, window.until, left_out)
    known = {before.at_us: after for before, after in stretches(seen, silent_us)}
    for one in seen:
        at = moment_us(one.at_us)
        if window.since <= at < window.until:
            until = known.get(one.at_us)
            yield GraphPoint(
                at,
                one.energy_wh,
                until and until.energy_wh,
                0 if until is None else until.energy_wh - one.energy_wh,
                *(one.power_w, one.power_w, one.power_w),
                0.0 if until is None else (until.at_us - one.at_us) / 1e6,
            )


def _slots(
    connection: Connection, window: Window, slot_s: int, left_out: Sequence[Seen]
) -> Iterable[Slot]:
    begin_s = seconds_of(window.since) // slot_s * slot_s
    end_s = -(-seconds_of(window.until) // slot_s) * slot_s
    newest = newest_time(connection, window.charge_point, window.meter)
    if newest is None:
        return ()
    tail_s = max(begin_s, min(end_s, quarter_of(newest)))
    tail = _tail(connection, window, tail_s, end_s, left_out)
    return _joined(connection, window, slot_s, (begin_s, tail_s), tail)


def _joined(
    connection: Connection, window: Window, slot_s: int, span_s: tuple[int, int], tail: list[Slot]
) -> Iterable[Slot]:
    """Return the slots of a time that is kept, and of the minutes `tail` that follow on it."""
    begin_s, tail_s = span_s
    if slot_s == MINUTE_S:
        return chain(_kept(connection, window, MINUTE_S, begin_s, tail_s), tail)
    short_s = max(one for one in KEPT_S if one < slot_s and slot_s % one == 0)
    # The slot that the tail begins in is made of what is kept of it and of the tail.
    cut_s = tail_s - tail_s % slot_s
    rest = _joined(connection, window, short_s, (cut_s, tail_s), tail)
    if slot_s in KEPT_S:
        whole = _kept(connection, window, slot_s, begin_s, cut_s)
    else:
        whole = _grouped(connection, window, (short_s, slot_s), begin_s, cut_s)
    return chain(whole, merged(rest, short_s, slot_s))


def _tail(
    connection: Connection, window: Window, since_s: int, end_s: int, left_out: Sequence[Seen]
) -> list[Slot]:
    """Return the minutes of a time of which none is kept."""
    if since_s >= end_s:
        return []
    seen, silent_us = _seen(connection, window, moment(since_s), moment(end_s), left_out)
    minutes = roll_up(seen, silent_us, MINUTE_S)
    return [slot for slot in minutes if since_s <= slot.since_s < end_s]


def _seen(
    connection: Connection,
    window: Window,
    since: datetime,
    until: datetime,
    left_out: Sequence[Seen],
) -> tuple[list[Seen], list[int]]:
    """Return what counts of the readings of a time; those that are not written are the newest."""
    of = window.charge_point, window.meter
    seen, silent_us = seen_between(connection, *of, since, until)
    later = [one for one in left_out if not seen or one.at_us > seen[-1].at_us]
    newest = newest_time(connection, *of)
    ends = bool(seen) and newest is not None and moment_us(seen[-1].at_us) >= newest
    return [*seen, *(later if ends else ())], silent_us


def _kept(
    connection: Connection, window: Window, slot_s: int, begin_s: int, end_s: int
) -> Iterator[Slot]:
    query = select(*(reading_slots.c[name] for name in Slot._fields)).where(
        slots_of(window.charge_point, window.meter), within(slot_s, begin_s, end_s)
    )
    for row in connection.execute(query.order_by(reading_slots.c.since_s)):
        yield Slot(*row)


def _grouped(
    connection: Connection, window: Window, lengths_s: tuple[int, int], begin_s: int, end_s: int
) -> Iterator[Slot]:
    """Yield long slots made of shorter ones, by the database; `lengths_s` is of both."""
    if begin_s >= end_s:
        return
    of = slots_of(window.charge_point, window.meter)
    short_s, _ = lengths_s
    query = longer(and_(of, within(short_s, begin_s, end_s)), *lengths_s)
    for row in connection.execute(query):
        yield Slot._make((*row[:3], int(row[3]), *row[4:]))


def _within(window: Window) -> ColumnElement[bool]:
    one = readings.c
    return and_(
        one.charge_point == window.charge_point,
        one.meter == window.meter,
        one.time >= window.since,
        one.time < window.until,
    )
