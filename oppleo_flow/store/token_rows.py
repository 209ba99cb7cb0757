"""The cards of the ledger."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Column, Connection, Row, and_, select, update

from oppleo_flow.charging.tokens import Token
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import Limits
from oppleo_flow.store.account_rows import check_accounts
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables import tokens

NAMESPACE = UUID("7a2f4a52-3c0b-4f7d-8f43-0f3c1f0c9b11")
_COLUMNS: Sequence[Column[Any]] = (
    *(tokens.c.token_id, tokens.c.uid, tokens.c.legacy_id, tokens.c.label),
    *(tokens.c.enabled, tokens.c.valid_from, tokens.c.valid_until),
    *(tokens.c.driver, tokens.c.vehicle, tokens.c.cost_centre),
    *(tokens.c.max_energy_wh, tokens.c.max_duration_s),
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

    def refused_at(self) -> dict[UUID, datetime]:
        """Return when each token that ever was refused was so last."""
        query = select(tokens.c.token_id, tokens.c.refused_at).where(
            tokens.c.charge_point == self._db.charge_point, tokens.c.refused_at.is_not(None)
        )
        with self._db.read() as connection:
            return {row.token_id: row.refused_at for row in connection.execute(query)}


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
