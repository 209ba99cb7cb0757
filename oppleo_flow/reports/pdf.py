"""A statement as a PDF of A4 pages, with room for a signature."""

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from textwrap import wrap
from typing import Any

from reportlab.lib.colors import HexColor, black
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate, Spacer, Table

from oppleo_flow.charging.statement import Statement
from oppleo_flow.reports import content
from oppleo_flow.reports.content import COLUMNS, Cell

_FONT, _BOLD = "Vera", "VeraBd"
_SIZE, _ROW, _TITLES, _BASE, _PAD = 7.5, 11.0, 24.0, 3.0, 4.0
_GREY, _PALE = HexColor(0x888888), HexColor(0xF2F2F2)
_SHORT = [column for column in COLUMNS if column.short]
_WIDTHS = [width * mm for width in (9, 39, 39, 33, 22, 22, 21, 16, 17, 59)]
_Glyphs = Mapping[int, int]
_Style = tuple[Any, ...]


def pdf(statement: Statement) -> bytes:
    """Return the file; the same statement gives the same bytes."""
    font = _fonts()
    file = io.BytesIO()
    title = f"Statement {statement.heading.charge_point} {statement.heading.month}"
    document = SimpleDocTemplate(
        file,
        pagesize=landscape(A4),
        leftMargin=10 * mm,
        rightMargin=10 * mm,
        topMargin=12 * mm,
        bottomMargin=14 * mm,
        title=title,
        author="oppleo_flow",
        invariant=1,
    )
    page = _page_end(title, statement.heading.created_at)
    document.build(list(_story(statement, font)), onFirstPage=page, onLaterPages=page)
    return file.getvalue()


def _fonts() -> TTFont:
    """Make known the fonts that reportlab brings along; return the one of the lines."""
    font = TTFont(_FONT, "Vera.ttf")
    registerFont(font)
    registerFont(TTFont(_BOLD, "VeraBd.ttf"))
    return font


def _page_end(title: str, at: datetime) -> Callable[[Any, Any], None]:
    """Return what is drawn on each page beside the story."""
    utc = at.astimezone(UTC)

    def draw(canvas: Any, document: Any) -> None:
        canvas.setDateFormatter(lambda *_: f"D:{utc:%Y%m%d%H%M%S}+00'00'")
        canvas.setFont(_FONT, _SIZE)
        canvas.setFillColor(_GREY)
        canvas.drawString(10 * mm, 8 * mm, title)
        canvas.drawRightString(landscape(A4)[0] - 10 * mm, 8 * mm, f"page {document.page}")

    return draw


def _story(statement: Statement, font: TTFont) -> Iterator[Flowable]:
    known = font.face.charToGlyph
    yield _facts([(name, _drawable(text, known)) for name, text in content.head(statement)])
    yield Spacer(0, 5 * mm)
    yield _Lines(statement, known, 0, len(statement.lines))
    yield Spacer(0, 5 * mm)
    sums = _sums([(_drawable(n, known), _text(v), u) for n, v, u in content.foot(statement)])
    signature = _facts([("Date, name, signature", "." * 90)])
    yield KeepTogether([sums, Spacer(0, 12 * mm), signature])


class _Lines(Flowable):
    """Some of the lines, [begin, end), below their titles; breaks where the page ends.

    They are drawn straight from the statement: a table of reportlab's keeps every cell in memory.
    """

    def __init__(self, statement: Statement, known: _Glyphs, begin: int, end: int) -> None:
        super().__init__()
        self._statement = statement
        self._known = known
        self._begin = begin
        self._end = end

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return sum(_WIDTHS), _TITLES + _ROW * (self._end - self._begin)

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the part that fits in what is left of the page, and the rest."""
        fit = int((height - _TITLES) // _ROW)
        if fit < 1:
            return []
        middle = self._begin + fit
        return [
            _Lines(self._statement, self._known, self._begin, middle),
            _Lines(self._statement, self._known, middle, self._end),
        ]

    def draw(self) -> None:
        """Draw them, upwards from the origin."""
        count = self._end - self._begin
        rows = [self._texts(index) for index in range(self._begin, self._end)]
        self._ground(count)
        left = 0.0
        for place, column in enumerate(_SHORT):
            right = left + _WIDTHS[place] - _PAD
            is_number = column.decimals is not None
            self._titles(column.title, left + _PAD, right, count * _ROW, at_right=is_number)
            self.canv.setFont(_FONT, _SIZE)
            y = (count - 1) * _ROW + _BASE
            for row in rows:
                if is_number:
                    self.canv.drawRightString(right, y, row[place])
                else:
                    self.canv.drawString(left + _PAD, y, _cut(row[place], right - left - _PAD))
                y -= _ROW
            left += _WIDTHS[place]

    def _texts(self, index: int) -> list[str]:
        cells = content.line(self._statement, index)
        shown = (cell for cell, column in zip(cells, COLUMNS, strict=True) if column.short)
        return [_drawable(_text(cell), self._known) for cell in shown]

    def _ground(self, count: int) -> None:
        """Draw every other row pale, and the line under the titles."""
        self.canv.setFillColor(_PALE)
        for n in range(count - 2, -1, -2):
            self.canv.rect(0, n * _ROW, sum(_WIDTHS), _ROW, stroke=0, fill=1)
        self.canv.setFillColor(black)
        self.canv.setStrokeColor(_GREY)
        self.canv.line(0, count * _ROW, sum(_WIDTHS), count * _ROW)

    def _titles(
        self, title: str, left: float, right: float, bottom: float, *, at_right: bool
    ) -> None:
        self.canv.setFont(_BOLD, _SIZE)
        for n, text in enumerate(reversed(wrap(title, 12))):
            y = bottom + _BASE + n * (_ROW - 1)
            if at_right:
                self.canv.drawRightString(right, y, text)
            else:
                self.canv.drawString(left, y, text)


def _facts(rows: Sequence[tuple[str, str]]) -> Table:
    style = [*_plain_style(), ("FONT", (0, 0), (0, -1), _BOLD, _SIZE, _ROW)]
    return _left(rows, (45, 232), style)


def _sums(rows: Sequence[tuple[str, str, str]]) -> Table:
    return _left(rows, (110, 25, 20), [*_plain_style(), ("ALIGN", (1, 0), (1, -1), "RIGHT")])


def _left(rows: Sequence[Sequence[str]], widths_mm: Iterable[int], style: list[_Style]) -> Table:
    return Table(
        [list(row) for row in rows],
        colWidths=[width * mm for width in widths_mm],
        rowHeights=[_ROW + 1] * len(rows),
        hAlign="LEFT",
        style=style,
    )


def _plain_style() -> list[_Style]:
    return [
        ("FONT", (0, 0), (-1, -1), _FONT, _SIZE, _ROW),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
        ("LEFTPADDING", (0, 0), (-1, -1), _PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
    ]


def _cut(text: str, width: float) -> str:
    """Return text as it is if it is no wider than that, else its beginning."""
    while stringWidth(text, _FONT, _SIZE) > width:
        text = f"{text[:-2]}…"
    return text


def _text(cell: Cell) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, datetime):
        return content.time_text(cell)
    if isinstance(cell, Decimal):
        return f"{cell:f}"
    return str(cell)


def _drawable(text: str, known: _Glyphs) -> str:
    """Return text in characters that the font has: without an accent where need be, else `?`."""
    if all(ord(character) in known for character in text):
        return text
    return "".join(
        character
        if ord(character) in known
        else next((c for c in unicodedata.normalize("NFKD", character) if ord(c) in known), "?")
        for character in text
    )
