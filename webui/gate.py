"""The gate before every route: who asks, whether they may, and whether they are sure.

It fails closed.  A route that names no right is not let in at all, and a request is answered only
when everything that its row asks for was shown.
"""

import functools
from collections.abc import Callable
from typing import Any, Final

from bottle import Route as BottleRoute
from bottle import request

from oppleo_flow.accounts.proving import is_same
from oppleo_flow.accounts.rights import Right
from webui.access import Access
from webui.asking import By, Who, is_asked_by
from webui.origin import Doors, comes_from
from webui.problem import problem
from webui.route import Route

_READING: Final = ("GET", "HEAD")


class Gate:
    """A Bottle plug-in around each route, which must have its row with it."""

    name = "gate"
    api = 2

    def __init__(self, access: Access, doors: Doors) -> None:
        self.access = access
        self._doors = doors

    def apply(self, call: Callable[..., Any], route: BottleRoute) -> Callable[..., Any]:
        """Return a call that answers only who may ask.

        Raises:
            TypeError: The route has no row, or its row no right.
        """
        row = route.config.get("row")
        if not isinstance(row, Route):
            raise TypeError(f"{route.method} {route.rule}: has no row in the list of routes")

        @functools.wraps(call)
        def admitted(*args: Any, **kwargs: Any) -> Any:
            found = self._who()
            admit(row, found)
            is_asked_by(found)
            return call(*args, **kwargs)

        return admitted

    def _who(self) -> Who:
        found = self._doors.origin(request.environ)
        comes_from(found)
        return self.access.who(found)


def admit(row: Route, found: Who) -> None:
    """Refuse a request unless who makes it may, and has shown all that it takes."""
    if not found.may(row.right):
        if found.by is By.NOTHING:
            raise problem(401, "sign-in", "sign in first")
        raise problem(403, "not-allowed", f"this needs the right {row.right.value!r}")
    if row.right is not Right.ANYONE and row.method not in _READING and found.by is By.COOKIE:
        given = request.get_header("X-CSRF-Token", "")
        if found.csrf_token is None or not is_same(given, found.csrf_token):
            raise problem(
                403, "no-csrf-token", "the header X-CSRF-Token must be that of GET /api/v1/account"
            )
    if row.sure and not found.is_sure:
        raise problem(403, "prove-yourself", "give the password again: POST /api/v1/sign-in/again")
