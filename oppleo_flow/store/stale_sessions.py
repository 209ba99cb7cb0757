"""Which sessions the index has to be told of: marked where something of them is written.

The index itself is brought up to date by who looks into it: a card at the reader does not wait.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Select, literal, or_, select

from oppleo_flow.store.database import insert_new
from oppleo_flow.store.tables.ledger import session_ended, session_started, slices
from oppleo_flow.store.tables.session_index import session_index, session_stale


def mark(connection: Connection, charge_point: str, session_id: UUID) -> None:
    """Mark one session."""
    row = {"session_id": session_id, "charge_point": charge_point}
    connection.execute(insert_new(connection, session_stale).values(row))


def mark_boot(connection: Connection, charge_point: str, boot_id: str) -> None:
    """Mark the sessions that began or ended in a boot: now somebody knows when that was."""
    for table in (session_started, session_ended):
        here = table.c.charge_point == charge_point
        _mark(connection, select(table.c.session_id, table.c.charge_point).where(
            here, table.c.boot_id == boot_id
        ))  # fmt: skip


def mark_unpriced(
    connection: Connection, charge_point: str, since: datetime, until: datetime | None = None
) -> None:
    """Mark the sessions of a time that a new price can change: those whose price is not kept."""
    one = session_index.c
    kept = select(literal(1)).where(slices.c.session_id == one.session_id)
    query = select(one.session_id, one.charge_point).where(
        one.charge_point == charge_point,
        or_(one.amount_cents.is_(None), one.flags != "", ~kept.exists()),
        or_(one.ended_at.is_(None), one.ended_at >= since),
    )
    _mark(connection, query if until is None else query.where(one.started_at < until))


def mark_missing(connection: Connection, charge_point: str) -> None:
    """Mark the sessions that the index does not have, and open ones: somebody wrote past it.

    An earlier version of the program does, which was gone back to for a while.
    """
    still_open = select(session_index.c.session_id, session_index.c.charge_point)
    here = session_index.c.charge_point == charge_point
    _mark(connection, still_open.where(here, session_index.c.ended_at.is_(None)))
    for table in (session_started, session_ended):
        known = select(literal(1)).where(session_index.c.session_id == table.c.session_id)
        query = select(table.c.session_id, table.c.charge_point)
        _mark(connection, query.where(table.c.charge_point == charge_point, ~known.exists()))


def _mark(connection: Connection, query: Select[Any]) -> None:
    columns = ["session_id", "charge_point"]
    connection.execute(insert_new(connection, session_stale).from_select(columns, query))
