"""What the brightness of a SmartEVSE's LED means: from windows of duty to a signal.  Pure.

Two stages: somebody measures the duty of the carrier in windows of less than 20 ms; the decoder
here looks at the shape that these windows make over some seconds.  Facts: the table of the LED
routine, both generations: flat 0 %, 16 % and 100 %; an eased triangle of 1.28–1.41 s, 2.56–2.82 s
in solar mode; flashes of a tenth of 1.28–1.41 s; a fast blink of 128–141 ms.
"""

import itertools
from collections import deque
from dataclasses import dataclass

from oppleo_flow.payloads import EvseSignal

NOTHING_SEEN = "no full period of the signal seen yet"

_HISTORY_S = 3.6  # the slowest triangle begins at full and is known after five quarters of it
_RECENT_S = 1.5  # longer than the dark part between two flashes
_WATCHED_S = 3.4  # all but the edge of the history
_HOLD_S = _HISTORY_S
_DECIDE_EVERY_S = 0.1
_LEAST_WINDOWS_PER_S = 12  # half of what a sampler that is not starved makes
_FALLING_BELOW, _RISING_ABOVE = 0.35, 0.65
_FEW = 2  # windows that noise or an edge may spoil


@dataclass(frozen=True, slots=True)
class _Crossing:
    """The brightness passed the middle."""

    at_s: float
    rising: bool


class EvseDecoder:
    """Tells the signal from windows of brightness, added in order of time."""

    def __init__(self) -> None:
        self._windows: deque[tuple[float, float]] = deque()
        self._decided_at_s = float("-inf")
        self._signal: EvseSignal | None = None
        self._seen_at_s = float("-inf")
        self._reason = NOTHING_SEEN

    def add(self, at_s: float, brightness: float) -> tuple[EvseSignal | None, str]:
        """Take one window, 0 to 1, that ended at a monotonic time; return what the line says.

        That is a signal and an empty text, or None and why it cannot be told.  A signal outlives
        the last window that showed it by no more than one slowest period.
        """
        windows = self._windows
        windows.append((at_s, brightness))
        while windows[0][0] < at_s - _HISTORY_S:
            windows.popleft()
        if at_s - self._decided_at_s >= _DECIDE_EVERY_S:
            self._decided_at_s = at_s
            self._decide(at_s)
        return self._signal, self._reason

    def _decide(self, at_s: float) -> None:
        shown = classify(list(self._windows))
        if shown is not None:
            self._signal, self._seen_at_s, self._reason = shown, at_s, ""
        elif at_s - self._seen_at_s > _HOLD_S:
            self._signal, self._reason = None, _why_nothing(list(self._windows))


def classify(windows: list[tuple[float, float]]) -> EvseSignal | None:
    """Return the signal that windows of (time, brightness) show at their end; None when none."""
    now_s = windows[-1][0]
    recent = [w for w in windows if w[0] > now_s - _RECENT_S]
    if now_s - windows[0][0] < _RECENT_S or len(recent) < _RECENT_S * _LEAST_WINDOWS_PER_S:
        return None
    crossings = _crossings(windows)
    recent_rises = [c for c in crossings if c.rising and c.at_s > now_s - _RECENT_S]
    if len(recent_rises) > 3:
        return _fast([c.at_s for c in recent_rises])
    steady = _steady([brightness for _, brightness in recent])
    return steady if steady is not None else _slow(windows, crossings)


def _steady(levels: list[float]) -> EvseSignal | None:
    mean = sum(levels) / len(levels)
    if mean <= 0.03 and sum(level > 0.1 for level in levels) <= _FEW:
        return EvseSignal.ACCESS_OFF
    if mean >= 0.97 and sum(level < 0.9 for level in levels) <= _FEW:
        return EvseSignal.CONNECTED
    if 0.08 <= mean <= 0.26 and sum(level > 0.45 for level in levels) <= _FEW:
        return EvseSignal.STANDBY
    return None


def _fast(rises: list[float]) -> EvseSignal | None:
    """Return error when the rises of the last seconds come as those of the fast blink do."""
    gaps = sorted(later - earlier for earlier, later in itertools.pairwise(rises))
    if len(rises) >= 6 and 0.1 <= gaps[len(gaps) // 2] <= 0.2:
        return EvseSignal.ERROR
    return None


def _slow(windows: list[tuple[float, float]], crossings: list[_Crossing]) -> EvseSignal | None:
    """Return what the last full period shows: a triangle or a flash."""
    period = _last_period(crossings)
    now_s = windows[-1][0]
    if period is None or now_s - crossings[-1].at_s > period[1] - period[0]:
        return None
    began_s, ended_s = period
    shape = [level for at_s, level in windows if began_s <= at_s <= ended_s]
    length_s = ended_s - began_s
    mean = sum(shape) / len(shape)
    slopes = sum(0.12 < level < 0.88 for level in shape) / len(shape)
    if slopes >= 0.3 and 0.35 <= mean <= 0.65:
        if 1.0 <= length_s <= 1.8:
            return EvseSignal.CHARGING
        if 2.2 <= length_s <= 3.3:
            return EvseSignal.CHARGING_SOLAR
    if slopes <= 0.25 and mean <= 0.25 and 1.0 <= length_s <= 1.8:
        return EvseSignal.WAITING
    return None


def _last_period(crossings: list[_Crossing]) -> tuple[float, float] | None:
    """Return when the last full period began and ended; None before there was one."""
    if len(crossings) < 3:
        return None
    return crossings[-3].at_s, crossings[-1].at_s


def _crossings(windows: list[tuple[float, float]]) -> list[_Crossing]:
    """Return where the brightness passed the middle, with hysteresis."""
    found: list[_Crossing] = []
    bright: bool | None = None
    for at_s, level in windows:
        if level >= _RISING_ABOVE and bright is not True:
            if bright is not None:
                found.append(_Crossing(at_s, rising=True))
            bright = True
        elif level <= _FALLING_BELOW and bright is not False:
            if bright is not None:
                found.append(_Crossing(at_s, rising=False))
            bright = False
    return found


def _why_nothing(windows: list[tuple[float, float]]) -> str:
    levels = [level for _, level in windows]
    watched_s = windows[-1][0] - windows[0][0]
    if watched_s < _WATCHED_S:
        return NOTHING_SEEN
    if len(windows) < watched_s * _LEAST_WINDOWS_PER_S:
        return "the line could not be sampled often enough; the machine is too busy"
    if max(levels) - min(levels) < 0.5:
        return "steady, but neither off, dim nor fully lit; is `active_low` right?"
    return "not the rhythm of a SmartEVSE"
