"""Where people are signed in by a browser, and the tokens of their programs.

What is known of them is looked up in the ledger, and trusted for a moment: what another process
changes there counts at once, or two seconds later; what this one changes counts at once.
"""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from oppleo_flow.accounts.failures import UnknownRole
from oppleo_flow.accounts.proving import hash_of, new_token
from oppleo_flow.accounts.rights import RIGHTS, Right, Role, rights_named, role_named
from oppleo_flow.accounts.rules import AccessRules, Origin
from oppleo_flow.clock import Clock
from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger
    from oppleo_flow.store.sign_in_rows import ApiToken, WebSession
    from oppleo_flow.store.user_rows import User

IDLE: Final = timedelta(hours=2)
LONGEST: Final = timedelta(hours=24)
IDLE_REMEMBERED: Final = timedelta(days=14)
LONGEST_REMEMBERED: Final = timedelta(days=90)
SURE: Final = timedelta(minutes=5)
_SEEN_EVERY: Final = timedelta(minutes=5)
_TRUSTED_S: Final = 2.0
_MOST_TRUSTED: Final = 1000
_AGENT_LENGTH: Final = 200


@immutable
class SignedIn:
    """A session that holds, whose it is, and what they are."""

    user: "User"
    role: Role
    session: "WebSession"
    sure_until: datetime


@immutable
class Program:
    """A token that holds, whose it is, what they are, and what it may."""

    user: "User"
    role: Role
    token: "ApiToken"
    rights: frozenset[Right]


FoundT = TypeVar("FoundT", SignedIn, Program)


class Browsers:
    """The sessions and tokens that requests come with.  Legal from any thread."""

    def __init__(self, books: "Callable[[], Ledger]", clock: Clock, rules: AccessRules) -> None:
        self._books = books
        self._clock = clock
        self._rules = rules
        self._lock = threading.Lock()
        self._trusted: dict[str, tuple[float, SignedIn | Program]] = {}
        self._changes = 0

    def begin(self, user: "User", origin: Origin, *, remember: bool, with_code: bool) -> str:
        """Sign somebody in; return what their browser is to show from now on.

        Raises:
            UnknownRole: They have a role that only another version knows.
        """
        role_of(user)
        from oppleo_flow.store.sign_in_rows import WebSession  # noqa: PLC0415  (imports SQLAlchemy)

        shown, now = new_token("session"), self._clock.now()
        rows = self._books().sign_ins
        rows.forget_expired(now, now - IDLE_REMEMBERED)
        rows.add_session(
            WebSession(
                id_hash=hash_of(shown),
                user_name=user.name,
                created_at=now,
                seen_at=now,
                expires_at=now + (LONGEST_REMEMBERED if remember else LONGEST),
                proved_at=now,
                remembered=remember,
                second_factor=with_code,
                agent=_printable(origin.agent)[:_AGENT_LENGTH],
                address=str(origin.address),
            )
        )
        return shown

    def signed_in(self, shown: str, origin: Origin) -> SignedIn | None:
        """Return who a browser is signed in as; None when that is over, or was never so.

        Raises:
            UnknownRole: They have a role that only another version knows.
        """
        id_hash = hash_of(shown)
        found = self._known(id_hash) or self._look_up(id_hash)
        if not isinstance(found, SignedIn):
            return None
        session, now = found.session, self._clock.now()
        if now >= session.expires_at or now - session.seen_at >= _idle(session):
            return None
        if not self._rules.trusts(origin, second_factor=session.second_factor):
            return None
        if now - session.seen_at >= _SEEN_EVERY:
            self._books().sign_ins.see_session(id_hash, now, str(origin.address))
            self.forget(id_hash)
        return found

    def program(self, shown: str) -> Program | None:
        """Return whose program asks with a token; None when that is over, or was never so.

        Raises:
            UnknownRole: They have a role that only another version knows.
        """
        token_hash = hash_of(shown)
        found = self._known(token_hash) or self._look_up_token(token_hash)
        if not isinstance(found, Program):
            return None
        token, now = found.token, self._clock.now()
        if token.expires_at is not None and now >= token.expires_at:
            return None
        if token.used_at is None or now - token.used_at >= _SEEN_EVERY:
            self._books().sign_ins.use_token(token_hash, now)
            self.forget(token_hash)
        return found

    def sure_again(self, id_hash: str) -> datetime:
        """Note that the password was given once more; return until when that counts."""
        now = self._clock.now()
        self._books().sign_ins.prove_session(id_hash, now)
        self.forget(id_hash)
        return now + SURE

    def forget(self, token_hash: str | None = None) -> None:
        """Look in the ledger the next time, for one or for all."""
        with self._lock:
            self._changes += 1
            if token_hash is None:
                self._trusted.clear()
            else:
                self._trusted.pop(token_hash, None)

    def _known(self, token_hash: str) -> SignedIn | Program | None:
        with self._lock:
            until_s, found = self._trusted.get(token_hash, (0.0, None))
        return found if self._clock.monotonic() < until_s else None

    def _look_up(self, id_hash: str) -> SignedIn | None:
        since = self._changes
        session = self._books().sign_ins.session(id_hash)
        user = None if session is None else self._user(session.user_name)
        if session is None or user is None:
            return None
        found = SignedIn(user, role_of(user), session, session.proved_at + SURE)
        return self._trust(id_hash, found, since)

    def _look_up_token(self, token_hash: str) -> Program | None:
        since = self._changes
        token = self._books().sign_ins.token(token_hash)
        user = None if token is None else self._user(token.user_name)
        if token is None or user is None:
            return None
        role = role_of(user)
        allowed = RIGHTS[role] & (rights_named(token.rights) | {Right.ANYONE})
        return self._trust(token_hash, Program(user, role, token, allowed), since)

    def _user(self, name: str) -> "User | None":
        user = self._books().users.get(name)
        return user if user is not None and user.password is not None else None

    def _trust(self, token_hash: str, found: FoundT, since: int) -> FoundT:
        """Trust what was read for a moment, unless something has changed meanwhile."""
        with self._lock:
            if len(self._trusted) >= _MOST_TRUSTED:
                self._trusted.clear()
            if since == self._changes:
                self._trusted[token_hash] = self._clock.monotonic() + _TRUSTED_S, found
        return found


def role_of(user: "User") -> Role:
    """Return what somebody is.

    Raises:
        UnknownRole: Only another version of this program knows.
    """
    role = role_named(user.role)
    if role is None:
        raise UnknownRole(user.name, user.role)
    return role


def _idle(session: "WebSession") -> timedelta:
    return IDLE_REMEMBERED if session.remembered else IDLE


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())
