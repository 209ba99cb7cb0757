"""Whether the brightness of an LED fades in and out as that of a charging SmartEVSE does.  Pure.

The triangle is looked for as a whole, shape and time.  Steady levels that follow one another have
halves that look a little like it, and a blink has windows of any brightness; to go along with it
for a period, neither can.
"""

from collections.abc import Sequence
from typing import Final, Self

from oppleo_flow.immutable import immutable

Window = tuple[float, float]
"""When a window ended, and its brightness, 0 to 1."""

_FARTHEST_SHIFT: Final = 0.08
_FARTHEST_STRETCH_S: Final = 0.15
_SMOOTH: Final = 3


@immutable
class Fade:
    """An eased triangle, between dark and full, that passes the middle upwards at `rises_s`."""

    period_s: float
    rises_s: float

    def nearer_to(self, windows: Sequence[Window]) -> Self:
        """Return it a little earlier or later, faster or slower, as these windows have it.

        That is one step of least squares: where it began was seen to half a window only.
        """
        middle_s = (windows[0][0] + windows[-1][0]) / 2
        gg = ggt = ggtt = gr = grt = 0.0
        for at_s, seen in windows:
            level, slope = _triangle((at_s - self.rises_s) / self.period_s)
            missing, from_middle_s = seen - level, at_s - middle_s
            weight = slope * slope
            gg += weight
            ggt += weight * from_middle_s
            ggtt += weight * from_middle_s**2
            gr += slope * missing
            grt += slope * missing * from_middle_s
        determinant = gg * ggtt - ggt * ggt
        if determinant <= 0.0:
            return self
        shift = _at_most((gr * ggtt - grt * ggt) / determinant, _FARTHEST_SHIFT)
        stretch = _at_most((gg * grt - ggt * gr) / determinant, _FARTHEST_STRETCH_S / self.period_s)
        per_s = 1 / self.period_s + stretch
        rises_s = (self.rises_s / self.period_s - shift + stretch * middle_s) / per_s
        return type(self)(1 / per_s, rises_s)

    def misfit(self, windows: Sequence[Window]) -> float:
        """Return the mean square of what is missing between it and these windows, smoothed.

        The chance of where samples fall makes windows differ from it to either side; another shape
        does so to one side for a while.
        """
        missing = self._missing(windows)
        return _mean_square(
            [
                sum(missing[start : start + _SMOOTH]) / _SMOOTH
                for start in range(len(missing) - _SMOOTH + 1)
            ]
        )

    def scatter(self, windows: Sequence[Window]) -> float:
        """Return the mean square of what is missing between it and these windows."""
        return _mean_square(self._missing(windows))

    def _missing(self, windows: Sequence[Window]) -> list[float]:
        return [
            seen - _triangle((at_s - self.rises_s) / self.period_s)[0] for at_s, seen in windows
        ]


def _mean_square(values: Sequence[float]) -> float:
    return sum(value * value for value in values) / len(values)


def _triangle(periods: float) -> tuple[float, float]:
    """Return the level some periods after it rose past the middle, and its slope per period."""
    share = periods % 1.0
    from_top = (2 * share) % 1.0 - 0.5
    if share < 0.5:
        return 1 - 2 * from_top**2, -8 * from_top
    return 2 * from_top**2, 8 * from_top


def _at_most(value: float, limit: float) -> float:
    return min(max(value, -limit), limit)
