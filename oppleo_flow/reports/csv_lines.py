"""The lines of a statement as CSV, in two flavours.

`csv` is RFC 4180, for programs: names, ISO times, decimal points, no sums.  `csv-excel` is what a
spreadsheet opens by a double click: titles and decimals as the language has them, semicolons, the
mark by which it knows UTF-8, and times by the local clock, whose zone is in their titles: one with
an offset is text to it.

A text that a spreadsheet would take for a formula has an apostrophe before it, in both: somebody
may call a card `=1+1`, or worse.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final, TextIO

from oppleo_flow.reports.document import Cell, Document
from oppleo_flow.reports.lines import Column, columns, lines, title

_LIKE_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"


def csv_lines(document: Document) -> bytes:
    """Return the file of RFC 4180, in UTF-8; what is unknown is empty."""
    file = io.StringIO(newline="")
    write_csv(file, document, lines(document))
    return file.getvalue().encode()


def csv_for_spreadsheets(document: Document) -> bytes:
    """Return the file that spreadsheets open as their own; what is unknown is empty."""
    file = io.StringIO(newline="")
    write_csv_for_spreadsheets(file, document, lines(document))
    return file.getvalue().encode()


def write_csv(file: TextIO, document: Document, rows: Iterable[Sequence[Cell]]) -> None:
    """Write `csv_lines` of some rows, each as it comes."""
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(column.name for column in columns(document))
    writer.writerows([_for_programs(cell) for cell in row] for row in rows)


def write_csv_for_spreadsheets(
    file: TextIO, document: Document, rows: Iterable[Sequence[Cell]]
) -> None:
    """Write `csv_for_spreadsheets` of some rows, each as it comes."""
    file.write(_BYTE_ORDER_MARK)
    writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
    writer.writerow(harmless(_title(column, document)) for column in columns(document))
    sign = document.say.number(Decimal("0.1"))[1]
    writer.writerows([_for_people(cell, sign) for cell in row] for row in rows)


def _title(column: Column, document: Document) -> str:
    """Return a title; that of a time with the zone of the clock that showed it."""
    said = title(column, document)
    is_time = column.name in ("started_at", "ended_at")
    return f"{said} ({document.statement.heading.zone.key})" if is_time else said


def _for_programs(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    return cell.isoformat() if isinstance(cell, datetime) else str(cell)


def _for_people(cell: Cell, decimal_sign: str) -> str:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return harmless(cell)
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return f"{cell:f}".replace(".", decimal_sign) if isinstance(cell, Decimal) else str(cell)


def harmless(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_LIKE_FORMULA) else text
