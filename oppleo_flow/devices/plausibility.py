"""What a meter says that cannot be, by the ranges of its profile.  Pure."""

import math
from collections.abc import Iterator, Mapping

from oppleo_flow.devices.meter_profile import PER_PHASE, MeterProfile, Value

_PHASES = ("L1", "L2", "L3")
_NO_PHASE_V = 50.0  # a phase that is not connected picks up less than this

Numbers = Mapping[str, tuple[float, ...]]
"""Name of a value → what the meter says, phase by phase, in our own units."""


def complaints(profile: MeterProfile, numbers: Numbers) -> Iterator[str]:
    """Yield what about some numbers cannot be.

    A phase without a voltage is not connected, but one phase must be.
    """
    for name, measured in numbers.items():
        value = profile.values[name]
        for index, number in enumerate(measured):
            if not math.isfinite(number):
                yield f"register 0x{value.at[index]:04X}: not a number"
    volts = numbers.get("voltage")
    if volts is not None and all(abs(one) <= _NO_PHASE_V for one in volts):
        yield "voltage: no phase has any"
    for name, measured in numbers.items():
        yield from _out_of_range(name, profile.values[name], measured)


def _out_of_range(name: str, value: Value, measured: tuple[float, ...]) -> Iterator[str]:
    least, most = value.bounds
    for phase, number in zip(_PHASES, measured, strict=False):
        if name == "voltage" and abs(number) <= _NO_PHASE_V:
            continue
        if not least <= number <= most:
            place = f"{name} {phase}" if name in PER_PHASE else name
            low, high = value.range
            yield (
                f"{place}: {low:.10g} to {high:.10g} {value.unit} is plausible, "
                f"got {number / value.factor:.6g}"
            )


def at_its_scale(value: Value, number: float) -> float:
    """Return a number that some firmware gives ten times too large as it is meant."""
    least, most = value.bounds
    if value.tenfold and 10 * least <= number <= 10 * most:
        return number / 10
    return number
