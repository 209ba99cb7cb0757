"""Corrections of sessions, each written once; what they correct stays as it is."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Connection

from oppleo_flow.charging.correction import (
    BOUNDING,
    Changes,
    Correction,
    check,
    check_registers,
)
from oppleo_flow.charging.joining import join
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.errors import Refused
from oppleo_flow.store.correction_query import corrections_of
from oppleo_flow.store.database import Database
from oppleo_flow.store.session_query import closed, not_ended, records, with_registers
from oppleo_flow.store.stale_sessions import mark
from oppleo_flow.store.tables import session_corrections, session_ended, session_started

_NOBODY_YET = "?"


class CorrectionRows:
    """The corrections of a charge point's sessions."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add(
        self, session_id: UUID, changes: Changes, *, who: str, why: str, now: datetime
    ) -> SessionRecord:
        """Correct a session; return it as it is then.

        Raises:
            Refused: There is no such session, or it cannot be what the correction says.
        """
        with self._db.write() as connection:
            self._add(connection, session_id, changes, who, why, now)
            return self._get(connection, session_id)

    def preview(self, session_id: UUID, changes: Changes, *, now: datetime) -> SessionRecord:
        """Return what a session would be with a correction; nothing of it is kept.

        Raises:
            Refused: As `add` does.
        """
        with self._db.write(durable=False) as connection:
            self._add(connection, session_id, changes, _NOBODY_YET, _NOBODY_YET, now)
            after = self._get(connection, session_id)
            connection.rollback()
        return after

    def join(
        self, first_id: UUID, second_id: UUID, *, who: str, why: str, now: datetime
    ) -> SessionRecord:
        """Make two sessions one, in one transaction; return it.

        Raises:
            Refused: There is no such session, or the two cannot be one.
        """
        with self._db.write() as connection:
            both = [self._get(connection, one) for one in (first_id, second_id)]
            # The later one first: until it is void its energy is on its own bill.
            for session, changes in reversed([*zip(both, join(*both), strict=True)]):
                self._add(connection, session.session_id, changes, who, why, now)
            return self._get(connection, first_id)

    def _get(self, connection: Connection, session_id: UUID) -> SessionRecord:
        queries = [
            closed(self._db.charge_point).where(session_ended.c.session_id == session_id),
            not_ended(self._db.charge_point).where(session_started.c.session_id == session_id),
        ]
        found = records(connection, self._db.charge_point, queries)
        if not found:
            raise Refused(f"session {session_id}: is not known; `oppleo-flow sessions` has ids")
        return found[0]

    def _add(
        self,
        connection: Connection,
        session_id: UUID,
        changes: Changes,
        who: str,
        why: str,
        now: datetime,
    ) -> None:
        session = self._get(connection, session_id)
        earlier = corrections_of(connection, self._db.charge_point).get(session_id, [])
        correction = Correction(
            *(uuid4(), session_id, len(earlier) + 1, now),
            *(who.strip(), why.strip(), changes),
        )
        check(session.original or session, earlier, correction)
        row = {**asdict(correction), "charge_point": self._db.charge_point}
        row.update(row.pop("changes"))
        connection.execute(session_corrections.insert().values(row))
        mark(connection, self._db.charge_point, session_id)
        if BOUNDING & set(changes.said):
            self._check_registers(connection, session_id)

    def _check_registers(self, connection: Connection, session_id: UUID) -> None:
        """Refuse what has just been said if another session has some of that energy."""
        after = self._get(connection, session_id)
        if after.meter_start_wh is None or after.meter_end_wh is None:
            return
        near = with_registers(self._db.charge_point, after.meter_start_wh, after.meter_end_wh)
        found = records(connection, self._db.charge_point, [near])
        check_registers(after, [one for one in found if one.session_id != session_id])

    def of(self, session_id: UUID) -> list[Correction]:
        """Return the corrections of a session, the first one first."""
        with self._db.read() as connection:
            return corrections_of(connection, self._db.charge_point).get(session_id, [])
