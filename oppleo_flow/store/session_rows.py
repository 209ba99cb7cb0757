"""The sessions of the ledger: events that are written once, and the sessions they make up."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Select, func, select

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.tariff import PriceVersion, price_at
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import SessionEnded, SessionLatched, SessionStarted
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.price_rows import all_prices
from oppleo_flow.store.tables import price_versions, session_ended, session_latched, session_started

SessionEvent = SessionStarted | SessionLatched | SessionEnded

_TABLES = {
    SessionStarted: (session_started, "started"),
    SessionLatched: (session_latched, "latched"),
    SessionEnded: (session_ended, "ended"),
}


class SessionRows:
    """The sessions of a charge point."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def record(self, event: SessionEvent) -> None:
        """Write an event; the same one again changes nothing.

        Raises:
            StoreError: Another event of this kind is there for the session, or the ledger cannot
                be written.
        """
        table, done = _TABLES[type(event)]
        values = {**asdict(event), "charge_point": self._db.charge_point}
        row: dict[str, Any] = dict(values)
        if isinstance(event, SessionEnded):
            row["price_version_id"] = _price_that_held(self._db.charge_point, event.started_at)
        with self._db.write() as connection:
            written = connection.execute(insert_new(connection, table).values(row)).rowcount
            if not written and not _holds(connection, table, values):
                raise StoreError(
                    f"{self._db.place}: session {event.session_id}: has {done} already, with other "
                    "figures; what is written is not changed"
                )

    def open(self) -> SessionRecord | None:
        """Return the session that has not ended; of several the one that started last."""
        query = _open(self._db.charge_point).order_by(session_started.c.started_at.desc()).limit(1)
        with self._db.read() as connection:
            found = _records(connection, self._db.charge_point, [query])
        return found[0] if found else None

    def between(self, since: datetime, until: datetime) -> list[SessionRecord]:
        """Return the sessions that overlap [since, until), open ones too, as they started."""
        closed = _closed(self._db.charge_point).where(
            session_ended.c.ended_at >= since, session_ended.c.started_at < until
        )
        still_open = _open(self._db.charge_point).where(session_started.c.started_at < until)
        with self._db.read() as connection:
            found = _records(connection, self._db.charge_point, [closed, still_open])
        return sorted(found, key=lambda session: (session.started_at, session.session_id))

    def latest(self, count: int) -> list[SessionRecord]:
        """Return the `count` sessions that started last, the newest first."""
        closed = _closed(self._db.charge_point).order_by(session_ended.c.ended_at.desc())
        still_open = _open(self._db.charge_point).order_by(session_started.c.started_at.desc())
        queries = [closed.limit(count), still_open.limit(count)]
        with self._db.read() as connection:
            found = _records(connection, self._db.charge_point, queries)
        found.sort(key=lambda session: (session.started_at, session.session_id), reverse=True)
        return found[:count]


def _price_that_held(charge_point: str, at: datetime) -> Any:
    """Return a query for the price of a moment, to be part of an INSERT."""
    return (
        select(price_versions.c.price_version_id)
        .where(price_versions.c.charge_point == charge_point, price_versions.c.valid_from <= at)
        .order_by(price_versions.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


def _holds(connection: Connection, table: Any, values: Mapping[str, Any]) -> bool:
    """Return whether the row of this session has these values."""
    columns = [table.c[name] for name in values]
    row = connection.execute(
        select(*columns).where(table.c.session_id == values["session_id"])
    ).one()
    return dict(row._mapping) == dict(values)


def _closed(charge_point: str) -> Select[Any]:
    ended, begun, late = session_ended.c, session_started.c, session_latched.c
    return (
        select(
            *(ended.session_id, ended.token_id, ended.uid, ended.label, ended.started_at),
            ended.meter_start_wh,
            begun.meter_start_quality,
            func.coalesce(late.meter_serial, begun.meter_serial).label("meter_serial"),
            late.latched_at,
            *(ended.ended_at, ended.meter_end_wh, ended.energy_wh, ended.reason),
            ended.price_version_id,
        )
        .outerjoin_from(session_ended, session_started, ended.session_id == begun.session_id)
        .outerjoin(session_latched, ended.session_id == late.session_id)
        .where(ended.charge_point == charge_point)
    )


def _open(charge_point: str) -> Select[Any]:
    ended, begun, late = session_ended.c, session_started.c, session_latched.c
    return (
        select(
            *(begun.session_id, begun.token_id, begun.uid, begun.label, begun.started_at),
            func.coalesce(late.meter_start_wh, begun.meter_start_wh).label("meter_start_wh"),
            begun.meter_start_quality,
            func.coalesce(late.meter_serial, begun.meter_serial).label("meter_serial"),
            late.latched_at,
            *(ended.ended_at, ended.meter_end_wh, ended.energy_wh, ended.reason),
            ended.price_version_id,
        )
        .outerjoin_from(session_started, session_ended, ended.session_id == begun.session_id)
        .outerjoin(session_latched, begun.session_id == late.session_id)
        .where(begun.charge_point == charge_point, ended.session_id.is_(None))
    )


def _records(
    connection: Connection, charge_point: str, queries: Iterable[Select[Any]]
) -> list[SessionRecord]:
    prices = all_prices(connection, charge_point)
    return [_record(row, prices) for query in queries for row in connection.execute(query)]


def _record(row: Row[Any], prices: Mapping[UUID, PriceVersion]) -> SessionRecord:
    """Return a session; its price is the one kept with it, else the one that is known now.

    A session that is open has none yet, and one that ended before any price was known has none
    kept: both are looked up, so that a price entered late still counts.
    """
    kept = prices.get(row.price_version_id) if row.price_version_id else None
    return SessionRecord(
        session_id=row.session_id,
        token_id=row.token_id,
        uid=row.uid,
        label=row.label,
        started_at=row.started_at,
        meter_start_wh=row.meter_start_wh,
        meter_start_quality="late" if row.latched_at else row.meter_start_quality or "unknown",
        meter_serial=row.meter_serial,
        ended_at=row.ended_at,
        meter_end_wh=row.meter_end_wh,
        energy_wh=row.energy_wh,
        reason=row.reason,
        price=kept or price_at(prices.values(), row.started_at),
    )
