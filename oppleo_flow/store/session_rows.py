"""The sessions of the ledger: events that are written once, and the sessions they make up."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, Table, and_, func, select, update

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import (
    SessionEnded,
    SessionLatched,
    SessionOdometer,
    SessionSettled,
    SessionStarted,
)
from oppleo_flow.store.boot_rows import keep_boot
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.session_query import closed, not_ended, records, still_open
from oppleo_flow.store.slice_rows import keep_slices
from oppleo_flow.store.stale_sessions import mark
from oppleo_flow.store.tables import (
    price_versions,
    session_corrections,
    session_ended,
    session_latched,
    session_odometer,
    session_settled,
    session_started,
)

SessionEvent = SessionStarted | SessionLatched | SessionEnded | SessionSettled | SessionOdometer

_TABLES: Mapping[type[SessionEvent], tuple[Table, str]] = {
    SessionStarted: (session_started, "started"),
    SessionLatched: (session_latched, "latched"),
    SessionEnded: (session_ended, "ended"),
    SessionSettled: (session_settled, "settled"),
    SessionOdometer: (session_odometer, "an odometer"),
}

_MOVED = select(session_corrections.c.session_id).where(
    session_corrections.c.started_at.is_not(None) | session_corrections.c.ended_at.is_not(None)
)
"""The sessions that were at another time than was recorded, by a correction."""


class SessionRows:
    """The sessions of a charge point."""

    def __init__(self, database: Database, write_readings: Callable[[], None]) -> None:
        self._db = database
        self._write_readings = write_readings

    def record(self, event: SessionEvent) -> None:
        """Write an event; the same one again changes nothing.

        A session that starts closes one that is still open, because its end was lost: at most one
        is open at any time.

        Raises:
            StoreError: Another event of this kind is there for the session, or the ledger cannot
                be written.
        """
        table, done = _TABLES[type(event)]
        values = _row(event, self._db.charge_point)
        bills = isinstance(event, SessionEnded | SessionSettled)
        self._write_readings()
        with self._db.write() as connection:
            if _written(connection, table, values, event):
                mark(connection, self._db.charge_point, event.session_id)
                if isinstance(event, SessionEnded) and event.stamp and event.stamp.trusted:
                    keep_boot(connection, self._db.charge_point, event.stamp)
                if bills:
                    self._keep_slices(connection, event.session_id)
                return
            if not _holds(connection, table, values):
                raise StoreError(
                    f"{self._db.place}: session {event.session_id}: has {done} already, with other "
                    "figures; what is written is not changed"
                )

    def _keep_slices(self, connection: Connection, session_id: UUID) -> None:
        """Keep what each part of a session's energy costs, in the transaction of its end."""
        query = closed(self._db.charge_point).where(session_ended.c.session_id == session_id)
        for session in records(connection, self._db.charge_point, [query]):
            keep_slices(connection, self._db.charge_point, session)

    def open(self) -> SessionRecord | None:
        """Return the session that has not ended; of several charge points, the one begun last."""
        return max(self.all_open(), key=lambda session: session.started_at, default=None)

    def all_open(self) -> list[SessionRecord]:
        """Return the sessions that have not ended: one at most of each charge point of the site."""
        query = still_open(self._db.charge_point)
        with self._db.read() as connection:
            return records(connection, self._db.charge_point, [query])

    def between(self, since: datetime, until: datetime) -> list[SessionRecord]:
        """Return the sessions that overlap [since, until), open ones too, as they started.

        Times that were corrected count, and those that were found out afterwards.
        """
        begun, ended = session_started.c, session_ended.c
        queries = [
            closed(self._db.charge_point).where(
                and_(ended.ended_at >= since, ended.started_at < until)
                | ended.session_id.in_(_MOVED)
                | ended.boot_id.is_not(None)
            ),
            not_ended(self._db.charge_point).where(
                and_(begun.started_at < until, _open_at(since))
                | begun.session_id.in_(_MOVED)
                | begun.boot_id.is_not(None)
            ),
        ]
        with self._db.read() as connection:
            found = records(connection, self._db.charge_point, queries)
        there = [one for one in found if _overlaps(one, since, until)]
        return sorted(there, key=lambda session: (session.started_at, session.session_id))

    def latest(self, count: int) -> list[SessionRecord]:
        """Return the `count` sessions that started last, the newest first."""
        here, began = self._db.charge_point, session_started.c
        last = session_ended.c.ended_at.desc()
        lost = not_ended(here).where(began.closed_at.is_not(None))
        starts = select(session_ended.c.started_at).where(session_ended.c.charge_point == here)
        with self._db.read() as connection:
            known = connection.scalars(starts.order_by(last).limit(count)).all()
            if len(known) == count:  # else all that are lost would be looked for, and few are
                lost = lost.where(began.started_at >= min(known))
            queries = [
                closed(here).order_by(last).limit(count),
                still_open(here),
                lost.order_by(began.started_at.desc()).limit(count),
            ]
            found = records(connection, here, queries)
        found.sort(key=lambda session: (session.started_at, session.session_id), reverse=True)
        return found[:count]

    def ids(self) -> list[UUID]:
        """Return the ids of all sessions."""
        begun, ended = session_started.c, session_ended.c
        queries = [
            select(one.session_id).where(one.charge_point == self._db.charge_point)
            for one in (begun, ended)
        ]
        with self._db.read() as connection:
            return sorted({found for query in queries for found in connection.scalars(query)})

    def points(self) -> set[str]:
        """Return the charge points of the site that have had a session."""
        begun = session_started.c
        found: list[str] = []
        with self._db.read() as connection:
            # By steps over the index: there are very many sessions, and few points.
            while True:
                query = select(func.min(begun.point)).where(
                    begun.charge_point == self._db.charge_point,
                    *([begun.point > found[-1]] if found else []),
                )
                point: str | None = connection.scalar(query)
                if point is None:
                    return set(found)
                found.append(point)

    def get(self, session_id: UUID) -> SessionRecord | None:
        """Return one session; None when there is none of this id."""
        queries = [
            closed(self._db.charge_point).where(session_ended.c.session_id == session_id),
            not_ended(self._db.charge_point).where(session_started.c.session_id == session_id),
        ]
        with self._db.read() as connection:
            found = records(connection, self._db.charge_point, queries)
        return found[0] if found else None


def _open_at(at: datetime) -> ColumnElement[bool]:
    begun = session_started.c
    return begun.closed_at.is_(None) | (begun.closed_at >= at)


def _overlaps(session: SessionRecord, since: datetime, until: datetime) -> bool:
    return session.started_at < until and (session.ended_at is None or session.ended_at >= since)


def _row(event: SessionEvent, charge_point: str) -> dict[str, Any]:
    """Return the columns that an event fills."""
    values = asdict(event)
    values.update(values.pop("attribution", {}))
    if isinstance(event, SessionStarted | SessionEnded):
        stamp = values.pop("stamp") or {}
        values.update({name: stamp.get(name) for name in ("boot_id", "monotonic_s")})
    return {**values, "charge_point": charge_point}


def _written(
    connection: Connection, table: Table, values: Mapping[str, Any], event: SessionEvent
) -> bool:
    """Write an event's row unless there is one; return whether there was none."""
    more: dict[str, Any] = {}
    if isinstance(event, SessionStarted):
        if _is_there(connection, table, event.session_id):
            return False
        more["closed_at"] = _make_room(connection, event, values["charge_point"])
    elif isinstance(event, SessionEnded):
        more["price_version_id"] = _price_that_held(values["charge_point"], event.started_at)
    query = insert_new(connection, table, "session_id").values({**values, **more})
    written: int = connection.execute(query).rowcount
    if written and isinstance(event, SessionEnded):
        begun = session_started.c.session_id == event.session_id
        connection.execute(update(session_started).where(begun).values(closed_at=event.ended_at))
    return bool(written)


def _make_room(connection: Connection, event: SessionStarted, charge_point: str) -> datetime | None:
    """Return when a session that starts is closed already; close one that is open before it."""
    ended: datetime | None = connection.scalar(
        select(session_ended.c.ended_at).where(session_ended.c.session_id == event.session_id)
    )
    if ended is not None:
        return ended  # its end was written although its start was not
    begun = session_started.c
    here = (begun.charge_point == charge_point, begun.point == event.point)
    open_now = (*here, begun.closed_at.is_(None))
    query = select(begun.session_id, begun.started_at).where(*open_now)
    row = connection.execute(query).first()
    if row is None:
        return None
    other_id, other = row
    if other > event.started_at and not event.clock_uncertain:
        return cast("datetime", other)  # it comes late: another one has begun since
    close = update(session_started).where(*open_now)
    connection.execute(close.values(closed_at=max(other, event.started_at)))
    mark(connection, charge_point, other_id)
    return None


def _price_that_held(charge_point: str, at: datetime) -> Any:
    """Return a query for the price of a moment, to be part of an INSERT."""
    return (
        select(price_versions.c.price_version_id)
        .where(price_versions.c.charge_point == charge_point, price_versions.c.valid_from <= at)
        .order_by(price_versions.c.valid_from.desc())
        .limit(1)
        .scalar_subquery()
    )


def _is_there(connection: Connection, table: Table, session_id: UUID) -> bool:
    query = select(table.c.session_id).where(table.c.session_id == session_id)
    return connection.execute(query).first() is not None


def _holds(connection: Connection, table: Table, values: Mapping[str, Any]) -> bool:
    """Return whether the row of this session has these values."""
    columns = [table.c[name] for name in values]
    query = select(*columns).where(table.c.session_id == values["session_id"])
    row = connection.execute(query).one()
    return dict(row._mapping) == dict(values)
