"""What the meters said, for people who look back: samples, pages of readings, and registers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Interval,
    Row,
    Select,
    column,
    func,
    literal,
    select,
    values,
)

from oppleo_flow.charging.meter_usage import Counted
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store.database import Database
from oppleo_flow.store.long_slots import QUARTER_S, energy_of, slots_of
from oppleo_flow.store.reading_rows import ReadingRows, Silence, meter_names, reading_of
from oppleo_flow.store.roll_up_rows import seconds_of
from oppleo_flow.store.tables import meter_silences, readings
from oppleo_flow.store.tables.roll_ups import reading_slots

_TIME = readings.c.time
_CURRENTS: Final = (
    *(_TIME, readings.c.current_l1_a),
    *(readings.c.current_l2_a, readings.c.current_l3_a),
)
_LONGEST_SAMPLED: Final = timedelta(days=35)


class MeterSpan(NamedTuple):
    """A meter, and when its first and its newest reading were."""

    meter: str
    first: datetime
    newest: datetime


class Currents(NamedTuple):
    """What a reading said of the currents of its phases, as many as it measured."""

    time: datetime
    phases_a: tuple[float, ...]


@immutable
class Sampled:
    """The currents of a time, of one reading in `every_s` seconds; None where all are there."""

    every_s: int | None
    currents: tuple[Currents, ...]


@immutable
class Page:
    """Readings, the newest first, and whether there are newer and older ones."""

    readings: tuple[MeterReading, ...]
    newer: bool
    older: bool


class UsageRows:
    """The readings of a charge point's meters, to be looked at."""

    def __init__(self, database: Database, of: ReadingRows) -> None:
        self._db = database
        self._of = of

    def meters(self) -> list[MeterSpan]:
        """Return the meters that have readings, by their names."""
        self._of.write_gathered()
        with self._db.read() as connection:
            names = list(meter_names(connection, self._db.charge_point))
            return [self._span(connection, name) for name in names]

    def sample(
        self, meter: str, since: datetime, until: datetime, *, points: int = 1000
    ) -> Sampled | None:
        """Return the currents of [since, until), or of as many readings, evenly spaced.

        None for a time so long that single readings say nothing of it.
        """
        self._of.write_gathered()
        within = self._meter(meter) & (since <= _TIME) & (until > _TIME)
        some = select(_TIME).where(within).limit(points + 1).subquery()
        with self._db.read() as connection:
            if (connection.scalar(select(func.count()).select_from(some)) or 0) <= points:
                query = select(*_CURRENTS).where(within).order_by(_TIME)
                return Sampled(None, _currents(connection, query))
            if until - since > _LONGEST_SAMPLED:
                return None
            every_s = -(-int((until - since).total_seconds()) // points)
            spaced = self._spaced(connection, meter, since, until, every_s)
            return Sampled(every_s, _currents(connection, spaced))

    def before(self, meter: str, before: datetime | None, limit: int) -> Page:
        """Return the newest readings before a moment, or of all."""
        query = self._all(meter).order_by(_TIME.desc()).limit(limit + 1)
        if before is not None:
            query = query.where(before > _TIME)
        found = self._read(query)
        newer = before is not None and self.count_after(meter, before, most=1, also=True) > 0
        return Page(tuple(found[:limit]), newer, len(found) > limit)

    def after(self, meter: str, after: datetime, limit: int) -> Page:
        """Return the readings that follow on a moment."""
        query = self._all(meter).where(after < _TIME).order_by(_TIME).limit(limit + 1)
        found = self._read(query)
        older = self._read(self._all(meter).where(after >= _TIME).limit(1))
        return Page(tuple(reversed(found[:limit])), len(found) > limit, bool(older))

    def around(self, meter: str, at: datetime, limit: int) -> Page:
        """Return the first reading at or after a moment with those around it."""
        half = max(1, limit // 2)
        later = self._read(self._all(meter).where(at <= _TIME).order_by(_TIME).limit(half + 1))
        earlier = self.before(meter, at, limit - min(half, len(later)))
        both = (*reversed(later[:half]), *earlier.readings)
        return Page(both, len(later) > half, earlier.older)

    def count_after(
        self, meter: str, after: datetime, *, most: int = 1000, also: bool = False
    ) -> int:
        """Return how many readings there are after a moment (or `also` at it), up to `most`."""
        later = after <= _TIME if also else after < _TIME
        self._of.write_gathered()
        some = select(_TIME).where(self._meter(meter), later).limit(most).subquery()
        with self._db.read() as connection:
            count: int = connection.scalar(select(func.count()).select_from(some)) or 0
        return count

    def counted(self, meter: str, edges: Sequence[datetime]) -> list[Counted]:
        """Return what a meter counted between each two moments; they are quarter-hours."""
        self._of.write_gathered()
        with self._db.read() as connection:
            registers = self._registers(connection, meter, edges)
            ends = self._ends(connection, meter, edges)
        return [
            Counted(registers.get(since), registers.get(until), *ends[since])
            for since, until in pairwise(edges)
        ]

    def known(self, meter: str, since: datetime, until: datetime) -> int:
        """Return the energy of [since, until), in Wh, as far as the meter was heard.

        Both are quarter-hours.
        """
        of = slots_of(self._db.charge_point, meter)
        query = energy_of(of, seconds_of(since), seconds_of(until))
        with self._db.read() as connection:
            return int(connection.scalar(query) or 0)

    def silences(
        self, meter: str, since: datetime, until: datetime, *, most: int = 200
    ) -> list[Silence]:
        """Return the newest silences that overlap [since, until), the oldest of them first."""
        begun = meter_silences.c
        of = (begun.charge_point == self._db.charge_point) & (begun.meter == meter)
        ended = (
            select(func.min(_TIME))
            .where(self._meter(meter), begun.since < _TIME)
            .correlate(meter_silences)
            .scalar_subquery()
        )
        newest = select(begun.meter, begun.since, ended, begun.reason).order_by(begun.since.desc())
        inside = newest.where(of, begun.since >= since, begun.since < until).limit(most)
        # Of those that began earlier only the last one can still last.
        before = newest.where(of, begun.since < since).limit(1)
        with self._db.read() as connection:
            rows = [*connection.execute(inside), *connection.execute(before)]
        found = [Silence(*row) for row in reversed(rows)]
        return [one for one in found if one.until is None or one.until > since]

    def _registers(
        self, connection: Connection, meter: str, edges: Sequence[datetime]
    ) -> dict[datetime, int]:
        """Return the registers at quarter-hours that are known, from the slots on both sides."""
        one, at = reading_slots.c, {seconds_of(edge): edge for edge in edges}
        query = select(one.since_s, one.start_wh, one.end_wh).where(
            slots_of(self._db.charge_point, meter),
            one.slot_s == QUARTER_S,
            one.since_s.in_([edge_s - later_s for edge_s in at for later_s in (0, QUARTER_S)]),
        )
        found: dict[datetime, int] = {}
        for since_s, start_wh, end_wh in connection.execute(query):
            for edge_s, register_wh in ((since_s, start_wh), (since_s + QUARTER_S, end_wh)):
                if edge_s in at and register_wh is not None:
                    found[at[edge_s]] = register_wh
        return found

    def _ends(
        self, connection: Connection, meter: str, edges: Sequence[datetime]
    ) -> dict[datetime, tuple[MeterReading | None, MeterReading | None]]:
        """Return the first and the last reading between each two moments, by the first of these."""
        spans = values(column("since", _TIME.type), column("until", _TIME.type), name="spans")
        times = self._end_times(meter, spans.data(list(pairwise(edges))).cte("spans"))
        found = {since: (first, last) for since, first, last in connection.execute(times)}
        needed = {at for ends in found.values() for at in ends if at is not None}
        rows = connection.execute(self._all(meter).where(_TIME.in_(needed)))
        readings_at = {row.time: reading_of(row) for row in rows}
        return {
            since: (readings_at.get(first), readings_at.get(last))
            for since, (first, last) in found.items()
        }

    def _end_times(self, meter: str, spans: CTE) -> Select[Any]:
        within = self._meter(meter) & (spans.c.since <= _TIME) & (spans.c.until > _TIME)
        first, last = (
            select(end(_TIME)).where(within).correlate(spans).scalar_subquery()
            for end in (func.min, func.max)
        )
        return select(spans.c.since, first, last)

    def _spaced(
        self,
        connection: Connection,
        meter: str,
        since: datetime,
        until: datetime,
        every_s: int,
    ) -> Select[Any]:
        """Return the query that leaps from a reading to the first one `every_s` later."""

        def first_from(at: Any) -> Any:
            found = select(func.min(_TIME)).where(self._meter(meter), at <= _TIME, until > _TIME)
            return found.scalar_subquery()

        leaps = select(first_from(literal(since, _TIME.type)).label("time")).cte(recursive=True)
        leaps = leaps.union_all(
            select(first_from(_later(connection, leaps.c.time, every_s))).where(
                leaps.c.time.is_not(None)
            )
        )
        found = select(*_CURRENTS).join(leaps, leaps.c.time == _TIME).where(self._meter(meter))
        return found.order_by(_TIME)

    def _span(self, connection: Connection, meter: str) -> MeterSpan:
        ends: list[Row[Any]] = [
            connection.execute(
                select(_TIME).where(self._meter(meter)).order_by(order).limit(1)
            ).one()
            for order in (_TIME.asc(), _TIME.desc())
        ]
        return MeterSpan(meter, ends[0].time, ends[1].time)

    def _all(self, meter: str) -> Select[Any]:
        return select(readings).where(self._meter(meter))

    def _meter(self, meter: str) -> ColumnElement[bool]:
        return (readings.c.charge_point == self._db.charge_point) & (readings.c.meter == meter)

    def _read(self, query: Select[Any]) -> list[MeterReading]:
        self._of.write_gathered()
        with self._db.read() as connection:
            return [reading_of(row) for row in connection.execute(query)]


def _currents(connection: Connection, query: Select[Any]) -> tuple[Currents, ...]:
    # Of a reading nothing else is read: there may be thousands of them, of many columns each.
    return tuple(
        Currents(time, tuple(one for one in phases_a if one is not None))
        for time, *phases_a in connection.execute(query)
    )


def _later(connection: Connection, time: Any, by_s: int) -> Any:
    """Return a time in the database so many seconds later."""
    if connection.dialect.name == "sqlite":
        later = func.strftime("%Y-%m-%d %H:%M:%f", time, f"+{by_s} seconds")
        # A text of milliseconds sorts before the same with microseconds, so nothing is passed over.
        return func.coalesce(later, None, type_=_TIME.type)
    return time + literal(timedelta(seconds=by_s), Interval())
