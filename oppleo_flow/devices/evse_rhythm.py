"""How the brightness of an LED goes up and down: halves of a rhythm, from windows of duty.  Pure.

A *half* is the time between two passages of the middle: a bright one or a dark one.  Of each the
shape is looked at while it is fresh, so a long watch costs no more than a short one.
"""

from collections import deque
from dataclasses import dataclass

_DARK_BELOW, _BRIGHT_ABOVE = 0.3, 0.7
_DEEP = 0.2
_FADED = 0.12
_FLAT = 0.08
_ROUGH = 0.03
_KEPT_HALVES = 8
_KEPT_RISES = 24
_LONGEST_HALF = 200  # windows


@dataclass(frozen=True, slots=True)
class Half:
    """A bright or a dark time between two passages of the middle.

    `likeness` is how much it faded in and out as half of an eased triangle does: 1 if it did just
    that, 0 if it stayed where it was.  `fades`: it did so at both ends.  `deep`: it reached full,
    or dark; `flat`: it was so all the time.  `after_deep`: what was before reached the opposite.
    """

    bright: bool
    began_s: float
    ended_s: float
    likeness: float
    fades: bool
    deep: bool
    flat: bool
    after_deep: bool

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

    def __init__(self) -> None:
        self.halves: deque[Half] = deque(maxlen=_KEPT_HALVES)
        self.rises_s: deque[float] = deque(maxlen=_KEPT_RISES)
        self.since_s: float | None = None
        """When the middle was passed last; None before the first time."""
        self._fast = Passage()
        self._slow = Passage()
        self._last: deque[tuple[float, float]] = deque(maxlen=3)
        self._windows: list[tuple[float, float]] = []
        self._before: list[float] = []

    def add(self, at_s: float, level: float) -> None:
        """Take the brightness of one window, 0 to 1."""
        if self._fast.passed(at_s, level) is not None and self._fast.bright:
            self.rises_s.append(at_s)
        self._last.append((at_s, level))
        if len(self._last) == 3:
            self._take(self._last[1][0], sorted(level for _, level in self._last)[1])

    def _take(self, at_s: float, level: float) -> None:
        passed_s = self._slow.passed(at_s, level)
        self._windows.append((at_s, level))
        if passed_s is not None:
            levels = [level for window_s, level in self._windows if window_s <= passed_s]
            if self.since_s is not None:
                bright = not self._slow.bright
                self.halves.append(_half(bright, self.since_s, passed_s, levels, self._before))
            self.since_s, self._before = passed_s, levels
            self._windows = [window for window in self._windows if window[0] > passed_s]
        elif len(self._windows) > 2 * _LONGEST_HALF:  # steady: how it began tells nothing
            del self._windows[:_LONGEST_HALF]


def _half(
    bright: bool, began_s: float, ended_s: float, levels: list[float], before: list[float]
) -> Half:
    depths = [1 - level for level in levels] if bright else levels
    third, quarter = len(depths) // 3, max(1, len(depths) // 4)
    ends = min(_mean(depths[:quarter]), _mean(depths[-quarter:]))
    heights = sorted(1 - level for level in before) if bright else sorted(before)
    highest = heights[-max(1, len(heights) // 3) :]
    return Half(
        bright,
        began_s,
        ended_s,
        likeness=_likeness(depths),
        fades=ends >= _FADED,
        deep=_mean(depths[third : len(depths) - third]) <= _DEEP,
        # Its first window may hold the end of what was before.
        flat=_mean(depths[1:] or depths) <= _FLAT,
        after_deep=bool(highest) and _mean(highest) >= 1 - _DEEP,
    )


def _likeness(depths: list[float]) -> float:
    """Return how much these windows go down and up as half of an eased triangle does.

    That is the slope of a straight line through what was seen over what should be: 1 for the
    triangle itself, 0 for what stays where it is, however bright, and for what only jumps about.
    """
    count = len(depths)
    if count <= 2:
        return 0.0
    wanted = [_triangle((index + 0.5) / count) for index in range(count)]
    mean, seen = _mean(wanted), _mean(depths)
    spread = sum((level - mean) ** 2 for level in wanted)
    slope = sum((w - mean) * d for w, d in zip(wanted, depths, strict=True)) / spread
    rest = [d - seen - slope * (w - mean) for w, d in zip(wanted, depths, strict=True)]
    return slope if _mean([one**2 for one in rest]) <= _ROUGH else 0.0


def _triangle(share: float) -> float:
    """Return the eased triangle at a share of its dark half, which begins and ends at 0.5."""
    return 2 * (0.5 - share) ** 2


def _mean(levels: list[float]) -> float:
    return sum(levels) / len(levels)
