"""The readings of the ledger, and the times in which there were none."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from oppleo_flow.charging.kept_readings import Keep, Runs, Said, last_left_out, sift, written
from oppleo_flow.charging.roll_up import Seen
from oppleo_flow.charging.slices import NEAR
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.phase_registers import add_phase_registers
from oppleo_flow.store.reading_graph import Graph, Window, draw
from oppleo_flow.store.roll_up_rows import (
    catch_up,
    keep_slots,
    microseconds_of,
    newest_time,
    rebuild,
)
from oppleo_flow.store.tables import meter_silences, readings

_GATHERED = timedelta(hours=1)
_NOT_RUNNING = "oppleo-flow was not running"


@immutable
class Silence:
    """A time in which nothing is known of a meter; `until` is None while it lasts."""

    meter: str
    since: datetime
    until: datetime | None
    reason: str


class ReadingRows:
    """The readings of a charge point's meters.

    In a database that is not lasting the newest hour of them waits in memory.  So does the last of
    several that are equal.  Nobody who asks here can tell.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._gathered: list[Said] = []
        self._runs: Runs = {}
        self._sqlite_insert: str | None = None

    def record(self, batch: Sequence[Said]) -> None:
        """Write readings and silences in one transaction; what is there already stays.

        The batch is kept whole or not at all; a loss of power may take the newest ones along.
        """
        if self._db.lasting:
            self._write(batch)
            return
        gathered = [*self._gathered, *batch]
        if gathered and _at(gathered[-1]) - _at(gathered[0]) >= _GATHERED:
            self._write(gathered)
            gathered = []
        self._gathered = gathered

    def observe(self, batch: Sequence[Said], *, keep: Keep) -> None:
        """Write what running meters say; with `changed` only what is new, and one reading an hour.

        A time without readings becomes a silence, also the one before this process began.

        Raises:
            StoreError: It cannot be written; then nothing of it is, and it can be given again.
        """
        first = {said.meter: said for said in reversed(batch) if said.meter not in self._runs}
        unheard = [gap for said in first.values() for gap in self._since_last_time(said)]
        kept, runs = sift(self._runs, batch, keep)
        if unheard or kept:
            self.record([*unheard, *kept])
        self._runs = runs

    def _since_last_time(self, said: Said) -> list[MeterUnknown]:
        """Return the silence between the last reading of an earlier process and the first now."""
        catch_up(self._db, said.meter)
        with self._read() as connection:
            last = newest_time(connection, self._db.charge_point, said.meter)
        if last is None or _at(said) - last <= NEAR:
            return []
        silent = self.silences(said.meter, last, _at(said))
        return [] if silent else [MeterUnknown(said.meter, last, _NOT_RUNNING)]

    def add_phase_registers(self, known: Sequence[MeterReading]) -> None:
        """Write into readings that have none what each of three phases had counted.

        Raises:
            StoreError: It cannot be written; then nothing of it is.
        """
        self.write_gathered()
        add_phase_registers(self._db, known)

    def write_gathered(self) -> None:
        """Write what waits in memory."""
        left_out = self._left_out()
        if left_out or self._gathered:
            self._write([*self._gathered, *left_out])
            self._gathered = []
            self._runs = written(self._runs)

    def graph(self, meter: str, since: datetime, until: datetime, *, points: int = 2000) -> Graph:
        """Return what is known of a meter in [since, until), in no more than so many points."""
        left_out = [
            Seen(microseconds_of(one.time), one.energy_import_wh, one.power_w, one.serial)
            for one in self._left_out(meter)
        ]
        with self._read() as connection:
            window = Window(self._db.charge_point, meter, since, until)
            return draw(connection, window, left_out, points)

    def rebuild_roll_ups(self) -> None:
        """Make all that is rolled up anew, but for times of which not all readings are left."""
        self.write_gathered()
        for meter in self.meters():
            rebuild(self._db, meter)

    def _left_out(self, meter: str | None = None) -> list[MeterReading]:
        """Return the last ones of equal readings that are not written, as they would come back."""
        return [
            one.with_(also=None, energy_register="import")
            for one in last_left_out(self._runs)
            if meter in (None, one.meter)
        ]

    def _write(self, batch: Sequence[Said]) -> None:
        measured = [item for item in batch if isinstance(item, MeterReading)]
        silent = [
            {
                "charge_point": self._db.charge_point,
                "meter": item.meter,
                "since": item.since,
                "reason": item.reason,
            }
            for item in batch
            if isinstance(item, MeterUnknown)
        ]
        meters = dict.fromkeys(item.meter for item in batch)
        with self._db.write(durable=False) as connection:
            of = (connection, self._db.charge_point)
            newest = {meter: newest_time(*of, meter) for meter in meters}
            if measured:
                self._insert(connection, measured)
            if silent:
                connection.execute(insert_new(connection, meter_silences), silent)
            for meter, span in _spans(batch).items():
                keep_slots(*of, meter, span, newest[meter])

    def meters(self) -> list[str]:
        """Return the names of the meters that have readings."""
        with self._read() as connection:
            return list(meter_names(connection, self._db.charge_point))

    def latest(self, meter: str, before: datetime | None = None) -> MeterReading | None:
        """Return the newest reading, or the newest one before a moment; None when there is none."""
        query = self._of(meter)
        if before is not None:
            query = query.where(readings.c.time < before)
        found = [
            *(one for one in self._left_out(meter) if before is None or one.time < before),
            *self._first(query.order_by(readings.c.time.desc())),
        ]
        return max(found, key=_at, default=None)

    def first(
        self, meter: str, since: datetime, *, serial: str | None = None
    ) -> MeterReading | None:
        """Return the oldest reading from a moment on; None when there is none.

        With `serial` only one of the meter that bears this number counts.
        """
        query = self._of(meter).where(readings.c.time >= since).order_by(readings.c.time)
        if serial is not None:
            query = query.where(readings.c.serial == serial)
        left_out = (
            one
            for one in self._left_out(meter)
            if one.time >= since and serial in (None, one.serial)
        )
        return min([*self._first(query), *left_out], key=_at, default=None)

    def between(self, meter: str, since: datetime, until: datetime) -> list[MeterReading]:
        """Return the readings of [since, until), the oldest first."""
        query = (
            self._of(meter)
            .where(readings.c.time >= since, readings.c.time < until)
            .order_by(readings.c.time)
        )
        left_out = [one for one in self._left_out(meter) if since <= one.time < until]
        with self._read() as connection:
            found = [reading_of(row) for row in connection.execute(query)]
        return sorted([*found, *left_out], key=_at) if left_out else found

    def count(self, meter: str, since: datetime, until: datetime) -> int:
        """Return how many readings [since, until) has."""
        query = select(func.count()).select_from(
            self._of(meter).where(readings.c.time >= since, readings.c.time < until).subquery()
        )
        left_out = sum(since <= one.time < until for one in self._left_out(meter))
        with self._read() as connection:
            return left_out + int(connection.scalar(query) or 0)

    def silences(self, meter: str, since: datetime, until: datetime) -> list[Silence]:
        """Return the silences that overlap [since, until), the oldest first."""
        begun = meter_silences.c
        ended = (
            select(func.min(readings.c.time))
            .where(
                readings.c.charge_point == begun.charge_point,
                readings.c.meter == begun.meter,
                readings.c.time > begun.since,
            )
            .correlate(meter_silences)
            .scalar_subquery()
            .label("until")
        )
        query = (
            select(begun.meter, begun.since, ended, begun.reason)
            .where(
                begun.charge_point == self._db.charge_point,
                begun.meter == meter,
                begun.since < until,
            )
            .order_by(begun.since)
        )
        with self._read() as connection:
            found = [Silence(*row) for row in connection.execute(query)]
        return [one for one in found if one.until is None or one.until > since]

    def _insert(self, connection: Connection, measured: Sequence[MeterReading]) -> None:
        """Write readings, several at once.

        SQLite gets the values as it keeps them: for a batch, converting them one by one costs more
        than writing them.
        """
        as_kept, dialect = UtcDateTime().process_bind_param, connection.dialect
        rows = [
            _row(self._db.charge_point, reading, as_kept(reading.time, dialect))
            for reading in measured
        ]
        if dialect.name == "sqlite":
            if self._sqlite_insert is None:
                self._sqlite_insert = str(insert_new(connection, readings).compile(dialect=dialect))
            connection.exec_driver_sql(self._sqlite_insert, rows)
            return
        names = readings.c.keys()
        connection.execute(
            insert_new(connection, readings),
            [dict(zip(names, row, strict=True)) for row in rows],
        )

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Give a connection that sees everything recorded so far."""
        if self._gathered:
            self._write(self._gathered)
            self._gathered = []
        with self._db.read() as connection:
            yield connection

    def _of(self, meter: str) -> Select[Any]:
        return select(readings).where(
            readings.c.charge_point == self._db.charge_point, readings.c.meter == meter
        )

    def _first(self, query: Select[Any]) -> list[MeterReading]:
        with self._read() as connection:
            return [reading_of(row) for row in connection.execute(query.limit(1))]


def meter_names(connection: Connection, charge_point: str) -> Iterable[str]:
    """Yield the names of the meters, by steps over the index: there are very many readings."""
    after = ""
    while True:
        query = (
            select(readings.c.meter)
            .where(readings.c.charge_point == charge_point, readings.c.meter > after)
            .order_by(readings.c.meter)
            .limit(1)
        )
        meter: str | None = connection.scalar(query)
        if meter is None:
            return
        yield meter
        after = meter


def _row(charge_point: str, reading: MeterReading, time: Any) -> tuple[Any, ...]:
    """Return the values of a reading in the order of the table's columns."""
    return (
        charge_point,
        reading.meter,
        time,
        reading.energy_import_wh,
        reading.power_w,
        *_three(reading.power_phases_w),
        *_three(reading.voltage_phases_v),
        *_three(reading.current_phases_a),
        reading.frequency_hz,
        reading.serial,
        *_three(reading.energy_phases_wh),
    )


def _three(phases: tuple[float, ...]) -> tuple[float | None, ...]:
    """Return three values, None for a phase that the model does not have."""
    return phases if len(phases) == 3 else (*phases, None, None, None)[:3]


def _spans(batch: Iterable[Said]) -> dict[str, tuple[datetime, datetime]]:
    """Return the first and the last time of what is said of each meter."""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for said in batch:
        at = _at(said)
        first, last = spans.get(said.meter, (at, at))
        spans[said.meter] = min(first, at), max(last, at)
    return spans


def _at(said: Said) -> datetime:
    return said.time if isinstance(said, MeterReading) else said.since


def _known(*phases: Any) -> tuple[Any, ...]:
    return tuple(value for value in phases if value is not None)


def reading_of(row: Row[Any]) -> MeterReading:
    """Return the reading that a row is.

    Raises:
        ValueError: Somebody made something else of it.
    """
    if not isinstance(row.energy_import_wh, int) or not isinstance(row.power_w, float):
        raise ValueError(f"reading of {row.meter} at {row.time}: has a value that is no number")
    return MeterReading(
        meter=row.meter,
        time=row.time,
        energy_import_wh=row.energy_import_wh,
        power_w=row.power_w,
        power_phases_w=_known(row.power_l1_w, row.power_l2_w, row.power_l3_w),
        voltage_phases_v=_known(row.voltage_l1_v, row.voltage_l2_v, row.voltage_l3_v),
        current_phases_a=_known(row.current_l1_a, row.current_l2_a, row.current_l3_a),
        frequency_hz=row.frequency_hz,
        serial=row.serial,
        energy_phases_wh=_known(row.energy_l1_wh, row.energy_l2_wh, row.energy_l3_wh),
    )
