"""How a trial of hardware tells what it does and sees."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Final

from oppleo_flow.payloads import LedState, MeterReading

_COLOURS: Final = {
    (0, 0, 0): "dark",
    (100, 0, 0): "red",
    (0, 100, 0): "green",
    (0, 0, 100): "blue",
    (100, 40, 0): "yellow",
    (100, 100, 0): "yellow",
    (100, 100, 100): "white",
}
_EFFECTS: Final = {
    "steady": "",
    "breathe": ", breathing",
    "blink": ", blinking",
    "flash": ", for a moment",
    "off": "",
}
_UNITS: Final = {"_wh": "Wh", "_w": "W", "_v": "V", "_a": "A", "_hz": "Hz"}


def colour_of(state: LedState) -> str:
    """Return what a LED shows, in words; a colour without a name as its shares."""
    mixed = f"red {state.red} %, green {state.green} %, blue {state.blue} %"
    colour = _COLOURS.get((state.red, state.green, state.blue), mixed)
    return f"{colour}{_EFFECTS[state.effect]}"


def duration(seconds: float) -> str:
    """Return `5 s`, `0.5 s` or `2 min`."""
    if seconds >= 120 and seconds % 60 == 0:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds == round(seconds) else f"{seconds:.1f} s"


def fields_of(reading: MeterReading) -> Iterator[str]:
    """Yield each value of a reading as a line, with its unit."""
    width = max(len(field.name) for field in fields(reading))
    for field in fields(reading):
        yield f"  {field.name:<{width}}  {_value(field.name, getattr(reading, field.name))}"


def _value(name: str, value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, tuple):
        return ", ".join(_value(name, one) for one in value) or "-"
    whole = name.replace("_phases", "")
    unit = next((unit for end, unit in _UNITS.items() if whole.endswith(end)), "")
    text = f"{value:.1f}" if isinstance(value, float) else str(value)
    return f"{text} {unit}".rstrip()
