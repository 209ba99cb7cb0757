"""The pins of the simulated machine: what was done to each, and the level that this makes."""

from collections.abc import Iterator

from oppleo_flow.devices.gpio import PWM_HZ, breath_percent
from oppleo_flow.immutable import immutable


@immutable
class Pin:
    """What is done to a pin: held, modulated, breathing, or only pulled; percent of high."""

    output: bool
    low_percent: float
    high_percent: float
    period_s: float = 0.0
    since_s: float = 0.0

    def percent_at(self, at_s: float) -> float:
        """Return the duty at a monotonic time; 0 or 100 for a steady level."""
        if not self.period_s:
            return self.high_percent
        elapsed_s = at_s - self.since_s
        return breath_percent(self.low_percent, self.high_percent, self.period_s, elapsed_s)

    def high_at(self, at_s: float) -> bool:
        """Return the level at a monotonic time."""
        return (at_s - self.since_s) * PWM_HZ % 1.0 * 100 < self.percent_at(at_s)


_UNTOUCHED = Pin(output=False, low_percent=100.0, high_percent=100.0)
"""A pin that nobody set up: the SmartEVSE's own pull-up makes its switch open."""


class Pins:
    """All pins, by BCM number."""

    def __init__(self) -> None:
        self._pins: dict[int, Pin] = {}
        self._edges: dict[int, int] = {}

    def __getitem__(self, number: int) -> Pin:
        return self._pins.get(number, _UNTOUCHED)

    def __iter__(self) -> Iterator[tuple[int, Pin]]:
        return iter(sorted(self._pins.items()))

    def hold(self, number: int, high: bool, *, output: bool) -> None:
        """Drive a pin to a level, or only pull it there."""
        percent = 100.0 if high else 0.0
        self._put(number, Pin(output, percent, percent))

    def modulate(self, number: int, low: float, high: float, period_s: float, at_s: float) -> None:
        """Put a pulse width modulation on a pin, breathing when there is a period."""
        self._put(number, Pin(True, low, high, period_s, at_s))

    def edges(self, number: int) -> int:
        """Return how often a pin was put to another level."""
        return self._edges.get(number, 0)

    def _put(self, number: int, pin: Pin) -> None:
        if pin.high_percent != self[number].high_percent:
            self._edges[number] = self.edges(number) + 1
        self._pins[number] = pin

    def shown(self, number: int | None, *, active_low: bool, at_s: float) -> int:
        """Return for how much of the time the thing at an output is on, in percent."""
        if number is None or not self[number].output:
            return 0
        pin = self[number]
        percent = pin.percent_at(at_s)
        return round(100 - percent if active_low else percent)
