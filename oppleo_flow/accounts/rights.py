"""What may be done at a site, and which role may do it."""

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Right(StrEnum):
    """What a request needs; each route names one."""

    ANYONE = "anyone"
    """Without signing in."""
    SIGNED_IN = "signed-in"
    """One's own account."""
    LOOK = "look"
    """All that can be seen."""
    OWN = "own"
    """A driver's own sessions, statements and cards; who may look at all sees all of them."""
    CHARGE = "charge"
    """Start and stop, charge as somebody, once in the peak, the levers of a simulation."""
    KEEP_BOOKS = "keep-books"
    """Cards, people, corrections, issuing statements."""
    EDIT = "edit"
    """The flow, settings, tariffs and off-peak hours."""
    ADMINISTER = "administer"
    """Users, secrets, backups, restart and reboot, updates, the log, tests of the hardware."""


def rights_named(text: str) -> frozenset[Right]:
    """Return the rights that are named in a text with spaces between.

    What a later version has named counts for nothing: whoever asks may not do it here.
    """
    known = {right.value: right for right in Right}
    return frozenset(known[name] for name in text.split() if name in known)


class Role(StrEnum):
    """What somebody is at a site; the order is from least to most, but for the driver."""

    VIEWER = "viewer"
    DRIVER = "driver"
    OPERATOR = "operator"
    EDITOR = "editor"
    ADMIN = "admin"


_EVERYBODY: Final = frozenset({Right.ANYONE})
_SIGNED_IN: Final = _EVERYBODY | {Right.SIGNED_IN}
_OPERATOR: Final = _SIGNED_IN | {Right.LOOK, Right.OWN, Right.CHARGE, Right.KEEP_BOOKS}

RIGHTS: Final[Mapping[Role | None, frozenset[Right]]] = MappingProxyType(
    {
        None: _EVERYBODY,
        Role.VIEWER: _SIGNED_IN | {Right.LOOK},
        Role.DRIVER: _SIGNED_IN | {Right.OWN},
        Role.OPERATOR: _OPERATOR,
        Role.EDITOR: _OPERATOR | {Right.EDIT},
        Role.ADMIN: frozenset(Right),
    }
)
"""What each role may; None is who has not signed in."""


def role_named(text: str) -> Role | None:
    """Return the role of a name; None for one that only another version of this program has."""
    return Role(text) if text in [*Role] else None


def allows(rights: Collection[Right], needed: Right) -> bool:
    """Return whether somebody with these rights may do what needs one of them.

    Who may look at all may look at what a driver sees.
    """
    return needed in rights or (needed is Right.OWN and Right.LOOK in rights)
