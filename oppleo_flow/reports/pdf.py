"""A statement as a PDF of A4 pages: a cover, the lines, the sums, and room for a signature."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    KeepTogether,
    PageBreak,
    Spacer,
    Table,
)

from oppleo_flow.reports.document import Document, cell_text
from oppleo_flow.reports.foot import FootLine, foot, notes, totals
from oppleo_flow.reports.head import Fact, head
from oppleo_flow.reports.pdf_chart import Bars
from oppleo_flow.reports.pdf_lines import Lines
from oppleo_flow.reports.pdf_page import MARGIN, WIDTH, pages
from oppleo_flow.reports.pdf_text import (
    BOLD,
    FONT,
    GREY,
    ROW,
    SIZE,
    Glyphs,
    drawable,
    is_wider,
    make_fonts_known,
    paragraph,
)

_PAD: Final = 3.0
_TITLE_SIZE: Final = 15.0
_TOTAL: Final = "pages"
_SUMS_MM: Final = (150, 28, 18)
_Style = tuple[Any, ...]


class _NumberedCanvas(Canvas):
    """A canvas whose pages say how many there are: a drawing that is made last is on each."""

    def save(self) -> None:
        """Make that drawing, now that it is known, and write the file."""
        self.beginForm(_TOTAL)
        self.setFont(FONT, SIZE)
        self.setFillColor(GREY)
        self.drawString(0, 0, str(self.getPageNumber() - 1))
        self.endForm()
        super().save()


def pdf(document: Document) -> bytes:
    """Return the file; the same statement gives the same bytes."""
    known = make_fonts_known()
    file = io.BytesIO()
    title = f"{document.title} {document.subject}"
    template = pages(file, title=title, language=document.say.language, invariant=1)
    page = _page_end(drawable(title, known), document)
    template.build(
        list(_story(document, known)),
        onFirstPage=page,
        onLaterPages=page,
        canvasmaker=_NumberedCanvas,
    )
    return file.getvalue()


def _page_end(title: str, document: Document) -> Callable[[Any, Any], None]:
    """Return what is drawn on each page beside the story."""
    at: datetime = document.statement.heading.created_at.astimezone(UTC)

    def draw(canvas: Any, template: Any) -> None:
        canvas.setDateFormatter(lambda *_: f"D:{at:%Y%m%d%H%M%S}+00'00'")
        canvas.setFont(FONT, SIZE)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, 8 * mm, title)
        right = MARGIN + WIDTH - 8 * mm
        page = document.say("statement.page", page=str(template.page))
        canvas.drawRightString(right - 2, 8 * mm, page)
        canvas.saveState()
        canvas.translate(right, 8 * mm)
        canvas.doForm(_TOTAL)
        canvas.restoreState()

    return draw


def _story(document: Document, known: Glyphs) -> Iterator[Flowable]:
    yield paragraph(drawable(document.title, known), bold=True, size=_TITLE_SIZE)
    yield Spacer(0, 4 * mm)
    yield _facts(list(head(document)), known)
    yield Spacer(0, 4 * mm)
    yield Bars(document, WIDTH)
    yield Spacer(0, 3 * mm)
    yield _sums(totals(document), document, known, bold=True)
    yield Spacer(0, 2 * mm)
    for note in notes(document):
        yield paragraph(drawable(note, known))
    if document.statement.lines:
        yield PageBreak()
        yield Lines.of(document, known)
        yield Spacer(0, 5 * mm)
    yield _sums(foot(document), document, known)
    yield KeepTogether([Spacer(0, 10 * mm), _signature(document)])


def _facts(facts: Sequence[Fact], known: Glyphs) -> Table:
    """Return the facts in two columns, one beside the other; a long one is folded."""
    half = (len(facts) + 1) // 2
    rows = []
    for left, right in zip(facts[:half], [*facts[half:], ("", "")], strict=False):
        words = [(name, True) for name in (left[0],)] + [(left[1], False)]
        words += [(right[0], True), (right[1], False)]
        rows.append([paragraph(drawable(text, known), bold=bold) for text, bold in words])
    share = WIDTH / 2
    name = 36 * mm
    return Table(
        rows,
        colWidths=[name, share - name, name, share - name],
        hAlign="LEFT",
        style=_plain_style(),
    )


def _sums(
    lines: Iterable[FootLine], document: Document, known: Glyphs, *, bold: bool = False
) -> Table:
    widths = [width * mm for width in _SUMS_MM]
    rows: list[list[Any]] = []
    heights: list[float | None] = []
    for entry in lines:
        what: Any = drawable(entry.what, known)
        is_long = is_wider(what, widths[0] - 2 * _PAD)
        value = cell_text(entry.value, document.say)
        rows.append([paragraph(what) if is_long else what, value, entry.unit])
        heights.append(None if is_long else ROW + 1)
    font = BOLD if bold else FONT
    style = [
        *_plain_style(),
        ("FONT", (0, 0), (-1, -1), font, SIZE, ROW),
        ("ALIGN", (1, 0), (1, -1), "RIGHT"),
    ]
    return Table(rows, colWidths=widths, rowHeights=heights, hAlign="LEFT", style=style)


def _signature(document: Document) -> Table:
    style = [*_plain_style(), ("LINEABOVE", (1, 0), (1, 0), 0.5, black)]
    words = [document.say("statement.signature"), ""]
    return Table([words], colWidths=[45 * mm, 110 * mm], hAlign="LEFT", style=style)


def _plain_style() -> list[_Style]:
    return [
        ("FONT", (0, 0), (-1, -1), FONT, SIZE, ROW),
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("TOPPADDING", (0, 0), (-1, -1), 0),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
    ]
