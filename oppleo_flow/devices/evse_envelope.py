"""What the brightness of a SmartEVSE's LED means: from windows of duty to a signal.  Pure.

Two stages: somebody measures the duty of the carrier in windows of less than 20 ms; the decoder
here looks at the shape that these windows make over some seconds.  Facts: the table of the LED
routine, both generations: flat 0 %, 16 % and 100 %; an eased triangle of 1.28–1.41 s, 2.56–2.82 s
in solar mode; flashes of a tenth of 1.28–1.41 s; a fast blink of 128–141 ms.  All times may be off
by a fifth: no clock of an EVSE is.
"""

import itertools
from collections import deque
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from oppleo_flow.devices.evse_fade import Fade
from oppleo_flow.devices.evse_rhythm import Half, Rhythm
from oppleo_flow.devices.evse_waveform import EvseWaveform
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import EvseSignal


@immutable
class LineSays:
    """What an LED line says: a signal, or None with why it cannot be told.

    `confidence`, 0 to 1: which share of the last three seconds speaks for the signal.  `code` names
    what is wrong in one word, `reason` says it with what to check; both empty for a signal.
    """

    signal: EvseSignal | None
    confidence: float = 0.0
    code: str = ""
    reason: str = ""

    def differs_from(self, before: "LineSays") -> bool:
        """Return whether this is news; of the same signal, when it is much surer or less sure."""
        if (self.signal, self.reason) != (before.signal, before.reason):
            return True
        return abs(self.confidence - before.confidence) > _NEWS


_NEWS = 0.15
NOTHING_SEEN: Final = "no full period of the signal seen yet"
NOT_YET: Final = LineSays(None, code="not-seen-yet", reason=NOTHING_SEEN)
STARVED: Final = LineSays(
    None,
    code="starved",
    reason="the line could not be sampled often enough; the machine is too busy",
)
WRONG_POLARITY: Final = LineSays(
    None,
    code="wrong-polarity",
    reason="the LED is seen upside down: what is dim looks bright; set `active_low` the other way",
)
ONE_COLOUR: Final = LineSays(
    None,
    code="one-colour",
    reason="the LED never gets fully lit: is the wire on one colour of a version 3? "
    "join the wires of red, green and blue",
)
NO_RHYTHM: Final = LineSays(
    None,
    code="no-rhythm",
    reason="not the rhythm of a SmartEVSE; is the wire on its LED terminal, and not loose?",
)

_STEADY_S = 1.5
_DARK_S = 1.8  # longer than the dark between two flashes and the dark half of a triangle
_SURE_S = 3.0
_HOLD_S = 3.6  # the slowest triangle begins at full and has passed the middle thrice by then
_DECIDE_EVERY_S = 0.1
_LEAST_WINDOWS_PER_S = 12  # half of what a sampler that is not starved makes
_FEW = 2  # windows that noise or an edge may spoil
_LEAST_FIT = 0.9
_PERIOD_S = (0.93, 1.87)
_SOLAR_PERIOD_S = (1.87, 3.6)
_WHOLE_S = 1.25  # of a triangle of which a whole period was seen
_HALF_S = 2.2  # of one of which half was seen, and some of what is around it
_MISFIT = 0.007  # what comes nearest and is no triangle has half as much again
_SCATTER = 0.025
_FLASH_S = (0.06, 0.24)
_BETWEEN_FLASHES_S = (0.75, 1.65)
_BLINK_S = (0.07, 0.21)
_LEAST_BLINKS = 6
_BLINK_JITTER_S = 0.05
_JUMPY = 0.21
_WINDOW_S = 0.04
_SETTLED_WINDOWS = 200


class EvseDecoder:
    """Tells the signal from windows of brightness, added in order of time."""

    def __init__(self) -> None:
        self._recent: deque[tuple[float, float]] = deque()
        self._rhythm = Rhythm(_HOLD_S)
        self._decided_at_s = float("-inf")
        self._says = NOT_YET
        self._began_s: float | None = None
        self._signal_since_s = 0.0
        self._seen_at_s = float("-inf")

    def add(self, at_s: float, brightness: float) -> LineSays:
        """Take one window, 0 to 1, that ended at a monotonic time; return what the line says.

        A signal outlives the last window that showed it by no more than one slowest period.
        """
        if self._began_s is None:
            self._began_s = at_s
        recent = self._recent
        recent.append((at_s, brightness))
        while recent[0][0] < at_s - _HOLD_S:
            recent.popleft()
        self._rhythm.add(at_s, brightness)
        if at_s - self._decided_at_s >= _DECIDE_EVERY_S:
            self._decided_at_s = at_s
            self._decide(at_s, at_s - self._began_s)
        return self._says

    def _decide(self, now_s: float, watched_s: float) -> None:
        shown = self._shown(now_s, watched_s)
        if shown is not None:
            signal, evidence_s, fit = shown
            if signal is not self._says.signal:
                self._signal_since_s = now_s - evidence_s
            speaks_s = max(evidence_s, now_s - self._signal_since_s)
            confidence = round(min(1.0, speaks_s / _SURE_S) * fit, 1)
            self._says = LineSays(signal, confidence)
            self._seen_at_s = now_s
        elif now_s - self._seen_at_s > _HOLD_S:
            self._says = self._why_nothing(watched_s)

    def _shown(self, now_s: float, watched_s: float) -> tuple[EvseSignal, float, float] | None:
        """Return what is shown now, for how many seconds at least, and how well that fits."""
        if watched_s < _STEADY_S or self._starved(_STEADY_S):
            return None
        blinks = self._blinks(now_s)
        if blinks is not None:
            return EvseSignal.ERROR, _STEADY_S, blinks
        steady = self._steady(now_s, watched_s)
        return steady if steady is not None else self._moving(now_s)

    def _levels(self, last_s: float) -> list[float]:
        """Return the windows of the last seconds, the newest first."""
        since_s = self._recent[-1][0] - last_s
        return [
            level
            for _, level in itertools.takewhile(lambda w: w[0] > since_s, reversed(self._recent))
        ]

    def _starved(self, last_s: float) -> bool:
        recent, least = self._recent, int(last_s * _LEAST_WINDOWS_PER_S)
        return len(recent) < least or recent[-least][0] <= recent[-1][0] - last_s

    def _steady(self, now_s: float, watched_s: float) -> tuple[EvseSignal, float, float] | None:
        since_s = self._rhythm.since_s
        still_s = watched_s if since_s is None else now_s - since_s
        if still_s < _STEADY_S:
            return None
        levels = self._levels(_STEADY_S)
        mean = _mean(levels)
        if mean >= 0.93:
            return _fitting(EvseSignal.CONNECTED, _STEADY_S, [lv >= 0.75 for lv in levels])
        if 0.08 <= mean <= 0.26 and _even(levels) and (since_s is None or still_s >= _DARK_S):
            return _fitting(EvseSignal.STANDBY, _STEADY_S, [lv <= 0.45 for lv in levels])
        if mean <= 0.06 and still_s >= _DARK_S:
            dark = self._levels(_DARK_S)
            return _fitting(EvseSignal.ACCESS_OFF, _DARK_S, [lv <= 0.3 for lv in dark])
        return None

    def _blinks(self, now_s: float) -> float | None:
        """Return how well the rises come as those of the fast blink do; None: they do not."""
        rises = [at_s for at_s in self._rhythm.rises_s if at_s > now_s - _STEADY_S]
        if len(rises) < _LEAST_BLINKS or now_s - rises[-1] > 2 * _BLINK_S[1]:
            return None
        gaps = sorted(later - earlier for earlier, later in itertools.pairwise(rises))
        usual_s = gaps[len(gaps) // 2]
        share = sum(
            _within(gap, _BLINK_S) and abs(gap - usual_s) <= _BLINK_JITTER_S for gap in gaps
        ) / len(gaps)
        levels = self._levels(_STEADY_S)
        full_or_dark = sum(level <= 0.15 or level >= 0.85 for level in levels) / len(levels)
        # Where four windows make a blink, two of them may hold an edge each time.
        return share if share >= 0.7 and full_or_dark >= 0.42 else None

    def _moving(self, now_s: float) -> tuple[EvseSignal, float, float] | None:
        """Return what the last halves show: a triangle or flashes."""
        halves = self._rhythm.halves
        since_s = self._rhythm.since_s
        if not halves or since_s is None:
            return None
        last, before = halves[-1], halves[-2] if len(halves) > 1 else None
        still_s = now_s - since_s
        triangle = self._triangle(before, last, still_s)
        if triangle is not None:
            return triangle
        if before is None or _jumpy(self._levels(_STEADY_S)):
            return None
        flash, gap = (last, before) if last.bright else (before, last)
        if _flash(flash) and _gap(gap) and still_s <= _BETWEEN_FLASHES_S[1]:
            run = itertools.takewhile(lambda half: _flash(half) or _gap(half), reversed(halves))
            return EvseSignal.WAITING, last.ended_s - [*run][-1].began_s, 1.0
        return None

    def _triangle(
        self, before: Half | None, last: Half, still_s: float
    ) -> tuple[EvseSignal, float, float] | None:
        """Return the charging that is seen, if all windows of a period or most of it go along.

        One half tells of a slow triangle already, together with the quarters around it.
        """
        whole = before is not None and 0.6 <= before.length_s / last.length_s <= 1.67
        began_s = before.began_s if before is not None and whole else last.began_s
        period_s = (last.ended_s - began_s) * (1 if whole else 2)
        began_s -= period_s / 4
        windows = [window for window in self._rhythm.windows if window[0] >= began_s]
        evidence_s = windows[-1][0] - windows[0][0]
        least_s = _WHOLE_S if whole else _HALF_S
        if still_s > 0.6 * period_s or evidence_s < least_s or self._starved(evidence_s):
            return None
        rises_s = last.began_s if last.bright else last.ended_s
        fade = Fade(period_s, rises_s).nearer_to(windows)
        raw = [window for window in self._recent if window[0] >= began_s]
        if fade.misfit(windows) > _MISFIT or fade.scatter(raw) > _SCATTER:
            return None
        if _within(fade.period_s, _SOLAR_PERIOD_S):
            return EvseSignal.CHARGING_SOLAR, evidence_s, 1.0
        if whole and _within(fade.period_s, _PERIOD_S):
            return EvseSignal.CHARGING, evidence_s, 1.0
        return None

    def _why_nothing(self, watched_s: float) -> LineSays:
        if watched_s < _HOLD_S - _DECIDE_EVERY_S:
            return NOT_YET
        if self._starved(_HOLD_S):
            return STARVED
        levels = self._levels(_HOLD_S)
        mean, sorted_levels = _mean(levels), sorted(levels)
        tenth = len(levels) // 10
        bottom, top = sorted_levels[tenth], sorted_levels[-1 - tenth]
        steady = sum(abs(level - mean) > 0.25 for level in levels) <= _FEW
        upside_down = any(not h.bright and _within(h.length_s, _FLASH_S) for h in self._halves())
        if (steady and mean > 0.74) or (upside_down and mean > 0.74):
            return WRONG_POLARITY
        if (steady and mean > 0.4) or (not steady and bottom <= 0.1 and 0.4 <= top <= 0.85):
            return ONE_COLOUR
        return NO_RHYTHM

    def _halves(self) -> list[Half]:
        since_s = self._recent[0][0]
        return [half for half in self._rhythm.halves if half.began_s >= since_s]


def _within(length_s: float, limits_s: tuple[float, float]) -> bool:
    return limits_s[0] <= length_s <= limits_s[1]


def _flash(half: Half) -> bool:
    return half.bright and _within(half.length_s, _FLASH_S)


def _gap(half: Half) -> bool:
    return not half.bright and half.flat and _within(half.length_s, _BETWEEN_FLASHES_S)


def _fitting(
    signal: EvseSignal, lasts_s: float, fits: list[bool]
) -> tuple[EvseSignal, float, float] | None:
    """Return a steady signal, unless more windows than noise may spoil speak against it."""
    share = fits.count(True) / len(fits)
    return (signal, lasts_s, share) if share >= _LEAST_FIT else None


def _even(levels: list[float]) -> bool:
    """Return whether windows stay where they are: the foot of a slow triangle does not."""
    third = len(levels) // 3
    means = [_mean(levels[start : start + third]) for start in (0, third, 2 * third)]
    return max(means) - min(means) <= 0.1


def _jumpy(levels: list[float]) -> bool:
    """Return whether windows jump about as noise does; neither fading nor flashing does so."""
    return _mean([abs(a - b) for a, b in itertools.pairwise(levels)]) > _JUMPY


def _mean(levels: list[float]) -> float:
    return sum(levels) / len(levels)


def settled(waveform: EvseWaveform, *, upside_down: bool) -> LineSays:
    """Return what a decoder says of a line that stays as it is, after a while.

    If it flashes then, and the decoder says anything else because of that, that is returned.
    """
    decoder = EvseDecoder()
    end_s = waveform.since_s + _SETTLED_WINDOWS * _WINDOW_S
    flashes = waveform.flash_s is not None
    shown = replace(waveform, flash_s=end_s if flashes else None)
    said = [
        decoder.add(at_s, 1 - level if upside_down else level)
        for at_s, level in _windows(shown, 2 * _SETTLED_WINDOWS if flashes else _SETTLED_WINDOWS)
    ]
    usual = said[_SETTLED_WINDOWS - 1]
    return next((says for says in said[_SETTLED_WINDOWS:] if says.signal != usual.signal), usual)


def _windows(waveform: EvseWaveform, count: int) -> Iterator[tuple[float, float]]:
    """Yield when each of the first windows of a waveform ends, and its brightness."""
    for number in range(count):
        at_s = waveform.since_s + number * _WINDOW_S
        yield at_s, waveform.brightness_at(at_s)
