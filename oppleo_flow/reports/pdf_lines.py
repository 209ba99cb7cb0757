"""The lines of a statement on the pages of a PDF."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate, pairwise
from textwrap import wrap
from typing import Any, Final

from reportlab.lib.colors import black
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import Flowable

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.reports.document import Document, cell_text, kwh, plain, time_text
from oppleo_flow.reports.lines import remarks
from oppleo_flow.reports.pdf_text import (
    BOLD,
    FONT,
    GREY,
    PALE,
    ROW,
    SIZE,
    Glyphs,
    cut,
    drawable,
    folded,
)

_TITLES, _BASE, _PAD = 34.0, 2.8, 3.0
_MOST_ROWS = 4
_SHORT_ID = 8
_TITLE_CHARACTERS = 11
_WIDTHS_MM: Final = {
    **{"number": 9, "session_id": 17, "started_at": 36, "ended_at": 36, "who": 40},
    **{"register_start_kwh": 20, "register_end_kwh": 20, "energy_kwh": 17},
    **{"price_per_kwh": 16, "amount": 16, "remarks": 50},
}
_REIMBURSABLE_MM = 19
_TEXTS: Final = ("number", "session_id", "started_at", "ended_at", "who", "remarks")
_FOLDED: Final = ("who", "remarks")


def widths_of(document: Document) -> dict[str, float]:
    """Return the columns with their widths, which take up the whole page together."""
    widths = {name: width * mm for name, width in _WIDTHS_MM.items()}
    if document.statement.heading.reimbursement is not None:
        last = widths.pop("remarks")
        widths["reimbursable"] = _REIMBURSABLE_MM * mm
        widths["remarks"] = last - widths["reimbursable"]
    return widths


class Lines(Flowable):
    """Some of the lines, from `begin` until `end`, below their titles; breaks where the page ends.

    `tops` says how many rows stand above each line, and above what follows the last one.  They are
    drawn straight from the statement: a table of reportlab's keeps every cell in memory.
    """

    def __init__(
        self, document: Document, known: Glyphs, begin: int, end: int, tops: Sequence[int]
    ) -> None:
        super().__init__()
        self._document = document
        self._known = known
        self._begin, self._end = begin, end
        self._tops = tops
        self._widths = widths_of(document)

    @classmethod
    def of(cls, document: Document, known: Glyphs) -> "Lines":
        """Return all lines of a statement."""
        rows = _count_rows(document, known)
        return cls(document, known, 0, len(rows), list(accumulate(rows, initial=0)))

    @property
    def _rows(self) -> list[int]:
        """Return how many rows each line takes."""
        return [after - top for top, after in pairwise(self._tops[self._begin : self._end + 1])]

    @property
    def _height(self) -> float:
        return ROW * (self._tops[self._end] - self._tops[self._begin])

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return sum(self._widths.values()), _TITLES + self._height

    def split(self, width: float, height: float) -> list[Flowable]:
        """Return the part that fits in what is left of the page, and the rest."""
        room = self._tops[self._begin] + int((height - _TITLES) // ROW)
        cut_at = bisect_right(self._tops, room, self._begin, self._end + 1) - 1
        if cut_at <= self._begin:
            return []
        return [
            Lines(self._document, self._known, self._begin, cut_at, self._tops),
            Lines(self._document, self._known, cut_at, self._end, self._tops),
        ]

    def draw(self) -> None:
        """Draw them, upwards from the origin."""
        height, all_rows = self._height, self._rows
        lines = [self._texts(index) for index in range(self._begin, self._end)]
        self._ground(height, all_rows)
        left = 0.0
        for place, (name, column) in enumerate(self._widths.items()):
            right = left + column - _PAD
            self._titles(name, left + _PAD, right, height)
            # One text for the column: one for each cell would take twice as long.
            text = self.canv.beginText()
            text.setFont(FONT, SIZE)
            y = height + _BASE
            for line, rows in zip(lines, all_rows, strict=True):
                y -= ROW
                if name in _TEXTS:
                    _write(text, line[place], left + _PAD, y, right - left - _PAD, rows)
                else:
                    text.setTextOrigin(right - stringWidth(line[place], FONT, SIZE), y)
                    text.textOut(line[place])
                y -= ROW * (rows - 1)
            self.canv.drawText(text)
            left += column

    def _texts(self, index: int) -> list[str]:
        """Return what one line says, a text for each column."""
        document = self._document
        say, zone = document.say, document.statement.heading.zone
        session = document.statement.lines[index]
        ended = None if session.ended_at is None else session.ended_at.astimezone(zone)
        figures = [
            *(kwh(session.meter_start_wh), kwh(session.meter_end_wh), kwh(session.energy_wh)),
            *(session.price_per_kwh, document.statement.amounts[index]),
        ]
        if "reimbursable" in self._widths:
            figures.append(document.statement.reimbursable(session))
        return [
            str(index + 1),
            str(session.session_id)[:_SHORT_ID],
            time_text(session.started_at.astimezone(zone)),
            cell_text(ended, say),
            drawable(_who(session, document), self._known),
            *(cell_text(figure, say) for figure in figures),
            drawable(remarks(session, document), self._known),
        ]

    def _ground(self, height: float, all_rows: Sequence[int]) -> None:
        """Draw every other line pale, and the rule under the titles."""
        width = sum(self._widths.values())
        self.canv.setFillColor(PALE)
        for n, (rows, below) in enumerate(zip(all_rows, accumulate(all_rows), strict=True)):
            if n % 2:
                self.canv.rect(0, height - below * ROW, width, rows * ROW, stroke=0, fill=1)
        self.canv.setFillColor(black)
        self.canv.setStrokeColor(GREY)
        self.canv.line(0, height, width, height)

    def _titles(self, name: str, left: float, right: float, bottom: float) -> None:
        self.canv.setFont(BOLD, SIZE)
        title = self._document.say(f"statement.column.{name}")
        for n, text in enumerate(reversed(wrap(title, _TITLE_CHARACTERS))):
            y = bottom + _BASE + n * (ROW - 1)
            if name in _TEXTS:
                self.canv.drawString(left, y, text)
            else:
                self.canv.drawRightString(right, y, text)


def _write(text: Any, said: str, left: float, y: float, width: float, rows: int) -> None:
    """Write what a cell says, downwards in at most as many rows as its line has."""
    *whole, last = folded(said, width, rows)
    for row in (*whole, cut(last, width)):
        text.setTextOrigin(left, y)
        text.textOut(row)
        y -= ROW


def _who(session: SessionRecord, document: Document) -> str:
    """Return which card and vehicle it was, with the odometer where that is known."""
    of, say = session.attribution, document.say
    vehicle = " ".join(filter(None, (of.vehicle, of.plate)))
    odometer = "" if session.odometer_km is None else f"{say.number(session.odometer_km)} km"
    return plain(", ".join(filter(None, (session.label, vehicle, odometer))))


def _count_rows(document: Document, known: Glyphs) -> list[int]:
    """Return how many rows each line takes: names and remarks may be long."""
    widths = widths_of(document)
    room = {name: widths[name] - 2 * _PAD for name in _FOLDED}

    def rows(session: SessionRecord) -> int:
        texts = {"who": _who(session, document), "remarks": remarks(session, document)}
        return max(
            len(folded(drawable(text, known), room[name], _MOST_ROWS))
            for name, text in texts.items()
        )

    return [rows(session) for session in document.statement.lines]
