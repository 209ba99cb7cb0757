"""The cards of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Column, Connection, Row, and_, delete, func, select, union, update

from oppleo_flow.charging.tokens import Token, TokenUse
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Limits
from oppleo_flow.store.account_rows import check_accounts
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import session_ended, session_started, tokens
from oppleo_flow.store.token_uses import uses_of

NAMESPACE = UUID("7a2f4a52-3c0b-4f7d-8f43-0f3c1f0c9b11")
_COLUMNS: Sequence[Column[Any]] = (
    *(tokens.c.token_id, tokens.c.uid, tokens.c.legacy_id, tokens.c.label),
    *(tokens.c.enabled, tokens.c.valid_from, tokens.c.valid_until),
    *(tokens.c.driver, tokens.c.vehicle, tokens.c.cost_centre),
    *(tokens.c.max_energy_wh, tokens.c.max_duration_s, tokens.c.retired_at),
)


class TokenRows:
    """The cards that a charge point knows."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def of_card(self, uid: str, legacy_id: str) -> Token | None:
        """Return the token of a card; None when it is unknown.

        A token that was entered by Oppleo's number alone is found by that number, as long as no
        token has the card's UID and until `keep_uid` has told its own.
        """
        table = tokens.c
        by_number = and_(table.uid.is_(None), table.legacy_id == legacy_id)
        query = (
            select(*_COLUMNS)
            .where(table.charge_point == self._db.charge_point, (table.uid == uid) | by_number)
            .order_by(table.uid.is_(None), table.created_at)
            .limit(1)
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _token(row)

    def all(self) -> list[Token]:
        """Return every token, by label, then in the order in which they were first seen."""
        query = (
            select(*_COLUMNS)
            .where(tokens.c.charge_point == self._db.charge_point)
            .order_by(tokens.c.label, tokens.c.created_at, tokens.c.token_id)
        )
        with self._db.read() as connection:
            return [_token(row) for row in connection.execute(query)]

    def add(self, token: Token, now: datetime) -> None:
        """Add a token.

        Raises:
            Refused: There is one of this id or card already, or nobody knows its driver, vehicle
                or cost centre.
        """
        values = {**columns(token), "charge_point": self._db.charge_point, "created_at": now}
        with self._db.write() as connection:
            check_accounts(connection, self._db.charge_point, token)
            if token.uid is None and _is_number_known(connection, values):
                raise Refused(_known_already(token))
            added = connection.execute(insert_new(connection, tokens).values(values)).rowcount
        if not added:
            raise Refused(_known_already(token))

    def change(self, token: Token) -> None:
        """Write all of a known token but its id.

        Raises:
            Refused: There is no token of this id, or nobody knows its driver, vehicle or cost
                centre.
        """
        values = columns(token)
        del values["token_id"]
        with self._db.write() as connection:
            check_accounts(connection, self._db.charge_point, token)
            query = (
                update(tokens)
                .where(
                    tokens.c.token_id == token.token_id,
                    tokens.c.charge_point == self._db.charge_point,
                )
                .values(values)
            )
            changed = connection.execute(query).rowcount
        if not changed:
            raise Refused(f"token {token.token_id}: is not known; add it first")

    def remove(self, token_id: UUID) -> None:
        """Remove a token that has no session, not even one that is under way.

        Raises:
            Refused: There is no token of this id, or it has a session.
        """
        mine = (tokens.c.token_id == token_id, tokens.c.charge_point == self._db.charge_point)
        with self._db.write() as connection:
            token = connection.execute(select(*_COLUMNS).where(*mine)).first()
            if token is None:
                raise Refused(f"token {token_id}: is not known")
            count = _sessions_of(connection, token_id)
            if count:
                what = "a session" if count == 1 else f"{count} sessions"
                raise Refused(
                    f"token {token.uid or token.legacy_id}: has {what}; retire it instead, "
                    "so that everybody sees whose they are"
                )
            connection.execute(delete(tokens).where(*mine))

    def keep_uid(self, token_id: UUID, uid: str) -> None:
        """Keep the UID of a token of which only Oppleo's number was known.

        Other cards may have the same number: from now on they are other cards.
        """
        query = update(tokens).where(tokens.c.token_id == token_id, tokens.c.uid.is_(None))
        with self._db.write() as connection:
            connection.execute(query.values(uid=uid))

    def note_refused(self, uid: str, legacy_id: str, now: datetime) -> None:
        """Keep that a card was refused; an unknown one becomes a disabled token without a label.

        So its owner can swipe it once and then enable it.
        """
        token_id = uuid5(NAMESPACE, f"{self._db.charge_point} {uid}")
        card = {
            **columns(Token(token_id, uid, legacy_id, label="", enabled=False)),
            "charge_point": self._db.charge_point,
            "created_at": now,
        }
        known = self.of_card(uid, legacy_id)
        with self._db.write() as connection:
            if known is None:
                connection.execute(insert_new(connection, tokens).values(card))
            query = update(tokens).where(
                tokens.c.token_id == (token_id if known is None else known.token_id)
            )
            connection.execute(query.values(refused_at=now))

    def get(self, token_id: UUID) -> Token | None:
        """Return a token; None when there is none of this id."""
        query = select(*_COLUMNS).where(
            tokens.c.token_id == token_id, tokens.c.charge_point == self._db.charge_point
        )
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else _token(row)

    def uses(self) -> dict[UUID, TokenUse]:
        """Return what each token was used for; those that never were are not among them."""
        with self._db.read() as connection:
            return uses_of(connection, self._db.charge_point)

    def known_since(self) -> dict[UUID, datetime]:
        """Return when each token came to be known, be it by being refused."""
        query = select(tokens.c.token_id, tokens.c.created_at).where(
            tokens.c.charge_point == self._db.charge_point
        )
        with self._db.read() as connection:
            return {row.token_id: row.created_at for row in connection.execute(query)}

    def refused_at(self) -> dict[UUID, datetime]:
        """Return when each token that ever was refused was so last."""
        query = select(tokens.c.token_id, tokens.c.refused_at).where(
            tokens.c.charge_point == self._db.charge_point, tokens.c.refused_at.is_not(None)
        )
        with self._db.read() as connection:
            return {row.token_id: row.refused_at for row in connection.execute(query)}


def _sessions_of(connection: Connection, token_id: UUID) -> int:
    """Return how many sessions a token has; of one its start may be all that is there, or its end.

    Those count too that were made void.
    """
    begun = select(session_started.c.session_id).where(session_started.c.token_id == token_id)
    ended = select(session_ended.c.session_id).where(session_ended.c.token_id == token_id)
    both = union(begun, ended).subquery()
    count: int = connection.execute(select(func.count()).select_from(both)).scalar_one()
    return count


def _known_already(token: Token) -> str:
    return f"token {token.uid or token.legacy_id}: is known already; change that one"


def _is_number_known(connection: Connection, values: Mapping[str, Any]) -> bool:
    """Return whether a card has the number, by which it is found or because it was swiped."""
    query = select(tokens.c.token_id).where(
        tokens.c.charge_point == values["charge_point"],
        tokens.c.legacy_id == values["legacy_id"],
    )
    return connection.execute(query).first() is not None


def columns(token: Token) -> dict[str, Any]:
    """Return what the table has of a token."""
    values = asdict(token)
    limits = values.pop("limits")
    return {
        **values,
        "max_energy_wh": limits["energy_wh"],
        "max_duration_s": limits["duration_s"],
    }


def _token(row: Row[Any]) -> Token:
    values = dict(row._mapping)
    limits = Limits(values.pop("max_energy_wh"), values.pop("max_duration_s"))
    return Token(**values, limits=limits)
