"""Sessions as a ledger keeps them, put there in one go."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import sqlite_engine
from oppleo_flow.store.tables.ledger import session_ended, session_started, slices


@immutable
class Kept:
    """A session at one price: who charged, when, and from which register on."""

    session_id: UUID
    charge_point: str
    began: datetime
    ended: datetime
    start_wh: int
    energy_wh: int
    card: Mapping[str, Any]
    whose: Mapping[str, Any]
    price_id: UUID
    per_kwh: Decimal
    begins_late: bool = False


def keep(path: Path, sessions: Iterable[Kept]) -> None:
    """Put sessions into a ledger, with their ends and their slices."""
    rows = [_rows(one) for one in sessions]
    engine = sqlite_engine(path)
    with engine.execution_options(write=True).begin() as connection:
        for place, table in enumerate((session_started, session_ended, slices)):
            connection.execute(table.insert(), [row[place] for row in rows])
    engine.dispose()


def _rows(kept: Kept) -> tuple[dict[str, Any], ...]:
    """Return what the ledger keeps of a session: its start, its end, and what it cost."""
    of = {"session_id": kept.session_id, "charge_point": kept.charge_point}
    register = {"started_at": kept.began, "meter_start_wh": kept.start_wh}
    end_wh = kept.start_wh + kept.energy_wh
    begun = {
        **(of | dict(kept.card) | register | dict(kept.whose)),
        "meter_start_quality": "late" if kept.begins_late else "measured",
        "meter_serial": "19001234",
        "closed_at": kept.ended,
    }
    end = {
        **(of | dict(kept.card) | register),
        "ended_at": kept.ended,
        "meter_end_wh": end_wh,
        "meter_end_quality": "measured",
        "energy_wh": kept.energy_wh,
        "reason": "card",
        "price_version_id": kept.price_id,
    }
    part = {
        **of,
        "number": 0,
        "since": kept.began,
        "until": kept.ended,
        "start_wh": kept.start_wh,
        "end_wh": end_wh,
        "kind": "flat",
        "price_version_id": kept.price_id,
        "per_kwh": kept.per_kwh,
        "estimated": False,
    }
    return begun, end, part
