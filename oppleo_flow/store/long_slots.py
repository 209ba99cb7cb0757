"""Long slots made of shorter ones by the database, as `charging.roll_up.merged` makes them.

Slots of six hours are kept: whatever is longer is made of them, so that a graph of many years is
quick.  They are always what the quarter-hours make, of whatever time these are: who writes
quarter-hours makes theirs anew in the same transaction.  Six hours of UTC are no part of a day
somewhere; a day or a month there is made of the quarter-hours at its edges, and of six hours in
between, so that each zone has its own.
"""

from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    delete,
    func,
    literal,
    select,
    union_all,
)

from oppleo_flow.store.tables.roll_ups import reading_slots

MINUTE_S: Final = 60
QUARTER_S: Final = 900
SIX_HOURS_S: Final = 21_600
KEPT_S: Final = (MINUTE_S, QUARTER_S, SIX_HOURS_S)
"""How long the slots are that are kept."""
_ONE = reading_slots.c


def slots_of(charge_point: str, meter: str) -> ColumnElement[bool]:
    """Return the condition that a slot is a meter's."""
    return and_(_ONE.charge_point == charge_point, _ONE.meter == meter)


def within(slot_s: int, begin_s: int, end_s: int) -> ColumnElement[bool]:
    """Return the condition that a slot is of a length, and begins in a time."""
    return and_(_ONE.slot_s == slot_s, _ONE.since_s >= begin_s, _ONE.since_s < end_s)


def energy_of(of: ColumnElement[bool], begin_s: int, end_s: int) -> Select[Any]:
    """Return a query for the energy of a time of quarter-hours: of the few slots that make it up.

    They are looked up apart: by conditions joined with `OR` SQLite goes through all of a meter's.
    """
    first_s = -(-begin_s // SIX_HOURS_S) * SIX_HOURS_S
    last_s = end_s // SIX_HOURS_S * SIX_HOURS_S
    parts = [within(QUARTER_S, begin_s, end_s)]
    if first_s < last_s:
        parts = [
            within(QUARTER_S, begin_s, first_s),
            within(SIX_HOURS_S, first_s, last_s),
            within(QUARTER_S, last_s, end_s),
        ]
    sums = union_all(
        *(select(func.sum(_ONE.energy_wh).label("wh")).where(of, one) for one in parts)
    )
    return select(func.coalesce(func.sum(sums.subquery().c.wh), 0))


def longer(of: ColumnElement[bool], short_s: int, slot_s: int) -> Select[Any]:
    """Return a query for slots of `slot_s`, made of those of `short_s` that a condition takes.

    Its columns are those of a `Slot`.
    """
    begin_s = (_ONE.since_s - _ONE.since_s % slot_s).label("begin_s")
    known_s = func.sum(_ONE.known_s)
    return (
        select(
            begin_s,
            func.max(case((_ONE.since_s % slot_s == 0, _ONE.start_wh))),
            func.max(case((_ONE.since_s % slot_s == slot_s - short_s, _ONE.end_wh))),
            func.sum(_ONE.energy_wh),
            func.min(_ONE.min_w),
            func.sum(_ONE.mean_w * _ONE.known_s) / known_s,
            func.max(_ONE.max_w),
            known_s,
        )
        .where(of)
        .group_by("begin_s")
        # What somebody made of a slot must not keep a reading from being written.
        .having(known_s > 0)
        .order_by("begin_s")
    )


def make_six_hours(
    connection: Connection, charge_point: str, meter: str, begin_s: int, end_s: int
) -> None:
    """Make the six hours anew that a time touches, from the quarter-hours."""
    begin_s -= begin_s % SIX_HOURS_S
    end_s += -end_s % SIX_HOURS_S
    of = slots_of(charge_point, meter)
    connection.execute(delete(reading_slots).where(of, within(SIX_HOURS_S, begin_s, end_s)))
    made = longer(and_(of, within(QUARTER_S, begin_s, end_s)), QUARTER_S, SIX_HOURS_S).subquery()
    key = (literal(charge_point), literal(meter), literal(SIX_HOURS_S))
    connection.execute(
        reading_slots.insert().from_select(list(reading_slots.c), select(*key, *made.c))
    )
