"""Enrolling a card by swiping it: armed for one card, for a while."""

from dataclasses import replace
from datetime import datetime
from uuid import uuid5

from sqlalchemy import ColumnElement, delete, select, update

from oppleo_flow.charging.tokens import Enrolment, Token
from oppleo_flow.errors import Refused
from oppleo_flow.store.database import Database
from oppleo_flow.store.tables import enrolments, tokens
from oppleo_flow.store.token_rows import NAMESPACE, TokenRows, columns


class EnrolmentRows:
    """The one enrolment that a charge point may be armed for."""

    def __init__(self, database: Database, known: TokenRows) -> None:
        self._db = database
        self._tokens = known

    def arm(self, enrolment: Enrolment) -> None:
        """Let the next card that may not charge become a token; an earlier one is forgotten.

        Raises:
            Refused: It has no label.
        """
        if not enrolment.label.strip():
            raise Refused("a card is enrolled under a label; say what people call it")
        values = {"charge_point": self._db.charge_point, "label": enrolment.label}
        times = {"armed_at": enrolment.armed_at, "expires_at": enrolment.expires_at}
        with self._db.write() as connection:
            connection.execute(delete(enrolments).where(self._here))
            connection.execute(enrolments.insert().values({**values, **times}))

    def armed(self, now: datetime) -> Enrolment | None:
        """Return what is armed now."""
        last = self.last()
        waits = last is not None and last.token_id is None and last.expires_at > now
        return last if waits else None

    def last(self) -> Enrolment | None:
        """Return what was armed last, and which token it has become, if somebody swiped a card."""
        table = enrolments.c
        query = select(table.label, table.armed_at, table.expires_at, table.token_id)
        with self._db.read() as connection:
            row = connection.execute(query.where(self._here)).first()
        return None if row is None else Enrolment(*row)

    def disarm(self) -> None:
        """Forget what is armed, if anything is."""
        with self._db.write() as connection:
            connection.execute(delete(enrolments).where(self._here))

    def enrol(self, uid: str, legacy_id: str, now: datetime) -> Token | None:
        """Make a card a token that may charge, if that is armed now; return the token.

        It is armed for one card: with this one it is over, be there two readers.
        """
        armed = self.armed(now)
        if armed is None:
            return None
        known = self._tokens.of_card(uid, legacy_id)
        made = uuid5(NAMESPACE, f"{self._db.charge_point} {uid}")
        token = known or Token(made, uid, legacy_id, armed.label, enabled=True)
        token = replace(token, label=armed.label, enabled=True, retired_at=None)
        values = columns(token)
        waits = self._here, enrolments.c.token_id.is_(None)
        becomes = update(enrolments).where(*waits).values(token_id=token.token_id)
        with self._db.write() as connection:
            if not connection.execute(becomes).rowcount:
                return None
            if known is None:
                new = {"charge_point": self._db.charge_point, "created_at": now}
                connection.execute(tokens.insert().values({**values, **new}))
            else:
                own = tokens.c.token_id == token.token_id
                connection.execute(update(tokens).where(own).values(values))
        return token

    @property
    def _here(self) -> ColumnElement[bool]:
        return enrolments.c.charge_point == self._db.charge_point
