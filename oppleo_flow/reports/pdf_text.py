"""The fonts of the PDF, and text as it can be drawn with them."""

import unicodedata
from collections.abc import Mapping
from typing import Final
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase.pdfmetrics import registerFont, stringWidth
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

FONT: Final = "Vera"
BOLD: Final = "VeraBd"
SIZE: Final = 7.0
ROW: Final = 10.5
GREY, PALE, BLUE = HexColor(0x777777), HexColor(0xF2F2F2), HexColor(0x3B6EA5)
Glyphs = Mapping[int, int]


def make_fonts_known() -> Glyphs:
    """Make known the fonts that reportlab brings along; return what the one of the lines has."""
    font = TTFont(FONT, "Vera.ttf")
    registerFont(font)
    registerFont(TTFont(BOLD, "VeraBd.ttf"))
    glyphs: Glyphs = font.face.charToGlyph
    return glyphs


def drawable(text: str, known: Glyphs) -> str:
    """Return text in characters that the font has: without an accent where need be, else `?`."""
    if text.isascii() or all(ord(character) in known for character in text):
        return text
    return "".join(
        character
        if ord(character) in known
        else next((c for c in unicodedata.normalize("NFKD", character) if ord(c) in known), "?")
        for character in text
    )


def is_wider(text: str, width: float) -> bool:
    """Return whether text does not fit; a short one surely does, and need not be measured."""
    return len(text) * SIZE > width and stringWidth(text, FONT, SIZE) > width


def folded(text: str, width: float, rows: int) -> list[str]:
    """Return text in rows no wider than that, folded between words; the last one has the rest."""
    if rows == 1 or not is_wider(text, width):
        return [text]
    fits = 0
    for at, character in enumerate(text):
        if character == " " and stringWidth(text[:at], FONT, SIZE) <= width:
            fits = at
    if not fits:
        return [text]
    return [text[:fits], *folded(text[fits + 1 :], width, rows - 1)]


def cut(text: str, width: float) -> str:
    """Return text as it is if it is no wider than that, else its beginning."""
    while is_wider(text, width):
        text = f"{text[:-2]}…"
    return text


def paragraph(text: str, *, bold: bool = False, size: float = SIZE) -> Paragraph:
    """Return text that is folded where it must be."""
    style = ParagraphStyle(
        "text",
        fontName=BOLD if bold else FONT,
        fontSize=size,
        leading=size * ROW / SIZE,
        splitLongWords=True,
    )
    return Paragraph(escape(text), style)
