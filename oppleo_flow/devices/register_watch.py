"""Whether the running total of a meter can follow the one before.  Pure: time comes in."""

from dataclasses import dataclass

from oppleo_flow.devices.meter_faults import MeterExchanged, MeterWrong, RegisterFell

_LEEWAY_WH = 1000.0  # a reading may be rounded, and a clock run a little fast
_LEEWAY_SHARE = 1.1


@dataclass(slots=True)
class RegisterWatch:
    """Watches one meter: its number, and that its total rises no faster than it can, or falls.

    `most_power_w` is the most that it can measure, all phases together.
    """

    unit_id: int
    most_power_w: float
    _known: bool = False
    _serial: str | None = None
    _energy_wh: int = 0
    _at_s: float = 0.0

    def check(self, serial: str | None, energy_wh: int, at_s: float) -> None:
        """Take up a total that was read at a monotonic time.

        Raises:
            MeterExchanged: Another meter answers; it is taken as known from here on.
            RegisterFell: The total is less than it was.
            MeterWrong: It is more than can have been measured since.
        """
        before, known = self._serial, self._known
        if not known or serial != before:
            self._known, self._serial, self._energy_wh, self._at_s = True, serial, energy_wh, at_s
        if known and serial != before:
            raise MeterExchanged(
                f"unit {self.unit_id}: serial number: {before or 'none'} before, got "
                f"{serial or 'none'}"
            )
        gained_wh, elapsed_s = energy_wh - self._energy_wh, at_s - self._at_s
        if gained_wh < 0:
            raise RegisterFell(
                f"unit {self.unit_id}: the energy fell from {self._energy_wh} to {energy_wh} Wh"
            )
        most_wh = _LEEWAY_WH + _LEEWAY_SHARE * self.most_power_w * elapsed_s / 3600
        if gained_wh > most_wh:
            raise MeterWrong(
                f"unit {self.unit_id}: the energy rose from {self._energy_wh} to {energy_wh} Wh in "
                f"{elapsed_s:.0f} s; {most_wh:.0f} Wh is the most that is plausible"
            )
        self._energy_wh, self._at_s = energy_wh, at_s
