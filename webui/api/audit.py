"""Who did what: to look at, and to note what is done over the API."""

from pydantic import Field
from typing_extensions import TypedDict

from oppleo_flow.store.audit import Deed, careful
from webui.answers import Moment
from webui.asking import who
from webui.ports import Audit
from webui.problem import problem
from webui.reading import MomentAsked, Query, read_query


def who_asks() -> str:
    """Return who makes this request, as the audit calls them."""
    return who().called


class DeedsAsked(Query):
    """Which deeds to show."""

    since: MomentAsked | None = Field(None, description="Only those after this moment.")
    limit: int = Field(100, ge=1, le=10_000)


class DeedAnswer(TypedDict):
    """What somebody did; `what` is one word, `details` a diff or so."""

    number: int
    at: Moment
    who: str
    what: str
    about: str
    details: str
    simulated: bool


class DeedsAnswer(TypedDict):
    """Deeds, the newest first."""

    deeds: list[DeedAnswer]


class Deeds:
    """The route of `/api/v1/audit`; `audit` is None where nothing is noted."""

    def __init__(self, audit: Audit | None) -> None:
        self._audit = audit

    def note(self, what: str, about: str, details: str = "") -> None:
        """Note what this request has done; that it cannot be noted is logged, for it is done."""
        if self._audit is None:
            return
        careful(self._audit.note)(who_asks(), what, about, details)

    def show(self) -> DeedsAnswer:
        """Answer `GET /api/v1/audit?since=2026-01-31T00:00:00Z&limit=100`: the newest first."""
        if self._audit is None:
            raise problem(404, "no-audit", "nothing is noted here")
        asked = read_query(DeedsAsked)
        deeds = self._audit.deeds(since=asked.since, count=asked.limit)
        return {"deeds": [_deed(one) for one in deeds]}


def _deed(deed: Deed) -> DeedAnswer:
    return {
        "number": deed.number,
        "at": deed.at.isoformat(),
        "who": deed.who,
        "what": deed.what,
        "about": deed.about,
        "details": deed.details,
        "simulated": deed.simulated,
    }
