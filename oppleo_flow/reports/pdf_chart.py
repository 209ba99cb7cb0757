"""The bars on the cover of the PDF: the energy of each day, or of each month."""

from typing import Final

from reportlab.lib.colors import black
from reportlab.platypus import Flowable

from oppleo_flow.reports.document import Document, energy_bars
from oppleo_flow.reports.pdf_text import BLUE, BOLD, FONT, GREY, SIZE

_HEIGHT: Final = 150.0
_FOOT, _TOP, _LEFT = 14.0, 18.0, 34.0
_STEPS: Final = (1, 2, 5)
_LINES: Final = 5
_WH_PER_KWH: Final = 1000
_FULL: Final = 0.7
_MOST_LABELS: Final = 31


class Bars(Flowable):
    """A bar for each day or month, with the energy at its left."""

    def __init__(self, document: Document, width: float) -> None:
        super().__init__()
        self._say = document.say
        self._bars = energy_bars(document.statement)
        self._width = width

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        """Return how much room it takes."""
        return self._width, _HEIGHT

    def draw(self) -> None:
        """Draw title, lines and bars."""
        by_day, used = self._bars.by_day, self._bars.used_wh
        title = self._say("statement.energy_per_day" if by_day else "statement.energy_per_month")
        self.canv.setFillColor(black)
        self.canv.setFont(BOLD, SIZE)
        self.canv.drawString(0, _HEIGHT - SIZE, f"{title} ({self._say('statement.by_end')})")
        top_kwh = self._lines()
        step = (self._width - _LEFT) / len(used)
        for n, (day, used_wh) in enumerate(used.items()):
            left = _LEFT + n * step
            height = (_HEIGHT - _FOOT - _TOP) * used_wh / (top_kwh * _WH_PER_KWH)
            self.canv.setFillColor(BLUE)
            self.canv.rect(
                left + step * (1 - _FULL) / 2, _FOOT, step * _FULL, height, stroke=0, fill=1
            )
            self.canv.setFillColor(black)
            if n % (1 + len(used) // (_MOST_LABELS + 1)) == 0:
                label = str(day.day) if by_day else f"{day:%Y-%m}"
                self.canv.drawCentredString(left + step / 2, _FOOT - SIZE - 2, label)

    def _lines(self) -> int:
        """Draw the lines that say how much; return the energy of the uppermost, in kWh."""
        most_kwh = max(1, -(-max(self._bars.used_wh.values()) // _WH_PER_KWH))
        each = _step(most_kwh)
        count = -(-most_kwh // each)
        self.canv.setStrokeColor(GREY)
        self.canv.setLineWidth(0.25)
        self.canv.setFont(FONT, SIZE)
        for n in range(count + 1):
            y = _FOOT + (_HEIGHT - _FOOT - _TOP) * n / count
            self.canv.line(_LEFT, y, self._width, y)
            self.canv.drawRightString(_LEFT - 4, y - SIZE / 3, self._say.number(n * each))
        return each * count


def _step(most: int) -> int:
    """Return a round number of which about five make up the most."""
    power = 1
    while True:
        for step in _STEPS:
            if step * power * _LINES >= most:
                return step * power
        power *= 10
