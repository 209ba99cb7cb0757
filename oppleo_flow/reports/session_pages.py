"""A list of sessions as a PDF of A4 pages, in the columns of a statement."""

import io
from collections.abc import Iterator
from typing import Any, Final

from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer

from oppleo_flow.reports.document import Document, cell_text, kwh, time_text
from oppleo_flow.reports.pdf_lines import Lines
from oppleo_flow.reports.pdf_page import MARGIN, WIDTH, pages
from oppleo_flow.reports.pdf_text import FONT, GREY, SIZE, drawable, make_fonts_known, paragraph
from oppleo_flow.wording import Wording

_TITLE_SIZE: Final = 15.0


def session_pages(document: Document) -> bytes:
    """Return the file."""
    known = make_fonts_known()
    file = io.BytesIO()
    say: Wording = document.say
    title = f"{say('sessions.title')} {document.statement.heading.charge_point}"
    template = pages(file, title=title, language=say.language)

    def page_end(canvas: Any, template: Any) -> None:
        canvas.setFont(FONT, SIZE)
        canvas.setFillColor(GREY)
        canvas.drawString(MARGIN, 8 * mm, drawable(title, known))
        canvas.drawRightString(MARGIN + WIDTH, 8 * mm, str(template.page))

    template.build(
        _story(document, drawable(title, known)), onFirstPage=page_end, onLaterPages=page_end
    )
    return file.getvalue()


def _story(document: Document, title: str) -> list[Flowable]:
    statement, say = document.statement, document.say
    story: list[Flowable] = [paragraph(title, bold=True, size=_TITLE_SIZE), Spacer(0, 3 * mm)]
    story += [paragraph(text) for text in _facts(document)]
    story.append(Spacer(0, 4 * mm))
    if statement.lines:
        known = make_fonts_known()
        story += [Lines.of(document, known), Spacer(0, 4 * mm)]
    sums = {
        "sessions": str(len(statement.lines)),
        "energy": cell_text(kwh(statement.energy_wh), say),
        "total": cell_text(statement.total, say),
        "currency": statement.heading.currency,
    }
    story.append(paragraph(say("sessions.sums", **sums), bold=True))
    return story


def _facts(document: Document) -> Iterator[str]:
    of, say = document.statement.heading, document.say
    at = time_text(of.created_at.astimezone(of.zone))
    yield say("sessions.made", at=at, zone=of.zone.key)
    yield say("sessions.no_statement")
    if of.simulated:
        yield say("statement.simulated")
