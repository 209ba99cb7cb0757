"""How corrections are read."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, select

from oppleo_flow.charging.correction import Changes, Correction
from oppleo_flow.store.tables import session_corrections

CHANGES = tuple(one.name for one in fields(Changes))


def corrections_of(connection: Connection, charge_point: str) -> Mapping[UUID, list[Correction]]:
    """Return the corrections of each session that has any; there are few."""
    table = session_corrections.c
    query = select(session_corrections).where(table.charge_point == charge_point)
    found: dict[UUID, list[Correction]] = {}
    for row in connection.execute(query.order_by(table.number)):
        found.setdefault(row.session_id, []).append(_correction(row))
    return found


def _correction(row: Row[Any]) -> Correction:
    said = row._mapping
    return Correction(
        correction_id=row.correction_id,
        session_id=row.session_id,
        number=row.number,
        corrected_at=row.corrected_at,
        who=row.who,
        why=row.why,
        changes=Changes(**{name: said[name] for name in CHANGES}),
    )
