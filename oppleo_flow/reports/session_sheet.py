"""A list of sessions as a workbook: one sheet, a row each, in the columns of a statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import IO, Any, Final, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from oppleo_flow.reports.document import Cell, Document, offset_text
from oppleo_flow.reports.lines import columns, title
from oppleo_flow.reports.sheet_rows import column_letters

_FORMATS: Final = {3: "#,##0.000", 2: "#,##0.00####"}
_TIME: Final = "yyyy-mm-dd hh:mm"
_WIDE: Final = {"session_id": 38, "remarks": 34, "card": 20, "started_at": 17, "ended_at": 17}
_USUAL_WIDTH: Final = 13


def write_sheet(file: IO[bytes], document: Document, rows: Iterable[Sequence[Cell]]) -> None:
    """Write the file, each row as it comes.

    A time has its offset in a column of its own, for a sheet has no zones.
    """
    book: Any = Workbook(write_only=True)
    sheet = book.create_sheet(document.say("statement.sheet"))
    sheet.freeze_panes = "A2"
    titles: list[str] = []
    for column in columns(document):
        text = title(column, document)
        sheet.column_dimensions[column_letters(len(titles) + 1)].width = _WIDE.get(
            column.name, _USUAL_WIDTH
        )
        titles.append(text)
        if column.name in ("started_at", "ended_at"):
            titles.append(document.say("statement.offset", title=text))
    sheet.append([_text(sheet, text, bold=True) for text in titles])
    decimals = [column.decimals for column in columns(document)]
    times = [column.name in ("started_at", "ended_at") for column in columns(document)]
    for line in rows:
        row: list[Any] = []
        for cell, places, is_time in zip(line, decimals, times, strict=True):
            row += _cells(sheet, cell, places, is_time=is_time)
        sheet.append(row)
    book.save(file)


def _cells(sheet: Any, cell: Cell, places: int | None, *, is_time: bool) -> list[Any]:
    if isinstance(cell, datetime):
        shown = WriteOnlyCell(sheet, cell.replace(tzinfo=None, microsecond=0))
        shown.number_format = _TIME
        return [shown, offset_text(cell)]
    if is_time:
        return [None, None]
    if isinstance(cell, Decimal):
        number: Any = WriteOnlyCell(sheet, cast("Any", cell))
        number.number_format = _FORMATS.get(places or 0, "General")
        return [number]
    return [_text(sheet, cell) if isinstance(cell, str) else cell]


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """Return a cell with a text that is never taken for a formula."""
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell
