"""How the brightness of an LED goes up and down: halves of a rhythm, from windows of duty.  Pure.

A *half* is the time between two passages of the middle: a bright one or a dark one.  Of each the
shape is looked at while it is fresh, so a long watch costs no more than a short one.
"""

from collections import deque

from oppleo_flow.devices.evse_fade import Window
from oppleo_flow.immutable import immutable

_DARK_BELOW, _BRIGHT_ABOVE = 0.3, 0.7
_FLAT = 0.08
_KEPT_HALVES = 8
_KEPT_RISES = 24


@immutable
class Half:
    """A bright or a dark time between two passages of the middle.

    `flat`: it was full, or dark, all the time.
    """

    bright: bool
    began_s: float
    ended_s: float
    flat: bool

    @property
    def length_s(self) -> float:
        """Return how long it lasted."""
        return self.ended_s - self.began_s


class Passage:
    """Notices when brightness passes the middle; noise around the middle is no passage."""

    def __init__(self) -> None:
        self.bright: bool | None = None
        self._left_s = 0.0

    def passed(self, at_s: float, level: float) -> float | None:
        """Take the brightness of one window; return when the middle was passed, if it was.

        That is half-way between the last window on the one side and the first on the other.
        """
        side = True if level >= _BRIGHT_ABOVE else False if level <= _DARK_BELOW else None
        if side is None and self.bright is not None:
            return None
        if self.bright in (None, side):
            self.bright = level >= 0.5 if side is None else side
            self._left_s = at_s
            return None
        passed_s = (self._left_s + at_s) / 2
        self.bright, self._left_s = side, at_s
        return passed_s


class Rhythm:
    """Cuts brightness into halves as it comes in, in order of time.

    Of three windows the middle one counts: one that noise has spoilt makes no half.  The fast blink
    is too fast for that, so rises are noted of all windows.
    """

    def __init__(self, kept_s: float) -> None:
        self.halves: deque[Half] = deque(maxlen=_KEPT_HALVES)
        self.rises_s: deque[float] = deque(maxlen=_KEPT_RISES)
        self.since_s: float | None = None
        """When the middle was passed last; None before the first time."""
        self.windows: deque[Window] = deque()
        """The last windows that count, of `kept_s` seconds."""
        self._kept_s = kept_s
        self._fast = Passage()
        self._slow = Passage()
        self._last: deque[Window] = deque(maxlen=3)

    def add(self, at_s: float, level: float) -> None:
        """Take the brightness of one window, 0 to 1."""
        if self._fast.passed(at_s, level) is not None and self._fast.bright:
            self.rises_s.append(at_s)
        self._last.append((at_s, level))
        if len(self._last) == 3:
            self._take(self._last[1][0], sorted(level for _, level in self._last)[1])

    def _take(self, at_s: float, level: float) -> None:
        self.windows.append((at_s, level))
        while self.windows[0][0] < at_s - self._kept_s:
            self.windows.popleft()
        passed_s = self._slow.passed(at_s, level)
        if passed_s is None:
            return
        if self.since_s is not None:
            bright = not self._slow.bright
            levels = [one for window_s, one in self.windows if self.since_s < window_s <= passed_s]
            self.halves.append(Half(bright, self.since_s, passed_s, _flat(levels, bright=bright)))
        self.since_s = passed_s


def _flat(levels: list[float], *, bright: bool) -> bool:
    """Return whether these windows are full or dark; the first may hold the end of before."""
    depths = [1 - level if bright else level for level in levels[1:] or levels]
    return bool(depths) and sum(depths) / len(depths) <= _FLAT
