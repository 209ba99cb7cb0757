"""What a SmartEVSE does with its LED, as a function of time.

Facts: the LED routine of the SmartEVSE firmware.  An eight-bit phase counter moves on by a step
that depends on the situation, once per refresh; the brightness follows from the counter.  The
two generations differ in the refresh, the carrier and the number of brightness steps.
"""

from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import EvseSignal

FLASH_S = 0.1
"""How long the flash lasts with which a version 3 in OCPP mode answers a card."""

LedTap = Literal["all", "red", "green", "blue"]
"""Which colours of a version 3 the wire is on; version 2 has one only."""


@immutable
class LedHardware:
    """How one generation of SmartEVSE drives its LED."""

    name: str
    carrier_hz: float
    refresh_s: float
    brightness_steps: int
    colours: int = 1


SMART_EVSE_2 = LedHardware("v2", carrier_hz=1000.0, refresh_s=0.011, brightness_steps=250)
SMART_EVSE_3 = LedHardware(
    "v3", carrier_hz=5000.0, refresh_s=0.010, brightness_steps=255, colours=3
)
GENERATIONS = {hardware.name: hardware for hardware in (SMART_EVSE_2, SMART_EVSE_3)}

_STANDBY_STEPS = 40
_COUNTER_STEP = {
    EvseSignal.CHARGING: 2,
    EvseSignal.CHARGING_SOLAR: 1,
    EvseSignal.WAITING: 2,
    EvseSignal.ERROR: 20,
}
_FULL = 128  # the counter at which the triangle is at its top; charging begins there


_ORANGE = {"red": 1.0, "green": 170 / 255}
_RED = {"red": 1.0}
_GREEN = {"green": 1.0}
_COLOUR = {EvseSignal.CHARGING_SOLAR: _ORANGE, EvseSignal.ERROR: _RED}
"""The colour of a version 3 that is not green."""


@immutable
class EvseWaveform:
    """The LED from `since_s` on, a monotonic time, while the situation stays what it is.

    At `flash_s` it flashes once besides, in white.
    """

    signal: EvseSignal
    since_s: float
    hardware: LedHardware = SMART_EVSE_2
    tap: LedTap = "all"
    flash_s: float | None = None

    def brightness_at(self, at_s: float) -> float:
        """Return the duty of the carrier, 0 to 1, at a monotonic time, of what is tapped."""
        if self.flash_s is not None and 0 <= at_s - self.flash_s < FLASH_S:
            return 1.0
        if self.tap == "all" or self.hardware.colours == 1:
            return self._brightness_at(at_s)
        return self._brightness_at(at_s) * _COLOUR.get(self.signal, _GREEN).get(self.tap, 0.0)

    def _brightness_at(self, at_s: float) -> float:
        steps = self.hardware.brightness_steps
        match self.signal:
            case EvseSignal.ACCESS_OFF:
                return 0.0
            case EvseSignal.STANDBY:
                return _STANDBY_STEPS / steps
            case EvseSignal.CONNECTED:
                return 1.0
        return round(self._moving(at_s) * steps) / steps

    def lit_at(self, at_s: float) -> bool:
        """Return whether the LED is on at a monotonic time, carrier included."""
        brightness = self.brightness_at(at_s)
        return ((at_s - self.since_s) * self.hardware.carrier_hz) % 1.0 < brightness

    def _moving(self, at_s: float) -> float:
        refreshes = int(max(0.0, at_s - self.since_s) / self.hardware.refresh_s)
        counter = (_FULL + refreshes * _COUNTER_STEP[self.signal]) % 256
        if self.signal is EvseSignal.ERROR:
            return 1.0 if counter > 128 else 0.0
        if self.signal is EvseSignal.WAITING:
            return 1.0 if counter > 230 else 0.0
        return _eased(1.0 - abs(counter - _FULL) / _FULL)


def _eased(share: float) -> float:
    """Return `share` of a ramp with a quadratic start and end."""
    return 2 * share**2 if share < 0.5 else 1 - 2 * (1 - share) ** 2


@immutable
class LedLine:
    """The wire from the SmartEVSE's LED to a pin; `inverted` when a lit LED pulls the pin low."""

    pin: int
    inverted: bool
    waveform: EvseWaveform

    def high_at(self, at_s: float) -> bool:
        """Return the level of the pin at a monotonic time."""
        return self.waveform.lit_at(at_s) is not self.inverted
