"""What a SmartEVSE v3 says of itself over the network, by REST or by MQTT, and how it is read.

Facts: its REST description, and the names that its firmware has for states and errors.  Currents
travel in tenths of an ampere.  What is not told is None; what is told and cannot be is None too,
and named in `odd`.  The answer holds the key of an OCPP server, so it is never shown or logged.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar, cast

from oppleo_flow.errors import ServiceError
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import EvseSignal

EvseAccess = Literal["off", "on", "paused"]
EvseMode = Literal["off", "normal", "solar", "smart", "paused"]

MODE_IDS: Final[Mapping[int, EvseMode]] = {
    0: "off", 1: "normal", 2: "solar", 3: "smart", 4: "paused",
}  # fmt: skip
ACCESS_IDS: Final[Mapping[int, EvseAccess]] = {0: "off", 1: "on", 2: "paused"}
STATES: Final = (
    "Ready to Charge", "Connected to EV", "Charging", "D", "Request State B", "State B OK",
    "Request State C", "State C OK", "Activate", "Charging Stopped", "Stop Charging",
    "Modem Setup", "Modem Request", "Modem Done", "Modem Denied",
)  # fmt: skip
"""The names of the states, by number."""
ERRORS: Final = (
    "None", "No Power Available", "Communication Error", "Temperature High",
    "EV Meter Comm Error", "RCM Tripped", "Waiting for Solar", "Test IO", "Flash Error",
)  # fmt: skip
"""The names of the errors, by number."""
_NO_CAR: Final = 0
_CONTACTOR_MAY_BE_CLOSED: Final = frozenset({2, 3, 6, 7, 10})
_WAITS: Final = frozenset({1, 6})
"""Errors that are none: it waits for current, or for the sun."""

Value = TypeVar("Value")


class NotUnderstood(ServiceError):
    """What came is not what a SmartEVSE says."""


class Contradiction(ServiceError):
    """A SmartEVSE says two things that cannot both be."""


@immutable
class EvseFacts:
    """What a SmartEVSE said; None: it did not say, or nothing that can be."""

    access: EvseAccess | None = None
    mode: EvseMode | None = None
    state_id: int | None = None
    error_id: int | None = None
    plugged: bool | None = None
    charge_current_a: float | None = None
    override_current_a: float | None = None
    current_phases_a: tuple[float, ...] | None = None
    power_w: float | None = None
    energy_import_wh: int | None = None
    temperature_c: float | None = None
    version: str | None = None
    odd: tuple[str, ...] = ()

    @property
    def error(self) -> str | None:
        """Return the name of the error; None: there is none, or it was not told."""
        return ERRORS[self.error_id] if self.error_id else None

    def signal(self) -> EvseSignal:
        """Return the situation, as its LED would show it.

        Raises:
            NotUnderstood: Something that this needs was not told, or cannot be.
            Contradiction: Two things cannot both be.
        """
        access, state, error = self._needed()
        charging = state in _CONTACTOR_MAY_BE_CLOSED
        if error and error not in _WAITS:
            return EvseSignal.ERROR
        if access == "off":
            return EvseSignal.ACCESS_OFF
        if charging:
            solar = self.mode == "solar"
            return EvseSignal.CHARGING_SOLAR if solar else EvseSignal.CHARGING
        if state == _NO_CAR and not self.plugged:
            return EvseSignal.STANDBY
        waits = error in _WAITS or access == "paused"
        return EvseSignal.WAITING if waits else EvseSignal.CONNECTED

    def _needed(self) -> tuple[EvseAccess, int, int]:
        """Return access, state and error, if they are told and go together."""
        access, state, error = self.access, self.state_id, self.error_id
        if access is None or state is None or error is None:
            told = {"access": access, "state": state, "error": error}
            silent = next(name for name, value in told.items() if value is None)
            why = next((text for text in self.odd if silent in text.lower()), None)
            raise NotUnderstood(why or f"does not tell its {silent}")
        of_mode = {"off": "off", "paused": "paused", None: access}.get(self.mode, "on")
        if of_mode != access:
            raise Contradiction(f"says that its mode is {self.mode} and its access {access}")
        if state in _CONTACTOR_MAY_BE_CLOSED and self.plugged is False:
            raise Contradiction(f"says {STATES[state]!r}, and that no car is connected")
        return access, state, error


class _Reader:
    """Takes values out of what was told, and keeps account of those that cannot be."""

    def __init__(self) -> None:
        self.odd: list[str] = []

    def take(self, name: str, told: Any, read: Callable[[Any], Value | None]) -> Value | None:
        """Return what was told, read; None if it was not, or makes no sense."""
        if told is None:
            return None
        value = read(told)
        if value is None:
            self.odd.append(f"{name}: cannot be, got {str(told)[:40]!r}")
        return value


def facts_of_settings(text: str) -> EvseFacts:
    """Return what the answer to `GET /settings` says.

    Raises:
        NotUnderstood: It is not that of a SmartEVSE.
    """
    try:
        told = json.loads(text)
    except ValueError:
        raise NotUnderstood("answers something that is not JSON; is it a SmartEVSE?") from None
    if not isinstance(told, dict) or not isinstance(told.get("evse"), dict):
        raise NotUnderstood("answers without `evse`; is it a SmartEVSE v3?")
    reader = _Reader()

    def at(path: str, read: Callable[[Any], Value | None]) -> Value | None:
        found: Any = told
        for key in path.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return reader.take(path, found, read)

    error_id = at("evse.error_id", _one_of(range(len(ERRORS))))
    waits_for = at("evse.state", _text)
    if error_id == 0 and waits_for is not None and " - " in waits_for:
        # Where it only waits the firmware says so behind the state, and no error.
        error_id = reader.take(
            "evse.state", waits_for.split(" - ", 1)[1], lambda name: _number_of(ERRORS, name)
        )
    phases = [at(f"ev_meter.currents.{phase}", _tenths) for phase in ("L1", "L2", "L3")]
    return EvseFacts(
        access=at("evse.access", _access),
        mode=at("mode_id", lambda value: MODE_IDS.get(value) if _whole(value) else None),
        state_id=at("evse.state_id", _one_of(range(len(STATES)))),
        error_id=error_id,
        plugged=at("car_connected", _truth),
        charge_current_a=at("settings.charge_current", _tenths),
        override_current_a=at("settings.override_current", _tenths),
        current_phases_a=_whole_phases(phases),
        power_w=at("ev_meter.import_active_power", _number_within(-100_000, 100_000)),
        # Other keys of the energy have had other units in other versions.
        energy_import_wh=at("ev_meter.total_wh", _count),
        temperature_c=at("evse.temp", _number_within(-60, 150)),
        version=at("version", _text),
        odd=tuple(reader.odd),
    )


def facts_of_topics(told: Mapping[str, str]) -> EvseFacts:
    """Return what the topics below a SmartEVSE's prefix say, by the last part of their names."""
    reader = _Reader()

    def at(name: str, read: Callable[[Any], Value | None]) -> Value | None:
        return reader.take(name, told.get(name), read)

    phases = [at(f"EVCurrentL{number}", _tenths_text) for number in (1, 2, 3)]
    access = {"Deny": "off", "Allow": "on", "Pause": "paused"}
    modes = {"Off": "off", "Pause": "paused"} | {
        mode.capitalize(): mode for mode in ("normal", "solar", "smart")
    }
    plugged = {"Connected": True, "Disconnected": False}
    return EvseFacts(
        access=cast(EvseAccess | None, at("Access", access.get)),
        mode=cast(EvseMode | None, at("Mode", modes.get)),
        state_id=at("State", lambda name: _number_of(STATES, name)),
        error_id=at("Error", lambda name: _number_of(ERRORS, name)),
        plugged=at("EVPlugState", plugged.get),
        charge_current_a=at("ChargeCurrent", _tenths_text),
        override_current_a=at("ChargeCurrentOverride", _tenths_text),
        current_phases_a=_whole_phases(phases),
        power_w=at("EVChargePower", _from_text(_number_within(-100_000, 100_000))),
        energy_import_wh=at("EVImportActiveEnergy", _from_text(_count)),
        temperature_c=at("ESPTemp", _from_text(_number_within(-60, 150))),
        odd=tuple(reader.odd),
    )


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _truth(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _access(value: object) -> EvseAccess | None:
    """Return the access: yes or no in older versions, a number in newer ones."""
    if isinstance(value, bool):
        return "on" if value else "off"
    return ACCESS_IDS.get(cast(int, value)) if _whole(value) else None


def _one_of(numbers: range) -> Callable[[Any], int | None]:
    return lambda value: value if _whole(value) and value in numbers else None


def _number_within(lowest: float, highest: float) -> Callable[[Any], float | None]:
    def read(value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value) if lowest <= value <= highest else None

    return read


def _tenths(value: Any) -> float | None:
    """Return amperes that were told in tenths; a car takes current, so none is negative."""
    found = _number_within(0, 1000)(value)
    return None if found is None else found / 10


def _count(value: Any) -> int | None:
    return value if _whole(value) and value >= 0 else None


def _number_of(names: tuple[str, ...], name: str) -> int | None:
    return names.index(name) if name in names else None


def _from_text(read: Callable[[Any], Value | None]) -> Callable[[str], Value | None]:
    def read_text(text: str) -> Value | None:
        try:
            value = json.loads(text)
        except ValueError:
            return None
        return read(value)

    return read_text


_tenths_text = _from_text(_tenths)


def _whole_phases(phases: list[float | None]) -> tuple[float, ...] | None:
    """Return the currents if all of them are known."""
    known = tuple(phase for phase in phases if phase is not None)
    return known if len(known) == len(phases) else None
