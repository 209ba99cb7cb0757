"""Which sessions a list is of, and in which order."""

from datetime import datetime
from typing import Final, Literal, get_args

from oppleo_flow.immutable import immutable

SessionState = Literal["open", "closed", "void", "flagged"]
SortedBy = Literal["started_at", "ended_at", "label", "energy", "amount"]
SORTS: Final = get_args(SortedBy)


@immutable
class SessionFilter:
    """Which sessions are wanted; None: it does not matter.

    `since` and `until` are about when a session began, `ended_since` and `ended_until` about when
    it ended.  `text` is any part of a name that it bears, or of its id.
    """

    since: datetime | None = None
    until: datetime | None = None
    ended_since: datetime | None = None
    ended_until: datetime | None = None
    card: str | None = None
    driver: str | None = None
    vehicle: str | None = None
    cost_centre: str | None = None
    point: str | None = None
    state: SessionState | None = None
    text: str | None = None
