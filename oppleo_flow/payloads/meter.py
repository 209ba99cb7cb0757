"""The kWh meter."""

from datetime import datetime
from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_TIME, Payload
from oppleo_flow.record import Record


@immutable
class MeterReading(Payload):
    """What a kWh meter said at one moment.

    `energy_import_wh` is the meter's own running total; `serial` is None for a model that cannot
    tell it; the values per phase are L1, L2, L3, of length 1 for a single-phase model, and empty
    for one that tells sums only.  `energy_phases_wh` are running totals of the phases, empty for a
    model that does not count them apart.  `energy_register` is which running total all of them
    are: `total` is import plus export.  `also` holds what the node was told to read besides, by
    name.
    """

    meter: str
    time: datetime
    energy_import_wh: int
    power_w: float
    power_phases_w: tuple[float, ...]
    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    frequency_hz: float | None
    serial: str | None = None
    energy_phases_wh: tuple[int, ...] = ()
    energy_register: Literal["import", "total"] = "import"
    also: Record | None = None
    _sample = {
        "meter": "meter",
        "time": SAMPLE_TIME,
        "energy_import_wh": 1_234_567,
        "power_w": 11_040.0,
        "power_phases_w": (3680.0, 3680.0, 3680.0),
        "voltage_phases_v": (230.0, 230.0, 230.0),
        "current_phases_a": (16.0, 16.0, 16.0),
        "frequency_hz": 50.0,
        "serial": "19001234",
        "energy_phases_wh": (411_522, 411_522, 411_522),
    }


@immutable
class MeterUnknown(Payload):
    """The meter did not say; since when, and why."""

    meter: str
    since: datetime
    reason: str
    _sample = {"meter": "meter", "since": SAMPLE_TIME, "reason": "unit 1: no answer"}
