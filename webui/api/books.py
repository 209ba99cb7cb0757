"""The site's ledger, for the routes that write to it."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from oppleo_flow.charging.tokens import Token
from webui.ports import SiteFacts
from webui.problem import problem

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger


class Books:
    """The base of routes that read and write the ledger."""

    def __init__(self, site: SiteFacts) -> None:
        self._site = site

    @property
    def ledger(self) -> "Ledger":
        """Return the open ledger."""
        if self._site.books is None:
            raise problem(404, "no-ledger", "this site keeps no ledger")
        return self._site.books()

    def now(self) -> datetime:
        """Return the time by the site's clock."""
        return self._site.clock.now()


def token_named(tokens: Iterable[Token], text: str) -> Token:
    """Return the one of some tokens that a label, a UID or an id means.

    Tokens that whoever asks may not see are to be left out, for an answer tells that there are
    several of one name.
    """
    uid = text.replace(":", "").upper()
    known = list(tokens)
    found = [one for one in known if uid == one.uid or text == str(one.token_id)]
    found = found or [one for one in known if text in (one.label, one.legacy_id)]
    if not found:
        raise problem(404, "no-such-token", f"no token {text!r} is known")
    if len(found) > 1:
        raise problem(
            409, "which-token", f"{text!r} means {len(found)} tokens; say which by its UID"
        )
    return found[0]
