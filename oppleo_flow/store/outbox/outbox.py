"""The outbox: what was written to the ledger and has not arrived in another database yet.

Each batch has a mark.  Before it leaves, the mark is on this disk; with its rows it is in the
other database, in one transaction; after that it is here as the last one that arrived, and its rows
leave the outbox.  So whichever side is killed, and whenever, the marks tell what arrived: each row
arrives once, in the order of writing.  Marks that do not fit, as after one side was restored from a
backup, let everything go again: rows are kept under their keys, so that changes nothing that is
right.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, func, select, update

from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import Database
from oppleo_flow.store.outbox.triggers import drop_triggers, make_triggers, put_all
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.tables import readings
from oppleo_flow.store.tables.outbox import READINGS, outbox, outbox_state

_KEY = len(readings.primary_key)
_FIRST = '["", ""]'
_READING_COLUMNS = ", ".join(f'r."{name}"' for name in readings.c.keys())  # noqa: SIM118


@immutable
class Change:
    """One row as it was written, by the values that SQLite has; of a `gone` one its key."""

    table: str
    row: Mapping[str, Any]
    gone: bool = False


@immutable
class Batch:
    """What goes to the other database in one transaction; readings are rows as SQLite has them."""

    mark: str
    changes: Sequence[Change]
    readings: Sequence[tuple[Any, ...]]

    def __len__(self) -> int:
        return len(self.changes) + len(self.readings)


@immutable
class Marks:
    """What this side knows of the other: `last` arrived for sure, `under_way` perhaps."""

    ledger_id: str
    last: str | None
    under_way: str | None


@immutable
class Behind:
    """How much has not arrived: rows, and up to when those of before have been sent, if not all.

    `sent_at` is when everything had arrived last.
    """

    rows: int
    sending_from: str | None = None
    sent_at: datetime | None = None


class Outbox:
    """The outbox of a site's ledger."""

    def __init__(self, database: Database) -> None:
        self._db = database
        self._taken = False

    def open(self) -> None:
        """Begin, or go on, to keep what is written; the first time with all that is there.

        Raises:
            StoreError: The ledger cannot be written.
        """
        self._taken = True
        with self._db.write() as connection:
            state = _state(connection)
            if state is None or not state.revision:
                _begin_anew(connection, uuid4().hex if state is None else state.ledger_id)
            elif state.revision != HEAD:
                make_triggers(connection)
                connection.execute(update(outbox_state).values(revision=HEAD))

    def release(self) -> None:
        """Take no more from it, for now or for good."""
        self._taken = False

    def forget_unless_taken(self) -> None:
        """Keep nothing any more if nobody takes it: it would grow for ever.

        Nothing is lost by that: who takes from it later gets all there is in the ledger first.
        """
        if self._taken:
            return
        with self._db.read() as connection:
            state = _state(connection)
        if state is None or not state.revision:
            return
        with self._db.write() as connection:
            drop_triggers(connection)
            connection.execute(outbox.delete())
            connection.execute(update(outbox_state).values(revision="", cursor=None))

    def send_all_again(self) -> None:
        """Let everything that is in the ledger go once more."""
        with self._db.write() as connection:
            state = _state(connection)
            _begin_anew(connection, uuid4().hex if state is None else state.ledger_id)

    @property
    def marks(self) -> Marks:
        """Return the marks of this side."""
        with self._db.read() as connection:
            state = _open_state(connection)
            return Marks(state.ledger_id, state.mark, state.next_mark)

    def behind(self) -> Behind:
        """Return how much has not arrived yet."""
        with self._db.read() as connection:
            state = _state(connection)
            first, last = connection.execute(
                select(func.min(outbox.c.seq), func.max(outbox.c.seq))
            ).one()
        rows = 0 if first is None else last - first + 1
        sent_at = None if state is None or not state.sent_at else state.sent_at
        return Behind(
            rows,
            None if state is None or state.cursor is None else json.loads(state.cursor)[1],
            None if sent_at is None else datetime.fromisoformat(sent_at),
        )

    def next_batch(self, most: int) -> Batch | None:
        """Return what goes next, at most so many rows; None when everything arrived.

        When this returns it is on the disk here that the batch may be under way.
        """
        with self._db.read() as connection:
            state = _open_state(connection)
            query = select(outbox).order_by(outbox.c.seq).limit(most)
            found = connection.execute(query).all()
            up_to = found[-1].seq if found else 0
            rows = _readings_of(connection, self._db.charge_point, found)
            cursor = state.cursor
            if cursor is not None and len(found) < most:
                room = most - len(found)
                before = _readings_after(connection, self._db.charge_point, cursor, room)
                cursor = json.dumps(before[-1][1:3]) if len(before) == room else None
                # One that is new may be among those that were there.
                rows = list({row[:_KEY]: row for row in (*rows, *before)}.values())
        if not found and state.cursor is None:
            return None
        batch = Batch(uuid4().hex, [_change(row) for row in found if row.row is not None], rows)
        with self._db.write() as connection:
            under_way = {"next_mark": batch.mark, "next_seq": up_to, "next_cursor": cursor}
            connection.execute(update(outbox_state).values(under_way))
        return batch

    def arrived(self, now: datetime) -> bool:
        """Let go of the batch that was under way last; return whether there is more."""
        with self._db.write(durable=False) as connection:
            state = _open_state(connection)
            connection.execute(outbox.delete().where(outbox.c.seq <= state.next_seq))
            left = connection.scalar(select(func.min(outbox.c.seq)))
            more = left is not None or state.next_cursor is not None
            connection.execute(
                update(outbox_state).values(
                    mark=state.next_mark,
                    cursor=state.next_cursor,
                    next_mark=None,
                    sent_at=state.sent_at if more else now.isoformat(),
                )
            )
        return more

    def oldest_reading(self) -> datetime | None:
        """Return the time of the oldest reading that has not arrived; None: all have."""
        with self._db.read() as connection:
            oldest = connection.scalar(select(func.min(outbox.c.time)))
        return None if oldest is None else datetime.fromisoformat(f"{oldest}+00:00")


def _state(connection: Connection) -> Row[Any] | None:
    return connection.execute(select(outbox_state)).first()


def _open_state(connection: Connection) -> Row[Any]:
    return connection.execute(select(outbox_state)).one()


def _begin_anew(connection: Connection, ledger_id: str) -> None:
    """Put all there is into an empty outbox; from now on what is written follows it."""
    connection.execute(outbox.delete())
    make_triggers(connection)
    put_all(connection)
    connection.execute(outbox_state.delete())
    new = {"ledger_id": ledger_id, "revision": HEAD, "cursor": _FIRST}
    connection.execute(outbox_state.insert().values(new))


def _change(row: Row[Any]) -> Change:
    return Change(row.table_name, json.loads(row.row), gone=bool(row.gone))


def _readings_of(
    connection: Connection, charge_point: str, found: Sequence[Row[Any]]
) -> Sequence[tuple[Any, ...]]:
    """Return the readings that a part of the outbox names, each once."""
    if not any(row.table_name == READINGS for row in found):
        return []
    query = (
        f"SELECT {_READING_COLUMNS} FROM (SELECT DISTINCT meter, time FROM outbox "
        f"WHERE seq <= ? AND table_name = '{READINGS}') AS o JOIN {READINGS} AS r "
        "ON r.charge_point = ? AND r.meter = o.meter AND r.time = o.time"
    )
    return _tuples(connection, query, (found[-1].seq, charge_point))


def _readings_after(
    connection: Connection, charge_point: str, cursor: str, most: int
) -> Sequence[tuple[Any, ...]]:
    """Return the readings that follow one in the order of their key."""
    query = (
        f"SELECT {_READING_COLUMNS} FROM {READINGS} AS r WHERE r.charge_point = ? "
        "AND (r.meter, r.time) > (?, ?) ORDER BY r.meter, r.time LIMIT ?"
    )
    return _tuples(connection, query, (charge_point, *json.loads(cursor), most))


def _tuples(
    connection: Connection, query: str, values: tuple[Any, ...]
) -> Sequence[tuple[Any, ...]]:
    driver = connection.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    # Of thousands of rows SQLAlchemy's own would take longer to make than to read.
    return driver.execute(query, values).fetchall()
