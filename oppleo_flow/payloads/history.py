"""Telling a broker of the past once more: the wish, and how far it is."""

from datetime import datetime
from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import Payload

HistoryState = Literal["started", "paused", "cancelled", "completed"]


@immutable
class HistoryWish(Payload):
    """What somebody wants of the readings of the past, in [since, until); None: from or to the end.

    `start` begins at the beginning, `resume` goes on after `pause`, `cancel` ends it.
    """

    do: Literal["start", "pause", "resume", "cancel"]
    since: datetime | None = None
    until: datetime | None = None
    _sample = {"do": "start"}


@immutable
class HistoryProgress(Payload):
    """How many of the readings of the past have been told."""

    state: HistoryState
    told: int
    total: int
    _sample = {"state": "completed", "told": 3, "total": 3}
