"""A SmartEVSE with an access switch and a car on its cable, as a machine of states and delays.

Its access follows each change of the switch and each command over the network, whichever came last.

Facts: the state machine of the SmartEVSE firmware.  Access off while charging: the pilot signal
stops, the car has up to six seconds to stop drawing, then the contactor opens.  Access on with a
car there: three seconds without pilot signal, then the charge delay.
"""

from typing import Literal

from oppleo_flow.devices.smart_evse import EvseMode
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import EvseSignal

State = Literal["A", "B", "B1", "C", "C1", "delay"]
"""IEC 61851: the suffix 1 means that the EVSE offers no current; `delay` is the charge delay."""


@immutable
class EvseTimes:
    """How long the EVSE and the car take, in seconds; the defaults are those of the devices."""

    debounce_s: float = 0.11
    before_pilot_s: float = 3.0
    charge_delay_s: float = 15.0
    car_asks_s: float = 1.5
    car_stops_s: float = 1.0
    contactor_opens_s: float = 6.0

    @classmethod
    def quick(cls) -> "EvseTimes":
        """Return times for a story that nobody has to wait for."""
        return cls(before_pilot_s=0.5, charge_delay_s=2.0, car_asks_s=1.0, car_stops_s=0.5)


class SmartEvse:
    """The EVSE; times are monotonic seconds and come in from outside, never running backwards.

    `step` is due at `next_event_s`; whoever changes an input must have stepped up to that moment.
    """

    def __init__(self, times: EvseTimes) -> None:
        self._times = times
        self.state: State = "A"
        self.access = False
        self.broken = False
        self.short = False
        self.mode: EvseMode = "normal"
        self.override_a: float | None = None
        self._powered = True
        self._plugged = False
        self._car_wants = False
        self._due_s: float | None = None
        self._switch: tuple[bool, float] | None = None
        self._closed: bool | None = False
        self._remembered = False

    @property
    def next_event_s(self) -> float | None:
        """Return when something happens by itself next."""
        due = [self._due_s, self._switch[1] if self._switch else None]
        return min((at_s for at_s in due if at_s is not None), default=None)

    @property
    def delivers(self) -> bool:
        """Return whether the contactor is closed and the car draws current."""
        return self.state in ("C", "C1")

    @property
    def signal(self) -> EvseSignal:
        """Return what the LED says; without mains it is dark, as without access."""
        if self.broken and self._powered:
            return EvseSignal.ERROR
        if not self.access:
            return EvseSignal.ACCESS_OFF
        if self.state == "C":
            return EvseSignal.CHARGING_SOLAR if self.solar else EvseSignal.CHARGING
        if self.state == "delay" or (self.short and self._plugged):
            return EvseSignal.WAITING
        return EvseSignal.STANDBY if self.state == "A" else EvseSignal.CONNECTED

    @property
    def solar(self) -> bool:
        """Return whether it charges with what the sun leaves over."""
        return self.mode == "solar"

    def set_mode(self, mode: EvseMode, at_s: float) -> None:
        """Obey a command over the network: `off` takes access away, the others give it."""
        if mode in ("normal", "solar", "smart"):
            self.mode = mode
        self._remembered = mode not in ("off", "paused")
        if self.access != self._remembered:
            self.access = self._remembered
            self._allow(at_s)

    def set_switch(self, closed: bool | None, at_s: float) -> None:
        """Take the level of the access switch; it counts once it lasted for the debounce time.

        None: there is no switch, and access is as it was commanded, after a power cut too.
        """
        if closed is None:
            self._switch, self._closed = None, None
            if self._powered and self.access != self._remembered:
                self.access = self._remembered
                self._allow(at_s)
        elif closed == self._closed:
            self._switch = None
        elif self._switch is None:
            self._switch = (closed, at_s + self._times.debounce_s)

    def set_broken(self, broken: bool, at_s: float) -> None:
        """Have a hard error, which takes the current away, or recover."""
        if broken != self.broken:
            self.broken = broken
            self._allow(at_s)

    def set_short(self, short: bool, at_s: float) -> None:
        """Have too little current for a car, or no sun, or have enough again."""
        if short != self.short:
            self.short = short
            self._allow(at_s)

    def set_powered(self, powered: bool, at_s: float) -> None:
        """Lose the mains, which takes the current away at once, or start anew when they are back.

        Whoever opens and closes the switch must hold it open while there is no power.
        """
        if powered == self._powered:
            return
        self._powered = powered
        self.access, self._switch, self._closed = False, None, False
        self._enter("B1" if self._plugged else "A", at_s)

    def plug_in(self, at_s: float) -> None:
        """Connect a car."""
        if not self._plugged:
            self._plugged = True
            self._enter("B" if self._allowed else "B1", at_s)

    def plug_out(self, at_s: float) -> None:
        """Take the car away."""
        self._plugged = False
        self._enter("A", at_s)

    def set_demand(self, wants: bool, at_s: float) -> None:
        """Say whether the car wants to be charged."""
        if wants == self._car_wants:
            return
        self._car_wants = wants
        if self.state == ("B" if wants else "C"):
            self._enter("B", at_s)

    def step(self, at_s: float) -> None:
        """Let happen what is due."""
        if self._switch is not None and self._switch[1] <= at_s:
            closed, self._switch = self._switch[0], None
            self.access = self._closed = self._remembered = closed
            self._allow(at_s)
        if self._due_s is not None and self._due_s <= at_s:
            self._due_s = None
            self._go_on(at_s)

    @property
    def _allowed(self) -> bool:
        return self.access and not self.broken and not self.short

    def _allow(self, at_s: float) -> None:
        """Follow a change of whether charging is allowed."""
        if not self._plugged or self.state == "C1":
            return
        self._enter("C1" if self.state == "C" and not self._allowed else "B1", at_s)

    def _go_on(self, at_s: float) -> None:
        after: dict[State, State] = {"B": "C", "B1": "delay", "C1": "B1", "delay": "B"}
        self._enter(after[self.state], at_s)

    def _enter(self, state: State, at_s: float) -> None:
        """Be in a state, and know when it ends by itself, if it does."""
        times = self._times
        self.state = state
        ends: dict[State, float | None] = {
            "B": times.car_asks_s if self._car_wants else None,
            "B1": times.before_pilot_s if self._allowed else None,
            "C1": min(times.car_stops_s, times.contactor_opens_s),
            "delay": times.charge_delay_s,
        }
        lasts_s = ends.get(state)
        self._due_s = None if lasts_s is None else at_s + lasts_s
