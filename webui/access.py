"""Who may ask: what a request shows, and who that makes the one who asks."""

from collections.abc import Callable
from datetime import UTC, datetime
from http.cookies import CookieError, SimpleCookie
from typing import Final, Protocol
from urllib.parse import unquote

from bottle import request

from oppleo_flow.accounts.accounts import Accounts
from oppleo_flow.accounts.failures import UnknownRole
from oppleo_flow.accounts.first_run import FirstRun
from oppleo_flow.accounts.networks import parse_address
from oppleo_flow.accounts.proving import csrf_token_of, is_same
from oppleo_flow.accounts.rights import RIGHTS, Role
from oppleo_flow.accounts.rules import LOOPBACK, Origin
from oppleo_flow.clock import Clock
from webui.asking import NOBODY, By, Who
from webui.problem import problem

COOKIE: Final = "oppleo_session"
_LONGEST_NAME: Final = 64


class Access(Protocol):
    """Finds out who asks.  Legal from any thread."""

    def who(self, origin: Origin) -> Who:
        """Return who makes the request that is being answered."""
        ...


class Closed:
    """Nobody is known: what anyone may ask is answered, and nothing else."""

    def who(self, origin: Origin) -> Who:
        """Return nobody."""
        return NOBODY


class Demo:
    """Open: whoever asks is an admin without a name.  For simulated hardware on this machine."""

    def who(self, origin: Origin) -> Who:
        """Return an admin without a name, or the command that calls itself so."""
        name = called_itself()
        return all_rights(name, By.COMMAND) if name else all_rights("", By.DEMO)


class SiteAccess:
    """Who asks at a site: by session, API token or the key of this start.

    While no account exists a demo is open to this machine, and real hardware to nobody but the
    commands; `simulated` tells which it is now.  `first_run` has the token for the first account.
    """

    def __init__(
        self,
        accounts: Accounts,
        *,
        clock: Clock,
        simulated: Callable[[], bool],
        command_key: str | None,
        first_run: FirstRun | None = None,
        own_address: str = "127.0.0.1",
    ) -> None:
        self.accounts = accounts
        self.first_run = first_run
        self._clock = clock
        self._simulated = simulated
        self._command_key = command_key
        self._own_address = parse_address(own_address)

    def who(self, origin: Origin) -> Who:
        """Return who makes the request that is being answered."""
        bearer = _bearer()
        if bearer is not None:
            return self._by_bearer(bearer, origin)
        if not self.accounts.rules.admits(origin):
            raise problem(403, "not-from-there", "this site answers its local networks only")
        if self.is_demo(origin):
            return all_rights("", By.DEMO)
        shown = cookie()
        return NOBODY if shown is None else self.signed_in(shown, origin)

    def is_demo(self, origin: Origin) -> bool:
        """Return whether this site is open there: simulated, on this machine, and nobody's."""
        return origin.this_machine and self._simulated() and not self.accounts.exist

    @property
    def needs_first_account(self) -> bool:
        """Return whether nobody can sign in, and somebody should."""
        return not self._simulated() and not self.accounts.exist

    def _by_bearer(self, bearer: str, origin: Origin) -> Who:
        """Return who shows a text: the commands of this machine, or a program."""
        if self._command_key is not None and is_same(bearer, self._command_key):
            peer = parse_address(request.environ.get("REMOTE_ADDR", ""))
            if peer in LOOPBACK or (peer is not None and peer == self._own_address):
                return all_rights(called_itself() or "command", By.COMMAND)
        if not self.accounts.rules.admits(origin):
            raise problem(403, "not-from-there", "this site answers its local networks only")
        try:
            found = self.accounts.browsers.program(bearer)
        except UnknownRole as error:
            raise problem(403, "unknown-role", str(error)) from error
        if found is None:
            raise problem(401, "sign-in", "the API token is not known, or over")
        user = found.user
        return Who(
            *(user.name, found.role, user.driver, found.rights, By.TOKEN),
            reference=found.token.reference,
            key=found.token.token_hash,
        )

    def signed_in(self, shown: str, origin: Origin) -> Who:
        """Return who a browser is signed in as, by what it shows.

        Somebody of a role that only another version knows is nobody: they may sign in as somebody
        else, and hear why when they do as themselves.
        """
        try:
            found = self.accounts.browsers.signed_in(shown, origin)
        except UnknownRole:
            return NOBODY
        if found is None:
            return NOBODY
        user, role = found.user, found.role
        return Who(
            *(user.name, role, user.driver, RIGHTS[role], By.COOKIE),
            reference=found.session.reference,
            key=found.session.id_hash,
            csrf_token=csrf_token_of(shown),
            sure_until=found.sure_until,
            is_sure=self._clock.now() < found.sure_until,
        )


def all_rights(name: str, by: By) -> Who:
    """Return somebody who may do everything, and need not prove it again."""
    far = datetime.max.replace(tzinfo=UTC)
    return Who(name, Role.ADMIN, None, RIGHTS[Role.ADMIN], by, sure_until=far, is_sure=True)


def cookie() -> str | None:
    """Return the session that a browser shows; None for none.

    Not by Bottle, which takes cookies apart as it likes.
    """
    try:
        found = SimpleCookie(request.environ.get("HTTP_COOKIE", "")).get(COOKIE)
    except CookieError:
        return None
    return None if found is None else found.value


def called_itself() -> str:
    """Return how a command calls who gave it; "" where nobody says."""
    given = unquote(request.get_header("Oppleo-Who", ""))[:_LONGEST_NAME]
    return "".join(letter for letter in given if letter.isprintable()).strip()


def _bearer() -> str | None:
    kind, _, text = str(request.environ.get("HTTP_AUTHORIZATION", "")).partition(" ")
    return text.strip() if kind.lower() == "bearer" and text.strip() else None
