"""Whether what was rolled up is what the readings say."""

from collections.abc import Iterator
from itertools import islice, zip_longest
from math import isclose
from pathlib import Path

from sqlalchemy import Connection, func, select

from oppleo_flow.charging.roll_up import Slot, merged
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.long_slots import MINUTE_S, QUARTER_S, SIX_HOURS_S, slots_of, within
from oppleo_flow.store.roll_up_rows import (
    horizon,
    moment,
    newest_time,
    parts,
    quarter_of,
    slots_of_readings,
)
from oppleo_flow.store.tables import readings
from oppleo_flow.store.tables.roll_ups import reading_slots

_REMEDY = "`oppleo-flow db roll-up` makes it anew"
_SOME_S = 100 * SIX_HOURS_S


def wrong_slots(path: Path, most: int) -> Iterator[str]:
    """Yield in words where the slots of a ledger's file are not those of its readings."""
    engine = sqlite_engine(path, read_only=True)
    try:
        with engine.begin() as connection:
            query = select(readings.c.charge_point, readings.c.meter).distinct()
            for charge_point, meter in connection.execute(query).all():
                wrong = list(islice(_of_meter(connection, charge_point, meter), most))
                # Of quarter-hours that are wrong nothing can be made that is right.
                yield from wrong or islice(_six_hours(connection, charge_point, meter), most)
    finally:
        engine.dispose()


def _of_meter(connection: Connection, charge_point: str, meter: str) -> Iterator[str]:
    newest = newest_time(connection, charge_point, meter)
    if newest is None:
        return
    of = (connection, charge_point, meter)
    since_s = 0
    for begin_s, end_s in parts(*of, 0, quarter_of(newest)):
        # Between the parts there is no reading, and so nothing that is known.
        yield from _differences(meter, _whole(*of, MINUTE_S, since_s, begin_s), [])
        minutes, quarters = slots_of_readings(*of, begin_s, end_s)
        yield from _differences(meter, _whole(*of, MINUTE_S, begin_s, end_s), minutes)
        yield from _differences(meter, _whole(*of, QUARTER_S, begin_s, end_s), quarters)
        since_s = end_s


def _six_hours(connection: Connection, charge_point: str, meter: str) -> Iterator[str]:
    """Yield where six hours are not what the quarter-hours make."""
    of = (connection, charge_point, meter)
    ends = select(func.min(reading_slots.c.since_s), func.max(reading_slots.c.since_s))
    first_s, last_s = connection.execute(ends.where(slots_of(charge_point, meter))).one()
    if first_s is None:
        return
    for begin_s in range(first_s - first_s % SIX_HOURS_S, last_s + 1, _SOME_S):
        quarters = _kept(*of, QUARTER_S, begin_s, begin_s + _SOME_S)
        made = merged((one for one in quarters if one.known_s > 0), QUARTER_S, SIX_HOURS_S)
        kept = _kept(*of, SIX_HOURS_S, begin_s, begin_s + _SOME_S)
        yield from _differences(meter, kept, made)


def _differences(meter: str, kept: list[Slot], made: list[Slot]) -> Iterator[str]:
    if kept == made:
        return
    for one, other in zip_longest(kept, made):
        if one is None or other is None or not _are_alike(one, other):
            first = min(slot.since_s for slot in (one, other) if slot is not None)
            yield (
                f"meter {meter!r}: what was rolled up from {moment(first):%F %R} UTC on is not "
                f"what its readings say; {_REMEDY}"
            )
            return


def _are_alike(one: Slot, other: Slot) -> bool:
    """Return whether two are the same, but for how the database and we add up what has a point."""
    return all(
        isclose(mine, theirs, rel_tol=1e-9)
        if isinstance(mine, float) and isinstance(theirs, float)
        else mine == theirs
        for mine, theirs in zip(one, other, strict=True)
    )


def _whole(
    connection: Connection, charge_point: str, meter: str, slot_s: int, begin_s: int, end_s: int
) -> list[Slot]:
    """Return the slots of a time of which all readings are left."""
    kept_from = horizon(connection, charge_point, meter)
    if kept_from is not None:
        begin_s = max(begin_s, quarter_of(kept_from))
    return _kept(connection, charge_point, meter, slot_s, begin_s, end_s)


def _kept(
    connection: Connection, charge_point: str, meter: str, slot_s: int, begin_s: int, end_s: int
) -> list[Slot]:
    query = select(*(reading_slots.c[name] for name in Slot._fields)).where(
        slots_of(charge_point, meter), within(slot_s, begin_s, end_s)
    )
    return [Slot(*row) for row in connection.execute(query.order_by(reading_slots.c.since_s))]
