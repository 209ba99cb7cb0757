"""The page of everything that is written as a PDF: A4 on its side, with its margins."""

from typing import IO, Any, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import SimpleDocTemplate

MARGIN: Final = 10 * mm
WIDTH: Final = landscape(A4)[0] - 2 * MARGIN
"""From margin to margin."""


def pages(file: IO[bytes], *, title: str, language: str, **more: Any) -> SimpleDocTemplate:
    """Return the pages that are to be filled; `more` is what reportlab is told besides."""
    return SimpleDocTemplate(
        file,
        pagesize=landscape(A4),
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=11 * mm,
        bottomMargin=14 * mm,
        title=title,
        author="oppleo_flow",
        lang=language,
        **more,
    )
