"""What the mains flow through: a SmartEVSE, the car on its cable, and the meter's register.

Times are monotonic seconds and come in from outside, never running backwards.
"""

from bisect import bisect_right

from oppleo_flow.simulator.car import Car, EnergyCounter
from oppleo_flow.simulator.smart_evse import SmartEvse


class EnergyHistory:
    """What a register showed at any moment since the history began."""

    def __init__(self) -> None:
        self._begun_s: list[float] = []
        self._spans: list[EnergyCounter] = []

    def note(self, counter: EnergyCounter) -> None:
        """Keep what a counter shows, and how it goes on from here."""
        self._begun_s.append(counter.at_s)
        self._spans.append(EnergyCounter(counter.energy_wh, counter.power_w, counter.at_s))

    def energy_at(self, at_s: float) -> float:
        """Return the register in Wh at a moment.

        Raises:
            ValueError: The history begins later.
        """
        number = bisect_right(self._begun_s, at_s)
        if not number:
            raise ValueError(f"the history begins later than {at_s} s")
        return self._spans[number - 1].energy_at(at_s)


class Installation:
    """An EVSE with its meter and a car, on mains that may fail.

    Whoever changes anything calls `settle` afterwards, and `step` when something is due.
    """

    def __init__(
        self, evse: SmartEvse, car: Car, counter: EnergyCounter, history: EnergyHistory | None
    ) -> None:
        self.evse = evse
        self.car = car
        self.counter = counter
        self.plugged = False
        self.powered = True
        self.stuck = False
        """The contactor conducts whatever the EVSE wants."""
        self.idle = False
        """The car asks for energy and takes none."""
        self._history = history
        if history is not None:
            history.note(counter)

    @property
    def next_event_s(self) -> float | None:
        """Return when something happens by itself next."""
        due = (self.evse.next_event_s, self.car.full_at_s)
        return min((at_s for at_s in due if at_s is not None), default=None)

    def step(self, at_s: float) -> None:
        """Let happen what is due."""
        full_at_s = self.car.full_at_s
        if full_at_s is not None and full_at_s <= at_s:
            self._draw(at_s, 0.0)
        self.evse.step(at_s)

    def settle(self, at_s: float, *, switch_closed: bool | None) -> None:
        """Let the parts act on one another: switch, if there is one, EVSE, car, meter."""
        evse, car = self.evse, self.car
        evse.set_switch(switch_closed and self.powered, at_s)
        evse.set_demand(self.plugged and not car.full, at_s)
        conducts = evse.delivers or (self.stuck and self.plugged and self.powered)
        takes = not car.full and not self.idle
        offered_a = car.current_a if evse.override_a is None else evse.override_a
        power_w = car.power_w * min(1.0, offered_a / car.current_a)
        self._draw(at_s, power_w if conducts and takes else 0.0)

    def park(self, car: Car, at_s: float) -> None:
        """Have another car stand at the cable, which must not be plugged in.

        Raises:
            ValueError: A car is plugged in.
        """
        if self.plugged:
            raise ValueError("a car is on the cable; pull the plug first")
        car.settle(at_s, 0.0)
        self.car = car

    def plug_in(self, at_s: float, charge_percent: float | None) -> None:
        """Connect the car; `charge_percent` is how full its battery is when it comes."""
        car = self.car
        if charge_percent is not None:
            car.settle(at_s, car.drawn_w)
            car.charge_wh = car.capacity_wh * min(100.0, charge_percent) / 100
        self.plugged = True
        self.evse.set_demand(not car.full, at_s)
        self.evse.plug_in(at_s)

    def plug_out(self, at_s: float) -> None:
        """Take the car off the cable."""
        self.plugged = False
        self.evse.plug_out(at_s)

    def set_powered(self, powered: bool, at_s: float) -> None:
        """Let the mains fail, or come back."""
        self.powered = powered
        self.evse.set_powered(powered, at_s)

    def _draw(self, at_s: float, power_w: float) -> None:
        if power_w != self.car.drawn_w:
            self.car.settle(at_s, power_w)
            self.counter.settle(at_s, power_w)
            if self._history is not None:
                self._history.note(self.counter)
