"""A statement as a workbook: head, a table of the lines, sums as formulas, and a chart.

All of it that has few cells is openpyxl's work; the rows are put in where it has left their place.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.styles import Alignment, Font
from openpyxl.worksheet.table import Table, TableStyleInfo

from oppleo_flow.immutable import immutable
from oppleo_flow.reports.document import (
    Cell,
    Document,
    EnergyBars,
    energy_bars,
    kwh,
    offset_text,
)
from oppleo_flow.reports.foot import FootLine, Sum, foot, notes
from oppleo_flow.reports.head import head
from oppleo_flow.reports.lines import Column, columns, line, title
from oppleo_flow.reports.sheet_rows import Styled, column_letters, sheet_rows

_WIDTHS: Final[Mapping[str, int]] = {
    **{"number": 6, "started_at": 17, "ended_at": 17, "card": 20, "remarks": 34},
    **{"session_id": 38, "driver": 18, "vehicle": 18, "plate": 12, "cost_centre": 18},
    **{"register_start_kwh": 14, "register_end_kwh": 14, "slices": 30},
}
_USUAL_WIDTH: Final = 12
_PLACES: Final = {"energy_kwh": 3, "amount": 2, "reimbursable": 2}
_TIMES: Final = ("started_at", "ended_at")
_FORMATS: Final = {
    "energy": "#,##0.000",
    "money": "#,##0.00####",
    "time": "yyyy-mm-dd hh:mm",
    "day": "yyyy-mm-dd",
}
_MODIFIED: Final = re.compile(rb"(<dcterms:modified[^>]*>)[^<]*")
_ROWS: Final = re.compile(rb"<sheetData\s*/>|<sheetData>.*</sheetData>", re.DOTALL)
_DIMENSION: Final = re.compile(rb"<dimension [^>]*/>")
_LINES, _CHART = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
_TABLE: Final = "xl/tables/table1.xml"


@immutable
class _Plan:
    """Where what stands on the first sheet; rows are counted from 1."""

    heading: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    count: int
    foot: tuple[FootLine, ...]
    notes: tuple[str, ...]
    styles: Mapping[str, int]

    @property
    def titles(self) -> int:
        """Return the row of the titles."""
        return len(self.heading) + 4

    @property
    def last(self) -> int:
        """Return the last row of the table; it has one row at least."""
        return self.titles + max(1, self.count)

    def place(self, name: str) -> str:
        """Return the letters of a column; each time has one more, for its offset."""
        number = 1
        for column in self.columns:
            if column.name == name:
                break
            number += 2 if column.name in _TIMES else 1
        return column_letters(number)

    @property
    def last_column(self) -> str:
        """Return the letters of the last column."""
        return column_letters(len(self.columns) + len(_TIMES))

    @property
    def paper(self) -> str:
        """Return what is printed: all but what is for programs alone."""
        last_row = self.last + len(self.foot) + len(self.notes) + 2
        return f"A1:{self.place('remarks')}{last_row}"

    @property
    def table(self) -> str:
        """Return where the table is."""
        return f"A{self.titles}:{self.last_column}{self.last}"

    def cells(self, name: str) -> str:
        """Return where the values of a column are."""
        letters = self.place(name)
        return f"${letters}${self.titles + 1}:${letters}${self.last}"


def xlsx(document: Document) -> bytes:
    """Return the file; the same statement gives the same bytes."""
    book: Any = Workbook()
    heading = document.statement.heading
    book.properties.title = f"{document.title} {document.subject}"
    book.properties.creator = "oppleo_flow"
    book.properties.created = _naive(heading.created_at)
    sheet = book.active
    sheet.title = document.say("statement.sheet")
    plan = _Plan(
        tuple(head(document)),
        columns(document),
        len(document.statement.lines),
        tuple(foot(document)),
        tuple(notes(document)),
        _styles(book, sheet),
    )
    _lay_out(sheet, plan, document)
    bars = energy_bars(document.statement)
    _draw_chart(book, document, bars)
    rows = {
        _LINES: sheet_rows(_rows(document, plan)),
        _CHART: sheet_rows(_bar_rows(document, bars, plan)),
    }
    file = io.BytesIO()
    book.save(file)
    return _completed(file, heading.created_at, rows, plan)


def _styles(book: Any, sheet: Any) -> dict[str, int]:
    """Return the numbers of the styles, after having them made in cells that are not kept."""
    looks: dict[str, dict[str, Any]] = {
        "bold": {"font": Font(bold=True)},
        "large": {"font": Font(bold=True, size=14)},
        "title": {
            "font": Font(bold=True),
            "alignment": Alignment(wrap_text=True, vertical="top"),
        },
        **{name: {"number_format": written} for name, written in _FORMATS.items()},
    }
    styles = {}
    for number, (name, look) in enumerate(looks.items(), 1):
        cell = sheet.cell(1, number)
        for attribute, value in look.items():
            setattr(cell, attribute, value)
        styles[name] = cell.style_id
    return styles


def _lay_out(sheet: Any, plan: _Plan, document: Document) -> None:
    """Set widths, the page and the table, whose titles openpyxl reads from the sheet."""
    number = 1
    for column in plan.columns:
        letters = column_letters(number)
        sheet.column_dimensions[letters].width = _WIDTHS.get(column.name, _USUAL_WIDTH)
        number += 2 if column.name in _TIMES else 1
    for place, text in enumerate(_titles(plan, document), 1):
        sheet.cell(plan.titles, place, text).data_type = "s"
    table = Table(displayName="Sessions", ref=f"A{plan.titles}:{plan.last_column}{plan.titles + 1}")
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=True)
    sheet.add_table(table)
    sheet.print_area = plan.paper
    sheet.print_title_rows = f"{plan.titles}:{plan.titles}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.oddFooter.center.text = "&P / &N"


def _titles(plan: _Plan, document: Document) -> list[str]:
    """Return the titles of the columns, each once, as a table needs them."""
    titles = []
    for column in plan.columns:
        text = title(column, document)
        titles.append(text)
        if column.name in _TIMES:
            titles.append(document.say("statement.offset", title=text))
    return titles


def _rows(document: Document, plan: _Plan) -> Iterator[Sequence[Styled]]:
    """Yield the rows of the first sheet."""
    styles = plan.styles
    yield [Styled(document.title, styles["large"])]
    yield []
    for name, text in plan.heading:
        yield [Styled(name, styles["bold"]), Styled(None), Styled(None), Styled(text)]
    yield []
    yield [Styled(text, styles["title"]) for text in _titles(plan, document)]
    for index in range(plan.count):
        yield _line(line(document, index), plan)
    if not plan.count:
        yield []
    yield []
    place = [column.name for column in plan.columns].index("energy_kwh") + len(_TIMES)
    for entry in plan.foot:
        # The sums stand in the column of the energy, beside it what they are of.
        gap = [Styled(None)] * (place - 1)
        yield [Styled(entry.what, styles["bold"]), *gap, _sum(entry, plan), Styled(entry.unit)]
    yield []
    for note in plan.notes:
        yield [Styled(note)]


def _line(cells: Sequence[Cell], plan: _Plan) -> list[Styled]:
    row: list[Styled] = []
    for cell, column in zip(cells, plan.columns, strict=True):
        if column.name in _TIMES:
            row += _time(cell, plan.styles["time"])
        elif column.decimals is None or cell is None:
            row.append(Styled(cell))
        else:
            kind = "energy" if column.decimals == _PLACES["energy_kwh"] else "money"
            row.append(Styled(cell, plan.styles[kind]))
    return row


def _time(cell: Cell, style: int) -> list[Styled]:
    """Return a local time and its offset: a worksheet has no zones, and one hour comes twice."""
    if not isinstance(cell, datetime):
        return [Styled(None), Styled(None)]
    return [Styled(cell, style), Styled(offset_text(cell))]


def _sum(entry: FootLine, plan: _Plan) -> Styled:
    kind = "energy" if entry.unit == "kWh" else "money"
    is_number = isinstance(entry.value, Decimal)
    formula = None if entry.sum is None else _formula(entry.sum, plan)
    return Styled(entry.value, plan.styles[kind] if is_number else 0, formula)


def _formula(of: Sum, plan: _Plan) -> str:
    """Return what computes a sum: rounded as its parts are, for a sheet counts in binary."""
    values, places = plan.cells(of.column), _PLACES[of.column]
    if of.where is None:
        return f"ROUND(SUM({values}),{places})"
    name = of.name.replace('"', '""')
    return f'ROUND(SUMPRODUCT(EXACT({plan.cells(of.where)},"{name}")*{values}),{places})'


def _bar_rows(document: Document, bars: EnergyBars, plan: _Plan) -> list[list[Styled]]:
    """Return the rows of the second sheet: the energy of each day, or of each month."""
    name = document.say("statement.day" if bars.by_day else "statement.month")
    bold, day, energy = (plan.styles[style] for style in ("bold", "day", "energy"))
    rows = [[Styled(name, bold), Styled(document.say("statement.column.energy_kwh"), bold)]]
    rows += [[Styled(at, day), Styled(kwh(used), energy)] for at, used in bars.used_wh.items()]
    return rows


def _draw_chart(book: Any, document: Document, bars: EnergyBars) -> None:
    rows = len(bars.used_wh) + 1  # with the titles
    sheet = book.create_sheet(document.say("statement.chart_sheet"))
    sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = 14
    chart = BarChart()
    per = "energy_per_day" if bars.by_day else "energy_per_month"
    chart.title = document.say(f"statement.{per}")
    chart.add_data(Reference(sheet, min_col=2, min_row=1, max_row=rows), titles_from_data=True)
    chart.set_categories(Reference(sheet, min_col=1, min_row=2, max_row=rows))
    chart.legend = None
    chart.width, chart.height = 26, 11
    chart.x_axis.number_format = "dd" if bars.by_day else "yyyy-mm"
    chart.x_axis.delete = chart.y_axis.delete = False
    sheet.add_chart(chart, "D2")


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None, microsecond=0)


def _completed(
    file: io.BytesIO, at: datetime, rows: Mapping[str, Iterator[str]], plan: _Plan
) -> bytes:
    """Return the workbook with its rows, as if it had been saved at `at`."""
    utc = _naive(at)
    stamp = (utc.year, utc.month, utc.day, utc.hour, utc.minute, utc.second)
    mended: dict[str, Callable[[bytes], bytes]] = {
        "docProps/core.xml": lambda part: _MODIFIED.sub(
            rb"\g<1>" + f"{utc.isoformat()}Z".encode(), part
        ),
        _TABLE: lambda part: re.sub(rb'(?<= ref=")[^"]*', plan.table.encode(), part),
    }
    result = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            entry = zipfile.ZipInfo(name, stamp)
            entry.compress_type = zipfile.ZIP_DEFLATED
            part = old.read(name)
            if name in rows:
                _write_sheet(new, entry, part, rows[name])
            else:
                new.writestr(entry, mended.get(name, bytes)(part))
    return result.getvalue()


def _write_sheet(
    book: zipfile.ZipFile, entry: zipfile.ZipInfo, part: bytes, rows: Iterator[str]
) -> None:
    """Write a worksheet with other rows than it has; one after the other, for there may be many."""
    part = _DIMENSION.sub(b"", part)
    found = _ROWS.search(part)
    assert found is not None  # openpyxl always writes it
    with book.open(entry, "w") as sheet:
        sheet.write(part[: found.start()] + b"<sheetData>")
        for row in rows:
            sheet.write(row.encode())
        sheet.write(b"</sheetData>" + part[found.end() :])
