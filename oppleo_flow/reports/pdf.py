"""A statement as a PDF of A4 pages, with room for a signature."""

import io
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import accumulate
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
_REMARKS = [column.name for column in _SHORT].index("remarks")
_MOST_ROWS = 4
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
    yield _Lines(statement, known, 0, _rows(statement, known))
    yield Spacer(0, 5 * mm)
    sums = _sums([(_drawable(n, known), _text(v), u) for n, v, u in content.foot(statement)])
    signature = _facts([("Date, name, signature", "." * 90)])
    yield KeepTogether([sums, Spacer(0, 12 * mm), signature])


class _Lines(Flowable):
    """Some of the lines, from `begin` on, below their titles; breaks where the page ends.

    `rows` says how many rows each of them takes.  They are drawn straight from the statement: a
    table of reportlab's keeps every cell in memory.
    """

    def __init__(
        self, statement: Statement, known: _Glyphs, begin: int, rows: Sequence[int]
    ) -> None:
        super().__init__()
        self._statement = statement
        self._known = known
        self._begin = begin
        self._rows = rows

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return sum(_WIDTHS), _TITLES + _ROW * sum(self._rows)

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the part that fits in what is left of the page, and the rest."""
        room = int((height - _TITLES) // _ROW)
        fit = sum(below <= room for below in accumulate(self._rows))
        if fit < 1:
            return []
        return [
            _Lines(self._statement, self._known, self._begin, self._rows[:fit]),
            _Lines(self._statement, self._known, self._begin + fit, self._rows[fit:]),
        ]

    def draw(self) -> None:
        """Draw them, upwards from the origin."""
        height = sum(self._rows) * _ROW
        lines = [_texts(self._statement, self._begin + n, self._known) for n in range(self._count)]
        self._ground(height)
        left = 0.0
        for place, column in enumerate(_SHORT):
            right = left + _WIDTHS[place] - _PAD
            is_number = column.decimals is not None
            self._titles(column.title, left + _PAD, right, height, at_right=is_number)
            self.canv.setFont(_FONT, _SIZE)
            y = height + _BASE
            for line, rows in zip(lines, self._rows, strict=True):
                y -= _ROW
                if is_number:
                    self.canv.drawRightString(right, y, line[place])
                else:
                    self._text(line[place], left + _PAD, y, right - left - _PAD, rows)
                y -= _ROW * (rows - 1)
            left += _WIDTHS[place]

    @property
    def _count(self) -> int:
        return len(self._rows)

    def _text(self, text: str, left: float, y: float, width: float, rows: int) -> None:
        """Draw a text downwards in as many rows as its line has."""
        *whole, last = _folded(text, width, rows)
        for row in whole:
            self.canv.drawString(left, y, row)
            y -= _ROW
        self.canv.drawString(left, y, _cut(last, width))

    def _ground(self, height: float) -> None:
        """Draw every other line pale, and the rule under the titles."""
        self.canv.setFillColor(_PALE)
        for n, below in enumerate(accumulate(self._rows)):
            if n % 2:
                rows = self._rows[n]
                y = height - below * _ROW
                self.canv.rect(0, y, sum(_WIDTHS), rows * _ROW, stroke=0, fill=1)
        self.canv.setFillColor(black)
        self.canv.setStrokeColor(_GREY)
        self.canv.line(0, height, sum(_WIDTHS), height)

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


def _texts(statement: Statement, index: int, known: _Glyphs) -> list[str]:
    cells = content.line(statement, index)
    shown = (cell for cell, column in zip(cells, COLUMNS, strict=True) if column.short)
    return [_drawable(_text(cell), known) for cell in shown]


def _rows(statement: Statement, known: _Glyphs) -> list[int]:
    """Return how many rows each line takes: remarks may be long, and none is left out."""
    width = _WIDTHS[_REMARKS] - 2 * _PAD
    lines = (_texts(statement, index, known) for index in range(len(statement.lines)))
    return [len(_folded(line[_REMARKS], width, _MOST_ROWS)) for line in lines]


def _folded(text: str, width: float, rows: int) -> list[str]:
    """Return text in rows no wider than that, folded between words; the last one has the rest."""
    if rows == 1 or stringWidth(text, _FONT, _SIZE) <= width:
        return [text]
    fits = 0
    for at, character in enumerate(text):
        if character == " " and stringWidth(text[:at], _FONT, _SIZE) <= width:
            fits = at
    if not fits:
        return [text]
    return [text[:fits], *_folded(text[fits + 1 :], width, rows - 1)]


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
