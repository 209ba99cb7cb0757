"""The car, the EVSE and its switch."""

from datetime import datetime
from enum import StrEnum
from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_TIME, Payload


class EvseSignal(StrEnum):
    """What a SmartEVSE says with its LED.

    `ACCESS_OFF` does not tell whether a car is plugged in.
    """

    ACCESS_OFF = "access-off"
    STANDBY = "standby"  # IEC 61851 state A: access, no car
    CONNECTED = "connected"  # B: a car, not charging
    CHARGING = "charging"  # C
    CHARGING_SOLAR = "charging-solar"  # C in solar mode
    WAITING = "waiting"  # too little current, no sun, or the charge delay
    ERROR = "error"


@immutable
class EvseState(Payload):
    """The state of the EVSE as its LED line shows it; `since` is when it was first seen.

    `confidence`, 0 to 1: which share of the last three seconds spoke for it.  `plugged` is whether
    a car is plugged in, from who can tell that in every state, as the EVSE's own software can.
    """

    signal: EvseSignal
    since: datetime
    confidence: float = 1.0
    plugged: bool | None = None
    _sample = {"signal": EvseSignal.CHARGING, "since": SAMPLE_TIME}

    @property
    def mode_hint(self) -> Literal["normal", "solar"] | None:
        """Return the mode in which it charges; None: only charging tells."""
        if not self.charging:
            return None
        return "solar" if self.signal is EvseSignal.CHARGING_SOLAR else "normal"

    @property
    def charging(self) -> bool:
        """Return whether the car draws, or may draw, current: IEC 61851 state C."""
        return self.signal in (EvseSignal.CHARGING, EvseSignal.CHARGING_SOLAR)

    @property
    def car_connected(self) -> bool | None:
        """Return whether a car is plugged in; None when nobody can tell."""
        if self.plugged is not None:
            return self.plugged
        if self.signal in (EvseSignal.ACCESS_OFF, EvseSignal.ERROR):
            return None
        return self.signal is not EvseSignal.STANDBY


@immutable
class EvseUnknown(Payload):
    """The EVSE's state cannot be told, since when and why.

    `code` names what is wrong with the line, such as `wrong-polarity`; empty: nothing that must be
    mended, as far as is known.
    """

    since: datetime
    reason: str
    code: str = ""
    _sample = {"since": SAMPLE_TIME, "reason": "no full period of the signal seen yet"}


@immutable
class EvseReport(Payload):
    """What an EVSE tells of itself over the network, besides its state; None: it does not tell.

    `access` is off, on or paused, `mode` the way in which it charges; `override_current_a` is 0
    while it goes by its own setting.  The energy is the running total of its own meter.
    """

    time: datetime
    access: str | None = None
    mode: str | None = None
    error: str | None = None
    charge_current_a: float | None = None
    override_current_a: float | None = None
    current_phases_a: tuple[float, ...] | None = None
    power_w: float | None = None
    energy_import_wh: int | None = None
    temperature_c: float | None = None
    version: str | None = None
    _sample = {"time": SAMPLE_TIME, "access": "on", "mode": "normal", "charge_current_a": 16.0}


@immutable
class CurrentRequest(Payload):
    """What current an EVSE shall offer at most, and why; None: what it is set to itself."""

    current_a: float | None
    reason: str
    _sample = {"current_a": 10.0, "reason": "the house draws much"}


@immutable
class SwitchRequest(Payload):
    """What somebody wants of a switch, and why; off overtakes commits."""

    on: bool
    reason: str
    _sample = {"on": True, "reason": "session of 'family'"}

    @property
    def urgent(self) -> bool:
        """Return true for off: switching off never waits."""
        return not self.on


@immutable
class PeakOnce(Payload):
    """Leave to charge at the peak price this once, or its withdrawal, and who gave it."""

    allowed: bool
    by: str
    _sample = {"allowed": True, "by": "owner"}


@immutable
class OffPeak(Payload):
    """Whether the cheap hours of a calendar are now, and until when that holds.

    While nobody knows the time they are not, and `time_known` is false.  `once`: there is leave to
    charge all the same.
    """

    now: bool
    until: datetime
    once: bool = False
    time_known: bool = True
    _sample = {"now": True, "until": SAMPLE_TIME.replace(hour=13)}


@immutable
class SwitchState(Payload):
    """What a switch does now, read back from the pin, and why."""

    on: bool
    reason: str
    _sample = {"on": True, "reason": "session of 'family'"}
