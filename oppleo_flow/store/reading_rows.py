"""The readings of the ledger, and the times in which there were none."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.store.column_types import UtcDateTime
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import meter_silences, readings

_GATHERED = timedelta(hours=1)
_TIME = readings.c.keys().index("time")


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which nothing is known of a meter; `until` is None while it lasts."""

    meter: str
    since: datetime
    until: datetime | None
    reason: str


class ReadingRows:
    """The readings of a charge point's meters.

    In a database that is not lasting the newest hour of them waits in memory.  Nobody who asks here
    can tell.
    """

    def __init__(self, database: Database) -> None:
        self._db = database
        self._gathered: list[MeterReading | MeterUnknown] = []

    def record(self, batch: Sequence[MeterReading | MeterUnknown]) -> None:
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

    def write_gathered(self) -> None:
        """Write what waits in memory."""
        if self._gathered:
            self._write(self._gathered)
            self._gathered = []

    def _write(self, batch: Sequence[MeterReading | MeterUnknown]) -> None:
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
        with self._db.write(durable=False) as connection:
            if measured:
                _insert(connection, self._db.charge_point, measured)
            if silent:
                connection.execute(insert_new(connection, meter_silences), silent)

    def meters(self) -> list[str]:
        """Return the names of the meters that have readings."""
        query = (
            select(readings.c.meter)
            .where(readings.c.charge_point == self._db.charge_point)
            .distinct()
            .order_by(readings.c.meter)
        )
        with self._read() as connection:
            return list(connection.scalars(query))

    def latest(self, meter: str, before: datetime | None = None) -> MeterReading | None:
        """Return the newest reading, or the newest one before a moment; None when there is none."""
        query = self._of(meter)
        if before is not None:
            query = query.where(readings.c.time < before)
        return self._first(query.order_by(readings.c.time.desc()))

    def first(self, meter: str, since: datetime) -> MeterReading | None:
        """Return the oldest reading from a moment on; None when there is none."""
        return self._first(
            self._of(meter).where(readings.c.time >= since).order_by(readings.c.time)
        )

    def between(self, meter: str, since: datetime, until: datetime) -> list[MeterReading]:
        """Return the readings of [since, until), the oldest first."""
        query = (
            self._of(meter)
            .where(readings.c.time >= since, readings.c.time < until)
            .order_by(readings.c.time)
        )
        with self._read() as connection:
            return [_reading(row) for row in connection.execute(query)]

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

    @contextmanager
    def _read(self) -> Iterator[Connection]:
        """Give a connection that sees everything recorded so far."""
        self.write_gathered()
        with self._db.read() as connection:
            yield connection

    def _of(self, meter: str) -> Select[Any]:
        return select(readings).where(
            readings.c.charge_point == self._db.charge_point, readings.c.meter == meter
        )

    def _first(self, query: Select[Any]) -> MeterReading | None:
        with self._read() as connection:
            row = connection.execute(query.limit(1)).first()
        return None if row is None else _reading(row)


def _insert(connection: Connection, charge_point: str, measured: Sequence[MeterReading]) -> None:
    """Write readings, several at once.

    SQLite gets the values as it keeps them: for a batch, converting them one by one costs more than
    writing them.
    """
    rows = [_row(charge_point, reading) for reading in measured]
    statement = insert_new(connection, readings)
    if connection.dialect.name == "sqlite":
        as_text, dialect = UtcDateTime().process_bind_param, connection.dialect
        before, after = slice(0, _TIME), slice(_TIME + 1, None)
        connection.exec_driver_sql(
            str(statement.compile(dialect=dialect)),
            [(*row[before], as_text(row[_TIME], dialect), *row[after]) for row in rows],
        )
        return
    names = readings.c.keys()
    connection.execute(statement, [dict(zip(names, row, strict=True)) for row in rows])


def _row(charge_point: str, reading: MeterReading) -> tuple[Any, ...]:
    """Return the values of a reading in the order of the table's columns."""
    return (
        charge_point,
        reading.meter,
        reading.time,
        reading.energy_import_wh,
        reading.power_w,
        *_three(reading.power_phases_w),
        *_three(reading.voltage_phases_v),
        *_three(reading.current_phases_a),
        reading.frequency_hz,
        reading.serial,
    )


def _three(phases: tuple[float, ...]) -> tuple[float | None, ...]:
    """Return three values, None for a phase that the model does not have."""
    return phases if len(phases) == 3 else (*phases, None, None, None)[:3]


def _at(item: MeterReading | MeterUnknown) -> datetime:
    return item.time if isinstance(item, MeterReading) else item.since


def _known(*phases: float | None) -> tuple[float, ...]:
    return tuple(value for value in phases if value is not None)


def _reading(row: Row[Any]) -> MeterReading:
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
    )
