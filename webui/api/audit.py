"""Who did what: to look at, and to note what is done over the API."""

from datetime import datetime
from typing import Any
from urllib.parse import unquote

from bottle import request

from oppleo_flow.store.audit import careful
from webui.api.limits import limit
from webui.ports import Audit
from webui.problem import problem

_USUAL = 100
_MOST = 10_000
_LONGEST_NAME = 64


def who_asks() -> str:
    """Return who makes this request, as they call themselves: there is no login yet."""
    given = unquote(request.get_header("Oppleo-Who", ""))[:_LONGEST_NAME]
    name = "".join(letter for letter in given if letter.isprintable()).strip()
    return f"{name} (command)" if name else "page"


class Deeds:
    """The route of `/api/v1/audit`; `audit` is None where nothing is noted."""

    def __init__(self, audit: Audit | None) -> None:
        self._audit = audit

    def note(self, what: str, about: str, details: str = "") -> None:
        """Note what this request has done; that it cannot be noted is logged, for it is done."""
        if self._audit is None:
            return
        careful(self._audit.note)(who_asks(), what, about, details)

    def show(self) -> dict[str, Any]:
        """Answer `GET /api/v1/audit?since=2026-01-31T00:00:00Z&limit=100`: the newest first."""
        if self._audit is None:
            raise problem(404, "no-audit", "nothing is noted here")
        deeds = self._audit.deeds(since=_since(), count=limit(_USUAL, _MOST))
        return {"deeds": [deed.as_json() for deed in deeds]}


def _since() -> datetime | None:
    given = request.query.getunicode("since")
    if not given:
        return None
    try:
        moment = datetime.fromisoformat(given.replace(" ", "+"))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise problem(
            422,
            "wrong-moment",
            f"since: a moment with its zone is needed, as 2026-01-31T00:00:00Z, got {given[:40]!r}",
        )
    return moment
