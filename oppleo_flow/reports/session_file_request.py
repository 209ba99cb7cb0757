"""What a list of sessions is asked for as a file."""

from datetime import datetime
from pathlib import Path
from typing import Self

from oppleo_flow.charging.session_filter import SessionFilter, SortedBy
from oppleo_flow.immutable import immutable
from oppleo_flow.reports.request import Format


@immutable
class SessionFileRequest:
    """Which sessions of a ledger are wanted, in which order, and the file they go to."""

    ledger: Path
    charge_point: str
    timezone: str
    currency: str
    language: str
    wanted: SessionFilter
    sort: SortedBy
    descending: bool
    kind: Format
    file: Path
    created_at: datetime
    simulated: bool

    @property
    def text(self) -> str:
        """Return it as a text that `parse` reads."""
        # Not at the top: it costs start-up time, and few ask.
        from pydantic_core import to_json  # noqa: PLC0415

        return to_json(self).decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return what a text asks for.

        Raises:
            ValueError: It is none.
        """
        from pydantic import TypeAdapter  # noqa: PLC0415

        found: Self = TypeAdapter(cls).validate_json(text)
        return found
