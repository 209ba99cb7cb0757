"""What becomes of the ledger's copy in another database."""

from datetime import datetime

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_TIME, Payload


@immutable
class CopyState(Payload):
    """How far the other database is: how many rows have not arrived, and since when any wait.

    `away` says why it cannot be written now; None: it can.
    """

    rows_behind: int
    behind_since: datetime | None = None
    away: str | None = None
    _sample = {"rows_behind": 12, "behind_since": SAMPLE_TIME, "away": None}
