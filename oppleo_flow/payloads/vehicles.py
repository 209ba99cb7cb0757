"""Vehicles: what one says of itself, and the odometer that a session keeps."""

from datetime import datetime
from uuid import UUID

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_SESSION, SAMPLE_TIME, Payload


@immutable
class VehicleState(Payload):
    """What a vehicle, by its name in the ledger, said of itself; None: its source does not tell.

    `time` is when it was so: the source's own time where it tells one, else when it was heard.
    """

    vehicle: str
    time: datetime
    odometer_km: int | None = None
    soc_percent: float | None = None
    range_km: float | None = None
    _sample = {
        "vehicle": "van",
        "time": SAMPLE_TIME,
        "odometer_km": 42_137,
        "soc_percent": 61.0,
        "range_km": 240.0,
    }


@immutable
class VehicleUnknown(Payload):
    """How a vehicle is cannot be told, since when and why."""

    vehicle: str
    since: datetime
    reason: str
    _sample = {"vehicle": "van", "since": SAMPLE_TIME, "reason": "it has said nothing yet"}


@immutable
class OdometerSought(Payload):
    """A vehicle's odometer is wanted now, for the session that began; `attempt` counts from 1."""

    session_id: UUID
    vehicle: str
    attempt: int = 1
    _sample = {"session_id": SAMPLE_SESSION, "vehicle": "van"}


@immutable
class SessionOdometer(Payload):
    """The odometer with which a session began; `measured_at` is when the vehicle showed it."""

    session_id: UUID
    vehicle: str
    odometer_km: int
    measured_at: datetime
    _sample = {
        "session_id": SAMPLE_SESSION,
        "vehicle": "van",
        "odometer_km": 42_137,
        "measured_at": SAMPLE_TIME,
    }


@immutable
class OdometerMissing(Payload):
    """The odometer of a session could not be had, and why; nothing is made up in its place."""

    session_id: UUID
    vehicle: str
    reason: str
    _sample = {"session_id": SAMPLE_SESSION, "vehicle": "van", "reason": "no answer"}
