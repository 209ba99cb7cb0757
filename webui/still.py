"""Whether somebody who listens for long may still do so: they may have been signed out since."""

from collections.abc import Callable

from bottle import HTTPResponse

from oppleo_flow.accounts.rights import Right
from oppleo_flow.errors import StoreError
from webui.access import Access
from webui.origin import origin


def may_still(access: Access, right: Right) -> Callable[[], bool]:
    """Return what tells, on the thread of the request, whether who made it has the right now.

    Where that cannot be found out they may not.
    """
    came_from = origin()

    def look() -> bool:
        try:
            return access.who(came_from).may(right)
        except (HTTPResponse, StoreError):
            return False

    return look
