"""What Oppleo told an MQTT broker: its topics, and the shape of what it said there.

Below `oppleo/<charger>` each namespace and event has a topic, and its payload is a JSON object with
`data`, `id` and `status`, each where there is something to say.  Values are text, times are local.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from oppleo_flow.charging.tokens import legacy_id
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import MeterReading, Notification, OffPeak, Trigger, VehicleState

USAGE: Final = "/usage/status_update"
SESSION: Final = "/charge_session"
HISTORY: Final = "/mqtt/mqtt_send_history_"
CHARGING, CONNECTED = 3, 2
"""What `status` says of a car: it charges, or it does not."""
NO_VALUE: Final = 486
"""Oppleo's code for an odometer that could not be had."""
BACKUP_STEPS: Final[Mapping[str, str]] = {
    "started": "started",
    "completed": "completed",
    "failed": "failed",
    "passed-over": "request_ignored",
}
"""What Oppleo calls the steps of a backup."""
MISSING: Final = "None"
_TIME: Final = "%d/%m/%Y, %H:%M:%S"
_TRIGGERS: Final[Mapping[Trigger, str]] = {"card": "RFID", "web": "WEB", "auto": "AUTO"}
_UID_DIGITS: Final = (8, 14, 20)
_PHASES: Final = 3


@immutable
class ToldSession:
    """A session as it is told; None: not known.  `uid` is of the token that began it."""

    session_id: UUID
    uid: str
    started_at: datetime
    trigger: Trigger
    meter_start_wh: int | None
    meter_end_wh: int | None
    price_per_kwh: Decimal | None
    odometer_km: int | None = None
    ended_at: datetime | None = None
    energy_wh: int | None = None
    amount: Decimal | None = None

    @property
    def used_wh(self) -> int | None:
        """Return its energy so far."""
        if self.energy_wh is not None:
            return self.energy_wh
        if self.meter_start_wh is None or self.meter_end_wh is None:
            return None
        return self.meter_end_wh - self.meter_start_wh

    @property
    def cost(self) -> Decimal | None:
        """Return what it costs: its bill if there is one, else at the price of its start."""
        used_wh = self.used_wh
        if self.amount is not None:
            return self.amount
        if used_wh is None or self.price_per_kwh is None:
            return None
        return (Decimal(used_wh) / 1000 * self.price_per_kwh).quantize(
            Decimal("0.01"), ROUND_HALF_UP
        )


@immutable
class OppleoVoice:
    """How one charger is told of: its id, the zone of its times, and what has no value.

    `absent` is what is told of the phases that a meter does not have.
    """

    charger_id: str
    zone: ZoneInfo
    absent: str = MISSING

    def topic(self, tail: str) -> str:
        """Return a whole topic: `oppleo/garage/usage/status_update`."""
        return f"oppleo/{self.charger_id}{tail}"

    def text(self, data: Any = None, status: int | None = None) -> str:
        """Return the payload of a message."""
        said: dict[str, Any] = {} if data is None else {"data": data}
        said["id"] = self.charger_id
        if status is not None:
            said["status"] = status
        return json.dumps(said, ensure_ascii=False)

    def time(self, at: datetime) -> str:
        """Return a time by the local clock, as Oppleo writes it."""
        return at.astimezone(self.zone).strftime(_TIME)

    def usage(self, reading: MeterReading) -> dict[str, Any]:
        """Return a measurement, each value as text; of what is not known that is `None`."""
        said = self._measures(reading)
        absent = frozenset(range(len(reading.power_phases_w) + 1, _PHASES + 1))
        return {
            name: self.absent
            if value is None and name[-1].isdigit() and int(name[-1]) in absent
            else _text(value)
            for name, value in said.items()
        }

    def row(self, reading: MeterReading) -> dict[str, Any]:
        """Return a measurement of the past, whose numbers are numbers; null: not known."""
        return self._measures(reading)

    def _measures(self, reading: MeterReading) -> dict[str, Any]:
        return {
            "energy_device_id": self.charger_id,
            "created_at": self.time(reading.time),
            **_phases("kwh", [wh / 1000 for wh in reading.energy_phases_wh]),
            **_phases("a", reading.current_phases_a),
            **_phases("p", reading.power_phases_w),
            **_phases("v", reading.voltage_phases_v),
            "kw_total": _kwh(reading.energy_import_wh),
            "hz": None if reading.frequency_hz is None else round(reading.frequency_hz, 1),
        }

    def session(self, session: ToldSession) -> dict[str, Any]:
        """Return a session, each value as text; the end of an open one is null."""
        ended, end_wh = session.ended_at, session.meter_end_wh
        used_wh = session.used_wh
        used: Any = None if used_wh is None else used_wh / 1000
        if used is not None and ended is None:
            used = round(used, 1)  # Oppleo rounds what a session has used so far
        return {
            "id": str(session.session_id),
            "rfid": rfid(session.uid),
            "energy_device_id": self.charger_id,
            "start_value": _text(_kwh(session.meter_start_wh)),
            "end_value": _text(_kwh(session.meter_start_wh if end_wh is None else end_wh)),
            "start_time": self.time(session.started_at),
            "end_time": None if ended is None else self.time(ended),
            "tariff": _money(session.price_per_kwh),
            "total_energy": _text(used),
            "total_price": _money(session.cost),
            "km": _text(session.odometer_km),
            "trigger": _TRIGGERS[session.trigger],
        }

    def vehicle(self, state: VehicleState) -> dict[str, Any]:
        """Return how a vehicle is charged, as far as that is known."""
        return {
            "batteryLevel": state.soc_percent,
            "batteryRange": state.range_km,
            "timestamp": self.time(state.time),
        }


def off_peak(hours: OffPeak) -> dict[str, bool]:
    """Return what is told of the off-peak hours; a gate that is not enabled tells of none."""
    return {"isOffPeak": hours.now, "offPeakEnabled": True, "peakAllowOnePeriod": hours.once}


def notice(note: Notification) -> dict[str, Any]:
    """Return what is told of a message to people."""
    return {"title": note.title, "message": note.text, "priority": note.priority}


def stored_again(before: MeterReading | None, now: MeterReading, voice: OppleoVoice) -> bool:
    """Return whether Oppleo would have stored, and told, a reading: something changed, or an hour.

    Voltage and frequency alone never count.
    """
    if before is None or (now.time - before.time).total_seconds() > 3600:
        return True
    told, tells = voice.row(before), voice.row(now)
    return any(
        told[name] != tells[name] for name in tells if name.startswith(("kwh", "a_", "p_", "kw_"))
    )


def rfid(uid: str) -> str:
    """Return the number by which Oppleo knows a card; a token without a card keeps its own name."""
    if len(uid) in _UID_DIGITS:
        try:
            return legacy_id(bytes.fromhex(uid))
        except ValueError:
            return uid
    return uid


def _phases(name: str, values: Sequence[float]) -> dict[str, float | None]:
    by_phase = dict(enumerate(values, start=1))
    return {
        f"{name}_l{phase}": round(by_phase[phase], 1) if phase in by_phase else None
        for phase in range(1, _PHASES + 1)
    }


def _kwh(energy_wh: int | None) -> float | None:
    return None if energy_wh is None else round(energy_wh / 1000, 1)


def _text(value: Any) -> str:
    return MISSING if value is None else str(value)


def _money(value: Decimal | None) -> str:
    return MISSING if value is None else str(float(value))
