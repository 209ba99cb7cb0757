"""The boots of a machine whose clock was right at some moment, and so at every moment of it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from oppleo_flow.clock import Instant
from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import insert_new
from oppleo_flow.store.stale_sessions import mark_boot
from oppleo_flow.store.tables import boots


@immutable
class Boot:
    """When a boot began, by the clock that was right from `known_at` on."""

    began_at: datetime
    known_at: datetime

    def at(self, monotonic_s: float) -> datetime:
        """Return the time so many seconds after it began."""
        return self.began_at + timedelta(seconds=monotonic_s)


def keep_boot(connection: Connection, charge_point: str, now: Instant) -> bool:
    """Keep when a boot began, by a clock that is right; return whether that was new."""
    row = {
        "charge_point": charge_point,
        "boot_id": now.boot_id,
        "began_at": now.wall - timedelta(seconds=now.monotonic_s),
        "known_at": now.wall,
    }
    new = bool(connection.execute(insert_new(connection, boots).values(row)).rowcount)
    if new:
        mark_boot(connection, charge_point, now.boot_id)
    return new


def known_boots(connection: Connection, charge_point: str) -> Mapping[str, Boot]:
    """Return the boots that are known."""
    query = select(boots).where(boots.c.charge_point == charge_point)
    return {row.boot_id: Boot(row.began_at, row.known_at) for row in connection.execute(query)}
