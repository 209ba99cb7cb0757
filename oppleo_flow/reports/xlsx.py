"""A statement as a spreadsheet: one sheet, numbers as numbers."""

import io
import re
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from oppleo_flow.charging.statement import Statement
from oppleo_flow.reports import content
from oppleo_flow.reports.content import COLUMNS, Cell

_WIDTHS = (6, 25, 25, 20, 14, 14, 12, 10, 12, 10, 34, 38)
_BOLD = Font(bold=True)
_NUMBER_FORMATS = {2: "0.00####", 3: "0.000"}
_MODIFIED = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")


def xlsx(statement: Statement) -> bytes:
    """Return the file; the same statement gives the same bytes."""
    book = Workbook(write_only=True)
    book.properties.title = f"Statement {statement.heading.month}"
    book.properties.creator = "oppleo_flow"
    book.properties.created = _naive(statement.heading.created_at)
    sheet: Any = book.create_sheet(str(statement.heading.month))
    for letter, width in zip("ABCDEFGHIJKL", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    _fill(sheet, statement)
    file = io.BytesIO()
    book.save(file)
    return _as_of(file, statement.heading.created_at)


def _fill(sheet: Any, statement: Statement) -> None:
    for name, text in content.head(statement):
        sheet.append([_cell(sheet, name, bold=True), None, _cell(sheet, text)])
    sheet.append([])
    sheet.append([_title(sheet, column.title) for column in COLUMNS])
    for line in content.lines(statement):
        sheet.append(
            [
                _cell(sheet, cell, column.decimals)
                for cell, column in zip(line, COLUMNS, strict=True)
            ]
        )
    sheet.append([])
    for name, value, unit in content.foot(statement):
        places = 3 if unit == "kWh" else 2
        # The sums stand in the column of the energy, beside it what they are of.
        gap = [None] * 5
        sheet.append([_cell(sheet, name, bold=True), *gap, _cell(sheet, value, places), unit])


def _title(sheet: Any, text: str) -> Any:
    cell = _cell(sheet, text, bold=True)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: Any, value: Cell, decimals: int | None = None, *, bold: bool = False) -> Any:
    """Return what openpyxl writes: a cell where there is a style, else the bare value."""
    if isinstance(value, datetime):
        # A spreadsheet has no zones, and the hour that comes twice must not look the same.
        return content.time_text(value)
    is_number = decimals is not None and isinstance(value, Decimal)
    is_like_formula = isinstance(value, str) and value.startswith("=")
    if not (bold or is_number or is_like_formula):
        return value
    cell: Any = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # it does take a Decimal
    if bold:
        cell.font = _BOLD
    if is_number:
        cell.number_format = _NUMBER_FORMATS[decimals or 0]
    if is_like_formula:
        # openpyxl takes it for a formula; a card may be called so.
        cell.data_type = "s"
    return cell


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _as_of(file: io.BytesIO, at: datetime) -> bytes:
    """Return the workbook as if it had been saved at `at`: openpyxl writes the time of saving."""
    utc = _naive(at)
    stamp = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "docProps/core.xml":
                part = _MODIFIED.sub(rb"\g<1>" + f"{utc.isoformat()}Z".encode(), part)
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(entry, part)
    return result.getvalue()
