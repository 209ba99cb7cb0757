"""When a meter was exchanged: the last reading of the old one, and the first of the new one."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, select

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading
from oppleo_flow.store.database import Database
from oppleo_flow.store.reading_rows import ReadingRows
from oppleo_flow.store.tables import readings


@immutable
class Exchange:
    """What the old meter said last, and the new one first."""

    last: MeterReading
    first: MeterReading


class ExchangeRows:
    """The exchanges of a charge point's meters, as their serial numbers tell."""

    def __init__(self, database: Database, of: ReadingRows) -> None:
        self._db = database
        self._readings = of

    def between(self, meter: str, opening: MeterReading, until: datetime) -> Iterator[Exchange]:
        """Yield the exchanges of a meter after a reading and before a moment, in their order.

        A reading without a serial number is of the meter that was there before.
        """
        at, serial = opening.time, opening.serial
        while True:
            found = self._next(meter, at, serial, until)
            first = None if found is None else self._readings.first(meter, found)
            last = None if first is None else self._readings.latest(meter, before=first.time)
            if first is None or last is None:
                return
            if serial is not None:
                yield Exchange(last, first)
            at, serial = first.time, first.serial

    def _next(
        self, meter: str, since: datetime, serial: str | None, until: datetime
    ) -> datetime | None:
        """Return when there was first another serial number than this one."""
        table = readings.c
        query = select(func.min(table.time)).where(
            table.charge_point == self._db.charge_point,
            table.meter == meter,
            table.time > since,
            table.time < until,
            table.serial.is_not(None),
            table.serial != (serial or ""),
        )
        with self._db.read() as connection:
            found: datetime | None = connection.scalar(query)
        return found
