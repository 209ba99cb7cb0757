"""One charge point of the simulated world: its wires, and what the mains flow through there."""

from dataclasses import replace
from typing import Literal

from oppleo_flow.devices.evse_waveform import EvseWaveform, LedHardware, LedLine
from oppleo_flow.devices.meter_phases import phases_of_model
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.world import Wiring
from oppleo_flow.simulator.installation import Installation
from oppleo_flow.simulator.network_side import NetworkSide
from oppleo_flow.simulator.pins import Pins

Part = Literal["contactor", "car", "led", "current"]
"""What can fail: the contactor sticks, the car takes no energy, the wire at the LED is cut, or
there is too little current for a car, or no sun."""


class SimulatedPoint:
    """A SmartEVSE with a car on its cable, as the Pi's wires lead there."""

    def __init__(
        self, wiring: Wiring, house: Installation, at_s: float, hardware: LedHardware
    ) -> None:
        self.wiring = wiring
        self.house = house
        self.meter_silent = False
        self.meter_trouble: MeterTrouble | None = None
        self.led_cut = False
        self.network = NetworkSide(house)
        self._hardware = hardware
        self.waveform = EvseWaveform(house.evse.signal, at_s, hardware)

    def couple(self, pins: Pins, at_s: float) -> bool:
        """Let switch, EVSE, car and LED act on one another; return whether the LED changed."""
        wiring, house = self.wiring, self.house
        closed = None
        if wiring.evse_switch is not None:
            high = pins[wiring.evse_switch].percent_at(at_s) >= 50.0
            closed = high is not wiring.evse_switch_active_low
        house.settle(at_s, switch_closed=closed)
        if house.evse.signal is self.waveform.signal:
            return False
        self.waveform = EvseWaveform(house.evse.signal, at_s, self._hardware)
        return True

    def flash(self, at_s: float) -> None:
        """Let the LED flash once, as in OCPP mode."""
        self.waveform = replace(self.waveform, flash_s=at_s)

    def line(self) -> LedLine | None:
        """Return what is on the wire from the LED; None when there is no such wire."""
        pin, tap = self.wiring.evse_led, self.wiring.evse_led_tap
        if pin is None or self.led_cut:
            return None
        waveform = self.waveform if tap == "all" else replace(self.waveform, tap=tap)
        return LedLine(pin, self.wiring.evse_led_active_low, waveform)

    def fail(self, part: Part, broken: bool, at_s: float) -> None:
        """Let a part fail, or mend it."""
        match part:
            case "contactor":
                self.house.stuck = broken
            case "car":
                self.house.idle = broken
            case "led":
                self.led_cut = broken
            case "current":
                self.house.evse.set_short(broken, at_s)


def phases_of(wiring: Wiring) -> int:
    """Return how many phases a charge point has: as many as all its meters measure."""
    return min((phases_of_model(model) for model in wiring.meters.values()), default=3)
