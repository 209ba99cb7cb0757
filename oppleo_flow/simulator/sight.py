"""What there is to see of a simulated charge point, as plain JSON data."""

from typing import Any

from oppleo_flow.devices.world import Wiring
from oppleo_flow.simulator.pins import Pins
from oppleo_flow.simulator.point import SimulatedPoint


def point_seen(point: SimulatedPoint, pins: Pins, at_s: float) -> dict[str, Any]:
    """Return EVSE, car, meter, lamp and buzzer of one charge point."""
    house = point.house
    evse, car = house.evse, house.car
    return {
        "evse": {
            "state": evse.state,
            "signal": evse.signal.value,
            "access": evse.access,
            "broken": evse.broken,
            "solar": evse.solar,
            "led_percent": round(point.waveform.brightness_at(at_s) * 100),
        },
        "car": {
            "plugged": house.plugged,
            "charge_percent": round(car.charge_at(at_s) / car.capacity_wh * 100, 1),
            "power_w": car.drawn_w,
        },
        "meter": {
            "energy_wh": round(house.counter.energy_at(at_s)),
            "power_w": car.drawn_w,
            "silent": point.meter_silent,
            "trouble": point.meter_trouble,
            "units": {str(unit): model for unit, model in point.wiring.meters.items()},
        },
        **_shown(point.wiring, pins, at_s),
    }


def _shown(wiring: Wiring, pins: Pins, at_s: float) -> dict[str, Any]:
    colours = {"red": wiring.red, "green": wiring.green, "blue": wiring.blue}
    lamp_low, buzzer_low = wiring.lamp_active_low, wiring.buzzer_active_low
    return {
        "lamp": {
            colour: pins.shown(number, active_low=lamp_low, at_s=at_s)
            for colour, number in colours.items()
        },
        "buzzer": pins.shown(wiring.buzzer, active_low=buzzer_low, at_s=at_s) > 0,
    }


def pins_seen(pins: Pins, at_s: float) -> dict[str, dict[str, Any]]:
    """Return what is done to each pin, by BCM number."""
    return {
        str(number): {
            "output": pin.output,
            "percent": round(pin.percent_at(at_s)),
            "edges": pins.edges(number),
        }
        for number, pin in pins
    }
