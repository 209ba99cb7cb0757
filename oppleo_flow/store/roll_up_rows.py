"""The slots that readings are rolled up to, kept in the transaction that writes the readings.

A quarter-hour and its minutes are made from the readings when the first one at or after its end is
there, and made anew when one comes late.  So they are always what the readings say; of the newest
quarter-hour, which is not over, there are none yet.  Six hours are made of those quarter-hours that
there are.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, select

from oppleo_flow.charging.roll_up import HELD, Seen, Slot, merged, roll_up
from oppleo_flow.store.database import Database
from oppleo_flow.store.long_slots import MINUTE_S, QUARTER_S, SIX_HOURS_S, make_six_hours, slots_of
from oppleo_flow.store.tables import meter_silences, readings
from oppleo_flow.store.tables.roll_ups import reading_horizons, reading_slots

_DAY_S: Final = 86_400
_YEAR_S: Final = 365 * _DAY_S
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = timedelta(seconds=1)
_MICROSECOND: Final = timedelta(microseconds=1)
_TIME = readings.c.time
_NEWEST = select(func.max(_TIME)).where(
    readings.c.charge_point == bindparam("of_point"), readings.c.meter == bindparam("of_meter")
)


def quarter_of(at: datetime) -> int:
    """Return when the quarter-hour of a moment began, in seconds since 1970."""
    return seconds_of(at) // QUARTER_S * QUARTER_S


def seconds_of(at: datetime) -> int:
    """Return how many whole seconds after 1970 a moment is."""
    return (at - _EPOCH) // _SECOND


def moment(since_s: int) -> datetime:
    """Return the moment so many seconds after 1970."""
    return _EPOCH + timedelta(seconds=since_s)


def moment_us(at_us: int) -> datetime:
    """Return the moment so many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=at_us)


def microseconds_of(at: datetime) -> int:
    """Return how many microseconds after 1970 a moment is."""
    return (at - _EPOCH) // _MICROSECOND


def newest_time(connection: Connection, charge_point: str, meter: str) -> datetime | None:
    """Return when the newest reading of a meter was; None when there is none."""
    of = {"of_point": charge_point, "of_meter": meter}
    newest: datetime | None = connection.scalar(_NEWEST, of)
    return newest


def keep_slots(
    connection: Connection,
    charge_point: str,
    meter: str,
    written: tuple[datetime, datetime],
    newest_before: datetime | None,
) -> None:
    """Make the slots that readings and silences change which have just been written.

    `written` are the first and the last time of them, `newest_before` that of the newest reading
    that was there before.
    """
    first, last = written
    if newest_before and first > newest_before and quarter_of(last) == quarter_of(newest_before):
        return  # which is nearly always so: the quarter-hour is not over yet
    newest = newest_time(connection, charge_point, meter)
    if newest is None:
        return
    if newest_before is None or first > newest_before:
        since, until = newest_before or first, newest
    else:
        of = _of(charge_point, meter)
        before = connection.scalar(select(func.max(_TIME)).where(of, first > _TIME))
        after = connection.scalar(select(func.min(_TIME)).where(of, last < _TIME))
        since, until = before or first, after or newest
    end_s = min(quarter_of(until) + QUARTER_S, quarter_of(newest))
    for begin_s, stop_s in parts(connection, charge_point, meter, quarter_of(since), end_s):
        make_slots(connection, charge_point, meter, begin_s, stop_s)


def rebuild(database: Database, meter: str) -> None:
    """Make the slots of a meter anew, a day at a time, as far as its readings are there."""
    of = (database.charge_point, meter)
    with database.write(durable=False) as connection:
        newest = newest_time(connection, *of)
        kept_from = horizon(connection, *of)
        begin_s = 0 if kept_from is None else quarter_of(kept_from)
        connection.execute(
            delete(reading_slots).where(slots_of(*of), reading_slots.c.since_s >= begin_s)
        )
        make_six_hours(connection, *of, begin_s, begin_s)
    if newest is not None:
        _make_in_parts(database, meter, begin_s, quarter_of(newest))
    _make_six_hours_anew(database, meter)


def _make_six_hours_anew(database: Database, meter: str) -> None:
    """Make all six hours of a meter anew, a year at a time.

    Also those of which not all readings are left: their quarter-hours are.
    """
    of = (database.charge_point, meter)
    ends = select(func.min(reading_slots.c.since_s), func.max(reading_slots.c.since_s))
    with database.read() as connection:
        first_s, last_s = connection.execute(ends.where(slots_of(*of))).one()
    if first_s is None:
        return
    for begin_s in range(first_s - first_s % SIX_HOURS_S, last_s + 1, _YEAR_S):
        with database.write(durable=False) as connection:
            make_six_hours(connection, *of, begin_s, begin_s + _YEAR_S)


def catch_up(database: Database, meter: str) -> None:
    """Make the slots that are missing at the end, as after an upgrade; a day at a time."""
    of = (database.charge_point, meter)
    with database.read() as connection:
        newest = newest_time(connection, *of)
        made: int | None = connection.scalar(
            select(func.max(reading_slots.c.since_s)).where(
                slots_of(*of), reading_slots.c.slot_s == QUARTER_S
            )
        )
        if newest is None:
            return
    _make_in_parts(database, meter, 0 if made is None else made + QUARTER_S, quarter_of(newest))


def _make_in_parts(database: Database, meter: str, begin_s: int, end_s: int) -> None:
    of = (database.charge_point, meter)
    with database.read() as connection:
        missing = list(parts(connection, *of, begin_s, end_s))
    for since_s, until_s in missing:
        with database.write(durable=False) as connection:
            make_slots(connection, *of, since_s, until_s)


def parts(
    connection: Connection, charge_point: str, meter: str, begin_s: int, end_s: int
) -> Iterator[tuple[int, int]]:
    """Yield the times between two quarter-hours that have readings, a day at most at once.

    Times of which not all readings are left are none of them.
    """
    if begin_s >= end_s:
        return
    kept_from = horizon(connection, charge_point, meter)
    if kept_from is not None:
        begin_s = max(begin_s, quarter_of(kept_from))
    while begin_s < end_s:
        following = connection.scalar(
            select(func.min(_TIME)).where(_of(charge_point, meter), moment(begin_s) <= _TIME)
        )
        if following is None:
            return
        # What was rolled up of a time without readings is not looked for: there is none.
        begin_s = max(begin_s, quarter_of(following - HELD))
        stop_s = min(begin_s + _DAY_S, end_s)
        if begin_s < stop_s:
            yield begin_s, stop_s
        begin_s = stop_s


def horizon(connection: Connection, charge_point: str, meter: str) -> datetime | None:
    """Return from when on all readings of a meter are there; None if all ever were."""
    kept_from: datetime | None = connection.scalar(
        select(reading_horizons.c.kept_from).where(
            reading_horizons.c.charge_point == charge_point, reading_horizons.c.meter == meter
        )
    )
    return kept_from


def make_slots(
    connection: Connection, charge_point: str, meter: str, begin_s: int, end_s: int
) -> None:
    """Make the minutes and quarter-hours of a time anew, from the readings; and their six hours."""
    minutes, quarters = slots_of_readings(connection, charge_point, meter, begin_s, end_s)
    connection.execute(
        delete(reading_slots).where(
            slots_of(charge_point, meter),
            reading_slots.c.slot_s.in_((MINUTE_S, QUARTER_S)),
            reading_slots.c.since_s >= begin_s,
            reading_slots.c.since_s < end_s,
        )
    )
    rows = [
        (charge_point, meter, slot_s, *slot)
        for slot_s, made in ((MINUTE_S, minutes), (QUARTER_S, quarters))
        for slot in made
    ]
    if rows:
        names = reading_slots.c.keys()
        connection.execute(
            reading_slots.insert(), [dict(zip(names, row, strict=True)) for row in rows]
        )
    make_six_hours(connection, charge_point, meter, begin_s, end_s)


def slots_of_readings(
    connection: Connection, charge_point: str, meter: str, begin_s: int, end_s: int
) -> tuple[list[Slot], list[Slot]]:
    """Return the minutes and the quarter-hours of a time, as the readings make them now."""
    seen, silent_us = seen_between(connection, charge_point, meter, moment(begin_s), moment(end_s))
    minutes = [
        slot for slot in roll_up(seen, silent_us, MINUTE_S) if begin_s <= slot.since_s < end_s
    ]
    return minutes, merged(minutes, MINUTE_S, QUARTER_S)


def seen_between(
    connection: Connection, charge_point: str, meter: str, since: datetime, until: datetime
) -> tuple[list[Seen], list[int]]:
    """Return what of a meter's readings counts in a time, with those next to it, and its silences.

    A reading whose values somebody made into something else is a silence.
    """
    of = _of(charge_point, meter)
    before = select(func.max(_TIME)).where(of, since >= _TIME).scalar_subquery()
    after = select(func.min(_TIME)).where(of, until <= _TIME).scalar_subquery()
    query = (
        select(_TIME, readings.c.energy_import_wh, readings.c.power_w, readings.c.serial)
        .where(
            of,
            func.coalesce(before, since, type_=_TIME.type) <= _TIME,
            func.coalesce(after, until, type_=_TIME.type) >= _TIME,
        )
        .order_by(_TIME)
    )
    seen, silent_us = [], []
    for at, energy_wh, power_w, serial in connection.execute(query):
        if isinstance(energy_wh, int) and isinstance(power_w, float):
            seen.append(Seen(microseconds_of(at), energy_wh, power_w, serial))
        else:
            silent_us.append(microseconds_of(at))
    begun = meter_silences.c
    silences = select(begun.since).where(
        begun.charge_point == charge_point,
        begun.meter == meter,
        begun.since >= since - HELD,
        begun.since < until + HELD,
    )
    silent_us += [microseconds_of(at) for at in connection.scalars(silences)]
    return seen, sorted(silent_us)


def _of(charge_point: str, meter: str) -> ColumnElement[bool]:
    return and_(readings.c.charge_point == charge_point, readings.c.meter == meter)
