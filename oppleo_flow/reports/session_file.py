"""A list of sessions as a file: what somebody sees on a page, to be worked with elsewhere.

It is no statement: it has no number, and what is in it was chosen by a filter.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from oppleo_flow.charging.period import Period
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.charging.statement import Heading, Statement
from oppleo_flow.child import answer
from oppleo_flow.reports.csv_lines import write_csv, write_csv_for_spreadsheets
from oppleo_flow.reports.document import Cell, Document
from oppleo_flow.reports.lines import line_of
from oppleo_flow.reports.request import Format
from oppleo_flow.reports.session_file_request import SessionFileRequest
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.whole_file import draft_beside, settle, write_whole, writing
from oppleo_flow.wording import wording

_NICENESS: Final = 10


def write_sessions(request: SessionFileRequest) -> int:
    """Write the file, and return how many sessions are in it.

    Raises:
        StoreError: The ledger cannot be read, or the file not be written.
    """
    location = StoreLocation(request.ledger)
    with open_ledger(location, request.charge_point, read_only=True) as ledger:
        prices = ledger.prices.all()
        currency = prices[-1].currency if prices else request.currency
        found = ledger.session_list.each(
            request.wanted, sort=request.sort, descending=request.descending
        )
        return write_found(request, found, currency)


def write_found(request: SessionFileRequest, found: Iterable[SessionRecord], currency: str) -> int:
    """Write the file of the sessions that were found, and return how many they are.

    But for a PDF, whose pages are laid out as a whole, each is written as it comes and let go:
    there may be a hundred thousand.

    Raises:
        StoreError: The file cannot be written.
    """
    if request.kind == "pdf":
        from oppleo_flow.reports.session_pages import session_pages  # noqa: PLC0415

        document = _document(request, tuple(found), currency)
        write_whole(request.file, session_pages(document))
        return len(document.statement.lines)
    counted = _Counted(found, _document(request, (), currency))
    draft = draft_beside(request.file)
    try:
        with writing(request.file):
            _write_rows(request.kind, draft, counted)
            settle(draft, request.file)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return counted.count


class _Counted:
    """The rows of sessions, made as they are asked for, and how many there have been."""

    def __init__(self, found: Iterable[SessionRecord], document: Document) -> None:
        self._found = found
        self.document = document
        self.count = 0

    def __iter__(self) -> Iterator[tuple[Cell, ...]]:
        for session in self._found:
            self.count += 1
            yield line_of(session, session.amount, self.count, self.document)


def _write_rows(kind: Format, draft: Path, rows: _Counted) -> None:
    """Write the rows; each library is imported only for its own format."""
    if kind == "xlsx":
        from oppleo_flow.reports.session_sheet import write_sheet  # noqa: PLC0415

        with draft.open("wb") as file:
            write_sheet(file, rows.document, rows)
        return
    write = write_csv if kind == "csv" else write_csv_for_spreadsheets
    with draft.open("w", encoding="utf-8", newline="") as text:
        write(text, rows.document, rows)


def _document(
    request: SessionFileRequest, sessions: tuple[SessionRecord, ...], currency: str
) -> Document:
    """Return what the lines of every format are drawn from."""
    zone = ZoneInfo(request.timezone)
    day = request.created_at.astimezone(zone).date()
    heading = Heading(
        charge_point=request.charge_point,
        period=Period(day, day + timedelta(days=1)),  # of a statement; a list has none
        zone=zone,
        currency=currency,
        created_at=request.created_at,
        simulated=request.simulated,
    )
    amounts: tuple[Decimal | None, ...] = tuple(one.amount for one in sessions)
    statement = Statement(heading, sessions, amounts, unfinished=0, reconciliation=None)
    return Document(statement, wording(request.language))


if __name__ == "__main__":
    asked = SessionFileRequest.parse(sys.stdin.read())
    sys.exit(answer("sessions", lambda: write_sessions(asked), niceness=_NICENESS))
