"""By what somebody is signed in: sessions of browsers, and tokens of programs.

Of what a browser or a program shows only a hash is kept: who reads the file cannot ask with it.
"""

from dataclasses import asdict, fields
from datetime import datetime

from sqlalchemy import ColumnElement, Table, delete, select, update

from oppleo_flow.immutable import immutable
from oppleo_flow.store.database import Database
from oppleo_flow.store.tables.users import api_tokens, web_sessions

_REFERENCE_LENGTH = 16


@immutable
class WebSession:
    """Somewhere somebody is signed in by a browser.

    `proved_at` is when they last gave their password, `second_factor` whether a code as well.
    """

    id_hash: str
    user_name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    proved_at: datetime
    remembered: bool
    second_factor: bool
    agent: str
    address: str

    @property
    def reference(self) -> str:
        """Return what it is called where it is listed; nobody can ask with that."""
        return self.id_hash[:_REFERENCE_LENGTH]


@immutable
class ApiToken:
    """What a program asks with; `rights` are names with spaces between."""

    token_hash: str
    user_name: str
    name: str
    rights: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None = None

    @property
    def reference(self) -> str:
        """Return what it is called where it is listed; nobody can ask with that."""
        return self.token_hash[:_REFERENCE_LENGTH]


_SESSION = tuple(web_sessions.c[one.name] for one in fields(WebSession))
_TOKEN = tuple(api_tokens.c[one.name] for one in fields(ApiToken))


class SignInRows:
    """The sessions and tokens of a site's users."""

    def __init__(self, database: Database) -> None:
        self._db = database

    def add_session(self, session: WebSession) -> None:
        """Keep a session."""
        self._add(web_sessions, asdict(session))

    def session(self, id_hash: str) -> WebSession | None:
        """Return a session, over or not; None when there is none."""
        query = select(*_SESSION).where(*self._here(web_sessions, id_hash=id_hash))
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else WebSession(*row)

    def sessions(self, user_name: str | None = None) -> list[WebSession]:
        """Return the sessions of a user, or of all, the one seen last first."""
        mine = {} if user_name is None else {"user_name": user_name}
        query = select(*_SESSION).where(*self._here(web_sessions, **mine))
        with self._db.read() as connection:
            found = connection.execute(query.order_by(web_sessions.c.seen_at.desc())).all()
        return [WebSession(*row) for row in found]

    def see_session(self, id_hash: str, at: datetime, address: str) -> None:
        """Note when a session was seen last, and where."""
        mine = self._here(web_sessions, id_hash=id_hash)
        with self._db.write(durable=False) as connection:
            seen = update(web_sessions).where(*mine).values(seen_at=at, address=address)
            connection.execute(seen)

    def prove_session(self, id_hash: str, at: datetime) -> None:
        """Note that the password was given once more."""
        mine = self._here(web_sessions, id_hash=id_hash)
        with self._db.write() as connection:
            connection.execute(update(web_sessions).where(*mine).values(proved_at=at))

    def end_session(self, id_hash: str) -> int:
        """Forget a session; return how many there were."""
        return self._delete(web_sessions, *self._here(web_sessions, id_hash=id_hash))

    def end_sessions(self, user_name: str, *, but: str | None = None) -> int:
        """Forget the sessions of a user, but for one by its hash; return how many."""
        mine = self._here(web_sessions, user_name=user_name)
        kept = () if but is None else (web_sessions.c.id_hash != but,)
        return self._delete(web_sessions, *mine, *kept)

    def forget_expired(self, now: datetime, seen_before: datetime) -> int:
        """Forget the sessions that are over, or that nobody used for so long; return how many."""
        over = (web_sessions.c.expires_at <= now) | (web_sessions.c.seen_at < seen_before)
        return self._delete(web_sessions, *self._here(web_sessions), over)

    def add_token(self, token: ApiToken) -> None:
        """Keep a token."""
        self._add(api_tokens, asdict(token))

    def token(self, token_hash: str) -> ApiToken | None:
        """Return a token, over or not; None when there is none."""
        query = select(*_TOKEN).where(*self._here(api_tokens, token_hash=token_hash))
        with self._db.read() as connection:
            row = connection.execute(query).first()
        return None if row is None else ApiToken(*row)

    def tokens(self, user_name: str | None = None) -> list[ApiToken]:
        """Return the tokens of a user, or of all, the newest first."""
        mine = {} if user_name is None else {"user_name": user_name}
        query = select(*_TOKEN).where(*self._here(api_tokens, **mine))
        with self._db.read() as connection:
            found = connection.execute(query.order_by(api_tokens.c.created_at.desc())).all()
        return [ApiToken(*row) for row in found]

    def use_token(self, token_hash: str, at: datetime) -> None:
        """Note when a token was used last."""
        mine = self._here(api_tokens, token_hash=token_hash)
        with self._db.write(durable=False) as connection:
            connection.execute(update(api_tokens).where(*mine).values(used_at=at))

    def remove_token(self, token_hash: str) -> int:
        """Forget a token; return how many there were."""
        return self._delete(api_tokens, *self._here(api_tokens, token_hash=token_hash))

    def _add(self, table: Table, values: dict[str, object]) -> None:
        row = values | {"charge_point": self._db.charge_point}
        with self._db.write() as connection:
            connection.execute(table.insert().values(row))

    def _delete(self, table: Table, *which: ColumnElement[bool]) -> int:
        with self._db.write() as connection:
            return int(connection.execute(delete(table).where(*which)).rowcount)

    def _here(self, table: Table, **values: str) -> tuple[ColumnElement[bool], ...]:
        return (
            table.c.charge_point == self._db.charge_point,
            *(table.c[name] == value for name, value in values.items()),
        )
