"""The people who may sign in at a site; of a password only what proves it is kept."""

from collections.abc import Collection, Iterable
from dataclasses import field, fields
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Table,
    and_,
    delete,
    func,
    or_,
    select,
    update,
)

from oppleo_flow.errors import Refused
from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import Database, insert_new
from oppleo_flow.store.tables.users import api_tokens, recovery_codes, users, web_sessions


@immutable
class User:
    """Somebody who may sign in.

    `password` is a text that proves one, see `oppleo_flow.passwords`; None: nobody can sign in by
    this name until one is set.  `sealed_secret` is a second factor of before, that the password
    unseals; `second_factor_due`: there was one.  `totp_secret` is the second factor there is,
    sealed with the site's key, `totp_step` the step of the last code that was used,
    `new_totp_secret` one that no code has proved yet.
    """

    name: str
    password: str | None
    second_factor_due: bool = False
    sealed_secret: str | None = None
    role: str = "viewer"
    driver: str | None = None
    totp_secret: str | None = field(default=None, repr=False)
    totp_step: int | None = None
    new_totp_secret: str | None = field(default=None, repr=False)
    created_at: datetime | None = field(default=None, compare=False)


_NAMES = tuple(one.name for one in fields(User))
_COLUMNS = tuple(users.c[name] for name in _NAMES)
_OF_A_USER: tuple[Table, ...] = (recovery_codes, web_sessions, api_tokens)


class UserRows:
    """The users of a site."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def all(self) -> list[User]:
        """Return everybody, by name."""
        query = select(*_COLUMNS).where(users.c.charge_point == self._db.charge_point)
        with self._db.read() as connection:
            found = connection.execute(query).all()
        return sorted((User(*row) for row in found), key=lambda user: user.name)

    def get(self, name: str) -> User | None:
        """Return the user of a name; None when there is none."""
        with self._db.read() as connection:
            row = connection.execute(select(*_COLUMNS).where(self._is(name))).first()
        return None if row is None else User(*row)

    def add(self, user: User, now: datetime, *, only_first: bool = False) -> None:
        """Add a user; `only_first`: unless somebody can sign in already.

        Raises:
            Refused: They have no name, there is one of this name already, or they are not the
                first.
        """
        if not user.name.strip():
            raise Refused(f"user: a name is needed, got {user.name!r}")
        values = {name: getattr(user, name) for name in _NAMES}
        values |= {"charge_point": self._db.charge_point, "created_at": now}
        here = users.c.charge_point == self._db.charge_point
        with self._db.write() as connection:
            able = select(users.c.name).where(here, users.c.password.is_not(None))
            if only_first and connection.execute(able).first() is not None:
                raise Refused("user: there is an account already; sign in")
            added = connection.execute(insert_new(connection, users).values(values)).rowcount
            if not added:
                raise Refused(f"user {user.name!r}: is known already")

    def set_password(self, name: str, password: str, *, end_tokens: bool = False) -> int:
        """Keep another text that proves a user's password; return how many tokens ended with it.

        What the one before had sealed stays sealed, so it goes.

        Raises:
            Refused: There is nobody of this name.
        """
        with self._db.write() as connection:
            self._put(connection, name, password=password, sealed_secret=None)
            return self._end_tokens(connection, name) if end_tokens else 0

    def renew_password(self, name: str, password: str) -> None:
        """Keep a better text of the same password.

        Raises:
            Refused: There is nobody of this name.
        """
        self._update(name, password=password)

    def set_terms(
        self,
        name: str,
        *,
        role: str,
        driver: str | None,
        may: Collection[str],
        needed: str | None = None,
    ) -> int:
        """Keep another role, and whose sessions are a user's own; return how many tokens ended.

        Those end that name more than what that role `may`.  Somebody must be left of the role
        `needed`.

        Raises:
            Refused: There is nobody of this name, or nobody would be left.
        """
        with self._db.write() as connection:
            if needed is not None and role != needed:
                self._keep_another(connection, name, needed)
            self._put(connection, name, role=role, driver=driver)
            return self._end_tokens(connection, name, but_of=may)

    def propose_second_factor(self, name: str, secret: str) -> None:
        """Keep a sealed secret that a code is still to prove.

        Raises:
            Refused: There is nobody of this name.
        """
        self._update(name, new_totp_secret=secret)

    def set_second_factor(
        self, name: str, secret: str, step: int | None, code_hashes: Iterable[str]
    ) -> None:
        """Keep a sealed secret, the step of the code that proved it, and what stands in for it.

        Raises:
            Refused: There is nobody of this name.
        """
        self._update(
            name,
            totp_secret=secret,
            totp_step=step,
            new_totp_secret=None,
            sealed_secret=None,
            second_factor_due=False,
        )
        self.set_recovery_codes(name, code_hashes)

    def forget_sealed(self, name: str) -> None:
        """Forget a second factor that nothing unseals; it stays due.

        Raises:
            Refused: There is nobody of this name.
        """
        self._update(name, sealed_secret=None)

    def remove_second_factor(self, name: str) -> None:
        """Forget a second factor, of whatever kind, and what stands in for it.

        Raises:
            Refused: There is nobody of this name.
        """
        self._update(
            name,
            totp_secret=None,
            totp_step=None,
            new_totp_secret=None,
            sealed_secret=None,
            second_factor_due=False,
        )
        self.set_recovery_codes(name, ())

    def use_step(self, name: str, step: int) -> bool:
        """Note that the code of a step of time was used; return False if it was used before."""
        later = or_(users.c.totp_step.is_(None), users.c.totp_step < step)
        with self._db.write() as connection:
            used = update(users).where(self._is(name), later).values(totp_step=step)
            return bool(connection.execute(used).rowcount)

    def set_recovery_codes(self, name: str, hashes: Iterable[str]) -> None:
        """Let these stand in for the app, and no others."""
        rows = [self._of(name) | {"code_hash": code_hash} for code_hash in hashes]
        with self._db.write() as connection:
            connection.execute(delete(recovery_codes).where(self._theirs(recovery_codes, name)))
            if rows:
                connection.execute(recovery_codes.insert(), rows)

    def use_recovery_code(self, name: str, code_hash: str) -> bool:
        """Use a recovery code up; return False if there is none such."""
        mine = self._theirs(recovery_codes, name)
        with self._db.write() as connection:
            used = delete(recovery_codes).where(mine, recovery_codes.c.code_hash == code_hash)
            return bool(connection.execute(used).rowcount)

    def recovery_codes_left(self, name: str) -> int:
        """Return how many recovery codes were not used."""
        count = select(func.count()).where(self._theirs(recovery_codes, name))
        with self._db.read() as connection:
            return int(connection.scalar(count) or 0)

    def remove(self, name: str, *, needed: str | None = None) -> None:
        """Remove a user, and all by which they could ask; somebody must be left of a role `needed`.

        Raises:
            Refused: There is nobody of this name, or nobody would be left.
        """
        with self._db.write() as connection:
            if needed is not None:
                self._keep_another(connection, name, needed)
            gone = connection.execute(delete(users).where(self._is(name))).rowcount
            for table in _OF_A_USER:
                connection.execute(delete(table).where(self._theirs(table, name)))
        if not gone:
            raise Refused(_unknown(name))

    def _update(self, name: str, **values: str | int | None) -> None:
        with self._db.write() as connection:
            self._put(connection, name, **values)

    def _put(self, connection: Connection, name: str, **values: str | int | None) -> None:
        query = update(users).where(self._is(name)).values(values)
        if not connection.execute(query).rowcount:
            raise Refused(_unknown(name))

    def _keep_another(self, connection: Connection, name: str, role: str) -> None:
        """Refuse unless somebody else of a role can sign in, or this one could not."""
        able = and_(
            users.c.charge_point == self._db.charge_point,
            users.c.role == role,
            users.c.password.is_not(None),
        )
        # Of two databases that ask at once one waits here: each would count the other.
        query = select(users.c.name).where(able).with_for_update()
        if set(connection.scalars(query)) == {name}:
            raise Refused(f"user {name!r}: is the last {role}; make somebody else one first")

    def _end_tokens(
        self, connection: Connection, name: str, *, but_of: Collection[str] = ()
    ) -> int:
        """Forget the tokens of a user that name other rights than these; return how many."""
        theirs = self._theirs(api_tokens, name)
        query = select(api_tokens.c.token_hash, api_tokens.c.rights).where(theirs)
        found = connection.execute(query).all()
        ended = [one.token_hash for one in found if not set(one.rights.split()) <= set(but_of)]
        if ended:
            gone = theirs & api_tokens.c.token_hash.in_(ended)
            connection.execute(delete(api_tokens).where(gone))
        return len(ended)

    def _is(self, name: str) -> ColumnElement[bool]:
        return and_(users.c.charge_point == self._db.charge_point, users.c.name == name)

    def _of(self, name: str) -> dict[str, str]:
        return {"charge_point": self._db.charge_point, "user_name": name}

    def _theirs(self, table: Table, name: str) -> ColumnElement[bool]:
        return and_(table.c.charge_point == self._db.charge_point, table.c.user_name == name)


def _unknown(name: str) -> str:
    return f"user {name!r}: is not known; see `oppleo-flow users list`"
