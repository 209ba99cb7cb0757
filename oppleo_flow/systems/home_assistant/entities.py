"""What Home Assistant is told by MQTT: which entities there are, and what each of them shows.

An entity has a discovery message of its own, as Home Assistant's MQTT integration describes it, and
a topic of its own for what it shows.  `None` is its word for what is not known; only of words it
knows no such one, so an entity that shows words has a topic that says whether they are known.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, Self, get_args

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    EvseReport,
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionBilled,
    SessionPhase,
    SessionStatus,
    SwitchState,
    VehicleState,
    VehicleUnknown,
)

Platform = Literal["sensor", "binary_sensor", "switch", "button", "select", "number"]
Command = Literal["start", "stop", "peak-once", "current"]
UNKNOWN: Final = "None"
NO_CARD: Final = "none"
ON, OFF, PRESS = "on", "off", "PRESS"
LEAST_CURRENT_A: Final = 6.0
_PHASES: Final = ("power", "current", "voltage")
_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "power": ("power", "W"),
    "current": ("current", "A"),
    "voltage": ("voltage", "V"),
}


@immutable
class Entity:
    """One thing that Home Assistant shows, or asks for.

    `part` is the input that tells of it, `said` what its discovery message says besides.
    """

    id: str
    platform: Platform
    name: str
    part: str
    said: Mapping[str, Any] = field(default_factory=dict)
    asks: bool = False

    @property
    def worded(self) -> bool:
        """Return whether it shows words, not a number or one of two states."""
        return self.platform == "sensor" and self.said.get("device_class") in (None, "enum")

    @property
    def shows(self) -> bool:
        """Return whether it shows anything; a button does not."""
        return self.platform != "button"


@immutable
class Offered:
    """What may be asked for: these commands, as these cards, and up to this current."""

    commands: frozenset[Command] = frozenset()
    cards: tuple[str, ...] = ()
    most_current_a: float = 16.0


@immutable
class Measured:
    """Of how many phases a meter tells power, current and voltage, and of how many their energy.

    0: of none, or it has not said anything yet.
    """

    phases: int = 0
    energy_phases: int = 0

    @classmethod
    def of(cls, reading: MeterReading) -> Self:
        """Return what a reading tells."""
        return cls(len(reading.power_phases_w), len(reading.energy_phases_wh))


def entities(
    parts: Iterable[str], measured: Measured, currency: str, offered: Offered
) -> tuple[Entity, ...]:
    """Return the entities of a flow whose parts these are."""
    there = frozenset(parts)
    known = [*_meter(measured), *_rest(currency)]
    return (*(one for one in known if one.part in there), *_asked(there, offered))


def _meter(measured: Measured) -> Iterator[Entity]:
    yield _sensor("energy", "Energy", "meter", "energy", "kWh", "total_increasing", precision=1)
    yield _sensor("power", "Power", "meter", "power", "W", precision=0)
    yield _sensor("frequency", "Frequency", "meter", "frequency", "Hz", precision=2)
    for name in _PHASES:
        device_class, unit = _UNITS[name]
        for phase in range(1, measured.phases + 1):
            title = f"{name.capitalize()} L{phase}"
            yield _sensor(f"{name}_l{phase}", title, "meter", device_class, unit, precision=1)
    for phase in range(1, measured.energy_phases + 1):
        title = f"Energy L{phase}"
        yield _sensor(f"energy_l{phase}", title, "meter", "energy", "kWh", "total_increasing",
                      precision=1)  # fmt: skip


def _rest(currency: str) -> Iterator[Entity]:
    phases, signals = list(get_args(SessionPhase)), [one.value for one in EvseSignal]
    yield Entity("session", "sensor", "Session", "session", _enum(phases))
    yield Entity("session_card", "sensor", "Session card", "session")
    yield _sensor("session_energy", "Session energy", "session", "energy", "kWh",
                  "total_increasing", precision=2)  # fmt: skip
    yield Entity(
        "session_cost",
        "sensor",
        "Last session cost",
        "bill",
        {"device_class": "monetary", "unit_of_measurement": currency},
    )
    yield Entity("evse_state", "sensor", "EVSE", "evse", _enum(signals))
    yield _binary("car_connected", "Car connected", "evse", "plug")
    yield _binary("charging", "Charging", "evse", "battery_charging")
    yield _binary("switch", "Current allowed", "switch", "power")
    yield _binary("off_peak", "Off-peak", "offpeak")
    yield _sensor("offered_current", "Offered current", "report", "current", "A", precision=1)
    yield _sensor("car_battery", "Car battery", "vehicle", "battery", "%", precision=0)
    yield _sensor("car_range", "Car range", "vehicle", "distance", "km", precision=0)
    yield _sensor("odometer", "Odometer", "vehicle", "distance", "km", "total_increasing",
                  precision=0)  # fmt: skip


def _asked(parts: frozenset[str], offered: Offered) -> Iterator[Entity]:
    """Yield what may be asked for; leave to charge at peak is shown where it may not."""
    may = offered.commands
    if "start" in may:
        options = {"options": list(offered.cards)}
        yield Entity("charge_as", "select", "Charge as", "", options, asks=True)
        yield _button("start", "Start charging")
    if "stop" in may:
        yield _button("stop", "Stop charging")
    if "peak-once" in may:
        yield Entity("peak_once", "switch", "Charge at peak once", "offpeak", _ON_OFF, asks=True)
    elif "offpeak" in parts:
        yield _binary("peak_once", "Charge at peak once", "offpeak")
    if "current" in may:
        limits = {
            "device_class": "current",
            "unit_of_measurement": "A",
            "min": LEAST_CURRENT_A,
            "max": offered.most_current_a,
            "step": 1,
            "mode": "slider",
        }
        yield Entity("current_limit", "number", "Current limit", "report", limits, asks=True)


_ON_OFF: Final = {"payload_on": ON, "payload_off": OFF}


def _sensor(
    id_: str,
    name: str,
    part: str,
    device_class: str,
    unit: str,
    state_class: str = "measurement",
    *,
    precision: int,
) -> Entity:
    said = {
        "device_class": device_class,
        "unit_of_measurement": unit,
        "state_class": state_class,
        "suggested_display_precision": precision,
    }
    return Entity(id_, "sensor", name, part, said)


def _binary(id_: str, name: str, part: str, device_class: str | None = None) -> Entity:
    said = {} if device_class is None else {"device_class": device_class}
    return Entity(id_, "binary_sensor", name, part, {**_ON_OFF, **said})


def _button(id_: str, name: str) -> Entity:
    return Entity(id_, "button", name, "", {"payload_press": PRESS}, asks=True)


def _enum(options: list[str]) -> dict[str, Any]:
    return {"device_class": "enum", "options": options}


@immutable
class Place:
    """Where the entities of one charge point are at a broker.

    `point` is its id, `title` what people call it; `presence` is the topic of the connection's last
    will, if there is one.
    """

    point: str
    title: str
    version: str
    prefix: str = "oppleo-flow"
    discovery: str = "homeassistant"
    presence: str | None = None

    @property
    def object(self) -> str:
        """Return what its entities and its device are called where few letters are allowed."""
        return f"oppleo_{re.sub(r'[^a-zA-Z0-9_-]', '_', self.point)}"

    @property
    def available(self) -> str:
        """Return the topic that says whether its node runs."""
        return f"{self.prefix}/{self.point}/available"

    @property
    def all_configs(self) -> str:
        """Return a filter for the discovery messages of its entities."""
        return f"{self.discovery}/+/{self.object}/+/config"

    @property
    def all_commands(self) -> str:
        """Return a filter for what it is asked."""
        return f"{self.prefix}/{self.point}/+/set"

    def state(self, entity: str) -> str:
        """Return the topic of what an entity shows."""
        return f"{self.prefix}/{self.point}/{entity}"

    def known(self, entity: str) -> str:
        """Return the topic that says whether what an entity shows in words is known."""
        return f"{self.state(entity)}/known"

    def config(self, entity: Entity) -> str:
        """Return the topic of an entity's discovery message."""
        return f"{self.discovery}/{entity.platform}/{self.object}/{entity.id}/config"

    def discovered(self, entity: Entity, expire_after_s: int) -> dict[str, Any]:
        """Return an entity's discovery message; what it shows is unknown after a silence."""
        known = self.known(entity.id) if entity.worded else None
        topics = [one for one in (self.presence, self.available, known) if one is not None]
        said: dict[str, Any] = {
            "name": entity.name,
            "unique_id": f"{self.object}_{entity.id}",
            "availability": [{"topic": topic} for topic in topics],
            "availability_mode": "all",
            "device": {
                "identifiers": [self.object],
                "name": self.title,
                "manufacturer": "oppleo_flow",
                "model": "Charge point",
                "sw_version": self.version,
            },
            "origin": {"name": "oppleo_flow", "sw_version": self.version},
        }
        if entity.shows:
            said["state_topic"] = self.state(entity.id)
        if entity.asks:
            said["command_topic"] = f"{self.state(entity.id)}/set"
        if entity.platform in ("sensor", "binary_sensor") and entity.part != "bill":
            said["expire_after"] = expire_after_s
        return {**said, **entity.said}


# -- what entities show ------------------------------------------------------------------------


def of_meter(
    meter: MeterReading | MeterUnknown, now: datetime, max_age: timedelta
) -> dict[str, str]:
    """Return what the meter's entities show; a reading that is too old is none."""
    if isinstance(meter, MeterUnknown) or now - meter.time > max_age:
        names = [f"{name}_l{phase}" for name in (*_PHASES, "energy") for phase in (1, 2, 3)]
        return dict.fromkeys(["energy", "power", "frequency", *names], UNKNOWN)
    shown = {
        "energy": _kwh(meter.energy_import_wh),
        "power": _number(meter.power_w, 1),
        "frequency": _number(meter.frequency_hz, 2),
    }
    by_name = zip(
        _PHASES,
        (meter.power_phases_w, meter.current_phases_a, meter.voltage_phases_v),
        strict=True,
    )
    for name, values in by_name:
        for phase in (1, 2, 3):
            known = values[phase - 1] if phase <= len(values) else None
            shown[f"{name}_l{phase}"] = _number(known, 2)
    energies = dict(enumerate(meter.energy_phases_wh, start=1))
    for phase in (1, 2, 3):
        shown[f"energy_l{phase}"] = _kwh(energies.get(phase))
    return shown


def of_session(status: SessionStatus) -> dict[str, str]:
    """Return what the session's entities show."""
    return {
        "session": status.phase,
        "session_card": status.label or NO_CARD,
        "session_energy": _kwh(status.energy_wh),
    }


def of_bill(bill: SessionBilled) -> dict[str, str]:
    """Return what the last session cost."""
    return {"session_cost": UNKNOWN if bill.amount is None else format(bill.amount, "f")}


def of_evse(state: EvseState | EvseUnknown) -> dict[str, str]:
    """Return what the EVSE's entities show."""
    if isinstance(state, EvseUnknown):
        return dict.fromkeys(("evse_state", "car_connected", "charging"), UNKNOWN)
    return {
        "evse_state": state.signal.value,
        "car_connected": on_off(state.car_connected),
        "charging": on_off(state.charging),
    }


def of_switch(state: SwitchState) -> dict[str, str]:
    """Return whether there may be current."""
    return {"switch": on_off(state.on)}


def of_offpeak(hours: OffPeak) -> dict[str, str]:
    """Return whether it is off-peak, and whether there is leave to charge at peak."""
    return {"off_peak": on_off(hours.now), "peak_once": on_off(hours.once)}


def of_report(report: EvseReport, now: datetime, max_age: timedelta) -> dict[str, str]:
    """Return what current the EVSE offers, and to which it was limited."""
    if now - report.time > max_age:
        return {"offered_current": UNKNOWN, "current_limit": UNKNOWN}
    return {
        "offered_current": _number(report.charge_current_a, 1),
        "current_limit": _number(report.override_current_a or None, 1),
    }


def of_vehicle(vehicle: VehicleState | VehicleUnknown) -> dict[str, str]:
    """Return what the vehicle's entities show."""
    if isinstance(vehicle, VehicleUnknown):
        return dict.fromkeys(("car_battery", "car_range", "odometer"), UNKNOWN)
    return {
        "car_battery": _number(vehicle.soc_percent, 1),
        "car_range": _number(vehicle.range_km, 1),
        "odometer": _number(vehicle.odometer_km, 0),
    }


def on_off(value: bool | None) -> str:
    """Return what a thing shows that is on or off, or not known."""
    return UNKNOWN if value is None else ON if value else OFF


def _kwh(energy_wh: int | None) -> str:
    return UNKNOWN if energy_wh is None else f"{energy_wh / 1000:.3f}"


def _number(value: float | None, digits: int) -> str:
    return UNKNOWN if value is None else f"{value:.{digits}f}"
