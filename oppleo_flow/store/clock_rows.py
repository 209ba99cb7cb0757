"""When a boot of the machine began, found out when its clock was told the time.

A session that began by a clock that was not known to be right bears the boot and the seconds since
it began.  Its rows never change: they are dated when they are read.
"""

from sqlalchemy import Connection, exists, or_, select

from oppleo_flow.clock import Instant
from oppleo_flow.store.boot_rows import keep_boot
from oppleo_flow.store.database import Database
from oppleo_flow.store.session_query import closed, records
from oppleo_flow.store.slice_rows import keep_slices
from oppleo_flow.store.tables import session_ended, session_started


class ClockRows:
    """What is known of the clock of a charge point."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def date(self, now: Instant) -> int:
        """Date the sessions of this boot, now that its clock is right; return how many there are.

        Nothing is written while there is none to be dated.
        """
        if not now.trusted:
            return 0
        ended, begun = session_ended.c, session_started.c
        of_this_boot = or_(
            ended.boot_id == now.boot_id,
            ended.session_id.in_(
                select(begun.session_id).where(
                    begun.charge_point == self._db.charge_point, begun.boot_id == now.boot_id
                )
            ),
        )
        with self._db.write() as connection:
            if not _waits(connection, self._db.charge_point, now.boot_id):
                return 0
            if not keep_boot(connection, self._db.charge_point, now):
                return 0
            query = closed(self._db.charge_point).where(of_this_boot)
            found = records(connection, self._db.charge_point, [query])
            for session in found:
                keep_slices(connection, self._db.charge_point, session)
        return len(found)


def _waits(connection: Connection, charge_point: str, boot_id: str) -> bool:
    """Return whether anything was stamped in a boot."""
    found = connection.scalar(
        select(
            or_(
                *(
                    exists().where(table.c.charge_point == charge_point, table.c.boot_id == boot_id)
                    for table in (session_started, session_ended)
                )
            )
        )
    )
    return bool(found)
