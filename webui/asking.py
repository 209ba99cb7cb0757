"""Who makes a request: what the gate found out, for the call that answers it."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from bottle import request

from oppleo_flow.accounts.rights import RIGHTS, Right, Role, allows
from oppleo_flow.immutable import immutable

_KEY: Final = "oppleo.who"


class By(StrEnum):
    """What proves who asks."""

    NOTHING = "nothing"
    COOKIE = "cookie"
    TOKEN = "token"
    COMMAND = "command"
    """The key of this start, that only who owns the site's files can read."""
    DEMO = "demo"
    """Simulated hardware and this machine: it is open."""


@immutable
class Who:
    """Somebody who makes a request.

    `name` is "" for somebody without an account; `driver` is the name of the driver whose sessions
    are their own, None where the account is nobody's; `reference` is of their session or API token,
    `key` the hash that the ledger knows it by.  What needs the password again may be done while
    `is_sure`.  With a cookie, `csrf_token` must come along to change something.
    """

    name: str
    role: Role | None
    driver: str | None
    rights: frozenset[Right]
    by: By
    reference: str = ""
    key: str = ""
    csrf_token: str | None = None
    sure_until: datetime | None = None
    is_sure: bool = False

    def may(self, right: Right) -> bool:
        """Return whether they have a right; who may look at all has `Right.OWN` as well."""
        return allows(self.rights, right)

    @property
    def only_driver(self) -> str | None:
        """Return the driver whose things alone may be shown; None: those of all.

        Somebody without `Right.LOOK` and without a driver sees nothing: that is "", which no
        driver is called.
        """
        return None if Right.LOOK in self.rights else self.driver or ""

    @property
    def called(self) -> str:
        """Return how the audit calls them."""
        match self.by:
            case By.DEMO:
                return "page"
            case By.TOKEN:
                return f"{self.name} (API token)"
            case By.COMMAND:
                return f"{self.name} (command)"
        return self.name or "nobody"


NOBODY: Final = Who("", None, None, RIGHTS[None], By.NOTHING)
"""Somebody who has proved nothing."""


def who() -> Who:
    """Return who makes the request that is being answered."""
    found = request.environ.get(_KEY, NOBODY)
    assert isinstance(found, Who)
    return found


def is_asked_by(found: Who) -> None:
    """Keep who makes the request that is being answered."""
    request.environ[_KEY] = found
