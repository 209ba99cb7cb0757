"""What an import writes: sessions that are over, with their price, and the rows they come from."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, and_, delete, select

from oppleo_flow.charging.tariff import PriceVersion
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.stale_sessions import mark
from oppleo_flow.store.tables import session_ended, session_odometer, session_started, slices
from oppleo_flow.store.tables.users import imported_rows

SourceRow = Mapping[str, str | None]
T = TypeVar("T")
_AT_ONCE = 500


@immutable
class PastSession:
    """A session that is over; `price` is what all of its energy costs, `source` the row it was."""

    started: SessionStarted
    ended: SessionEnded
    price: PriceVersion | None
    odometer_km: int | None
    source_id: str
    source: SourceRow

    @property
    def billed(self) -> bool:
        """Return whether it costs something, or nothing for sure."""
        return self.price is not None and self.ended.energy_wh is not None


class ImportRows:
    """What a charge point has taken over from another program."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def rows(self, table: str) -> dict[str, dict[str, str | None]]:
        """Return the rows of one of its tables that were taken over, by their ids."""
        query = select(imported_rows.c.source_id, imported_rows.c.row).where(
            imported_rows.c.charge_point == self._db.charge_point,
            imported_rows.c.source_table == table,
        )
        with self._db.read() as connection:
            return {source_id: json.loads(row) for source_id, row in connection.execute(query)}

    def keep(self, table: str, rows: Mapping[str, SourceRow], now: datetime) -> None:
        """Keep rows, in the place of those that had the same ids."""
        with self._db.write() as connection:
            self._keep(connection, table, rows, now)

    def add_sessions(self, table: str, sessions: Iterable[PastSession], now: datetime) -> None:
        """Write sessions and the rows they come from, some hundreds in a transaction.

        One that is there already stays as it is.
        """
        for some in _batches(sessions):
            with self._db.write() as connection:
                for one in (
                    (session_started, map(self._started, some)),
                    (session_ended, map(self._ended, some)),
                    (slices, [self._slice(it, it.price) for it in some if it.price and it.billed]),
                    (session_odometer, [self._odometer(it) for it in some if it.odometer_km]),
                ):
                    _insert(connection, *one)
                for session in some:
                    mark(connection, self._db.charge_point, session.ended.session_id)
                self._keep(connection, table, {it.source_id: it.source for it in some}, now)

    def _keep(
        self, connection: Connection, table: str, rows: Mapping[str, SourceRow], now: datetime
    ) -> None:
        for ids in _batches(rows):
            connection.execute(
                delete(imported_rows).where(
                    and_(
                        imported_rows.c.charge_point == self._db.charge_point,
                        imported_rows.c.source_table == table,
                        imported_rows.c.source_id.in_(ids),
                    )
                )
            )
        _insert(
            connection,
            imported_rows,
            (
                {
                    "charge_point": self._db.charge_point,
                    "source_table": table,
                    "source_id": source_id,
                    "row": json.dumps(row, ensure_ascii=False, sort_keys=True),
                    "imported_at": now,
                }
                for source_id, row in rows.items()
            ),
        )

    def _started(self, one: PastSession) -> dict[str, Any]:
        values = asdict(one.started)
        values.update(values.pop("attribution"))
        del values["stamp"]
        return {**values, "charge_point": self._db.charge_point, "closed_at": one.ended.ended_at}

    def _ended(self, one: PastSession) -> dict[str, Any]:
        values = asdict(one.ended)
        del values["stamp"]
        price_id = None if one.price is None else one.price.price_version_id
        return {
            **values,
            "charge_point": self._db.charge_point,
            "price_version_id": price_id,
            "one_price": price_id is not None,
        }

    def _slice(self, one: PastSession, price: PriceVersion) -> dict[str, Any]:
        """Return all of a session's energy at one price, whatever other prices hold meanwhile."""
        return {
            "session_id": one.ended.session_id,
            "number": 0,
            "charge_point": self._db.charge_point,
            "since": one.ended.started_at,
            "until": one.ended.ended_at,
            "start_wh": one.ended.meter_start_wh,
            "end_wh": one.ended.meter_end_wh,
            "kind": "flat",
            "price_version_id": price.price_version_id,
            "per_kwh": price.price_per_kwh,
            "estimated": False,
        }

    def _odometer(self, one: PastSession) -> dict[str, Any]:
        attribution = one.started.attribution
        return {
            "session_id": one.started.session_id,
            "charge_point": self._db.charge_point,
            "vehicle": attribution.vehicle or attribution.plate or one.started.label,
            "odometer_km": one.odometer_km,
            "measured_at": one.started.started_at,
        }


def _batches(items: Iterable[T]) -> Iterator[list[T]]:
    left = iter(items)
    while some := list(islice(left, _AT_ONCE)):
        yield some


def _insert(connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]) -> None:
    values: Sequence[Mapping[str, Any]] = list(rows)
    if values:
        connection.execute(insert_new(connection, table), values)
