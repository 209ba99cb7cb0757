"""A car with a battery and an on-board charger, and the meter that counts what it takes."""

from dataclasses import dataclass
from typing import Final

VOLTAGE_V: Final = 230.0


@dataclass(slots=True)
class Car:
    """A battery that fills in a straight line while it is charged.

    `charge_wh` holds at `at_s`, a monotonic time.
    """

    capacity_wh: float = 60_000.0
    charge_wh: float = 24_000.0
    phases: int = 3
    current_a: float = 16.0
    efficiency: float = 0.9
    drawn_w: float = 0.0
    at_s: float = 0.0

    @property
    def full(self) -> bool:
        """Return whether it wants no more."""
        return self.charge_wh >= self.capacity_wh

    @property
    def power_w(self) -> float:
        """Return what its charger draws when it may."""
        return self.phases * self.current_a * VOLTAGE_V

    @property
    def full_at_s(self) -> float | None:
        """Return when it will be full as it goes on now; None when it is not being charged."""
        if not self.drawn_w or self.full:
            return None
        missing_wh = self.capacity_wh - self.charge_wh
        return self.at_s + missing_wh / (self.drawn_w * self.efficiency) * 3600

    def charge_at(self, at_s: float) -> float:
        """Return the charge in Wh at a later time, as it goes on now."""
        gained_wh = self.drawn_w * self.efficiency * (at_s - self.at_s) / 3600
        return min(self.capacity_wh, self.charge_wh + gained_wh)

    def settle(self, at_s: float, drawn_w: float) -> None:
        """Take account of the time that passed, and go on at another power."""
        due_s = self.full_at_s
        self.charge_wh = self.charge_at(at_s)
        if due_s is not None and at_s >= due_s:
            self.charge_wh = self.capacity_wh  # exactly: a rounding error would go on for ever
        self.at_s, self.drawn_w = at_s, drawn_w


@dataclass(slots=True)
class EnergyCounter:
    """A register that counts energy, in Wh, between changes of the power."""

    energy_wh: float
    power_w: float = 0.0
    at_s: float = 0.0

    def energy_at(self, at_s: float) -> float:
        """Return the register at a later time, as it goes on now."""
        return self.energy_wh + self.power_w * (at_s - self.at_s) / 3600

    def settle(self, at_s: float, power_w: float) -> None:
        """Take account of the time that passed, and go on at another power."""
        self.energy_wh = self.energy_at(at_s)
        self.at_s, self.power_w = at_s, power_w
