"""The rules of a charge session, as functions from what is known to what happens.

A card starts a session and the same card ends it; any other is refused.  The registers that bound
its energy are the meter's own: while the meter is silent there is none, and a session that began so
takes its start register from the first reading after.  A register that fell, or one of another
meter, bounds nothing: the energy is then unknown, never negative.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from oppleo_flow.payloads import (
    Authorised,
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    RegisterQuality,
    SessionEnded,
    SessionLatched,
    SessionPhase,
    SessionStarted,
    SessionStatus,
)

_NAMESPACE = UUID("d1b7a1d6-5a0e-4c39-9d0f-6f6d2f1e6c55")
_WAITING = (EvseSignal.ACCESS_OFF, EvseSignal.WAITING, EvseSignal.ERROR)

Meter = MeterReading | MeterUnknown
Plug = EvseState | EvseUnknown


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not ended.

    `register_broken` is true from the moment that the register fell or the meter was exchanged:
    what it says at the end then has nothing to do with what it said at the start.
    """

    session_id: UUID
    token_id: UUID
    uid: str
    label: str
    started_at: datetime
    meter_start_wh: int | None
    meter_start_quality: RegisterQuality
    meter_serial: str | None
    register_broken: bool = False


def fresh(meter: Meter | None, now: datetime, max_age: timedelta) -> MeterReading | None:
    """Return the reading if there is one, not older than `max_age`; else None: unknown.

    A reading from the future, after the clock was set back, is as little use as an old one.
    """
    if not isinstance(meter, MeterReading) or abs(now - meter.time) > max_age:
        return None
    return meter


def start(
    card: Authorised, reading: MeterReading | None, now: datetime, charge_point: str
) -> OpenSession:
    """Return the session that a card begins.

    Its id follows from charge point, card and time, so that a simulated month is the same each
    time it is run.
    """
    return OpenSession(
        session_id=uuid5(_NAMESPACE, f"{charge_point} {card.token_id} {now.isoformat()}"),
        token_id=card.token_id,
        uid=card.uid,
        label=card.label,
        started_at=now,
        meter_start_wh=None if reading is None else reading.energy_import_wh,
        meter_start_quality="unknown" if reading is None else "measured",
        meter_serial=None if reading is None else reading.serial,
    )


def started(session: OpenSession) -> SessionStarted:
    """Return the event of a session that has just begun."""
    return SessionStarted(
        session_id=session.session_id,
        token_id=session.token_id,
        uid=session.uid,
        label=session.label,
        started_at=session.started_at,
        meter_start_wh=session.meter_start_wh,
        meter_start_quality=session.meter_start_quality,
        meter_serial=session.meter_serial,
    )


def observe(
    session: OpenSession, reading: MeterReading, before: MeterReading | None = None
) -> OpenSession:
    """Return the session after a reading, the very same one if that changes nothing.

    `before` is the reading before this one, where there was one: a register that falls and climbs
    past its old value again is seen by that.
    """
    if session.register_broken:
        return session
    if session.meter_start_wh is None:
        return replace(
            session,
            meter_start_wh=reading.energy_import_wh,
            meter_start_quality="late",
            meter_serial=reading.serial,
        )
    fell = before is not None and reading.energy_import_wh < before.energy_import_wh
    if fell or not _bounds(session, reading):
        return replace(session, register_broken=True)
    return session


def latched(session: OpenSession, reading: MeterReading) -> SessionLatched:
    """Return the event of a session whose start register has just become known."""
    return SessionLatched(
        session_id=session.session_id,
        latched_at=reading.time,
        meter_start_wh=reading.energy_import_wh,
        meter_serial=reading.serial,
    )


def _bounds(session: OpenSession, reading: MeterReading) -> bool:
    """Return whether a register can be the end of what the session's start register began."""
    if session.meter_start_wh is None:
        return True
    return (
        not session.register_broken
        and reading.serial == session.meter_serial
        and reading.energy_import_wh >= session.meter_start_wh
    )


def energy_wh(session: OpenSession, reading: MeterReading | None) -> int | None:
    """Return what a session used up to a reading; None when either register is unknown."""
    if reading is None or session.meter_start_wh is None or not _bounds(session, reading):
        return None
    return reading.energy_import_wh - session.meter_start_wh


def end(
    session: OpenSession, reading: MeterReading | None, now: datetime, reason: str
) -> SessionEnded:
    """Return the event of a session that ends now.

    The end register is unknown when the meter is silent and when it cannot be compared with the
    start register.
    """
    known = reading is not None and _bounds(session, reading)
    return SessionEnded(
        session_id=session.session_id,
        token_id=session.token_id,
        uid=session.uid,
        label=session.label,
        started_at=session.started_at,
        ended_at=now,
        meter_start_wh=session.meter_start_wh,
        meter_end_wh=reading.energy_import_wh if known and reading else None,
        meter_end_quality="measured" if known else "unknown",
        energy_wh=energy_wh(session, reading),
        reason=reason,
    )


def phase(session: OpenSession | None, plug: Plug | None) -> SessionPhase:
    """Return where a session is, as far as the EVSE tells.

    `waiting`: something keeps the car from charging; `ready`: nothing does, as far as is known.
    """
    if session is None:
        return "idle"
    if not isinstance(plug, EvseState):
        return "ready"
    if plug.charging:
        return "charging"
    return "waiting" if plug.signal in _WAITING else "ready"


def status(
    session: OpenSession | None, plug: Plug | None, reading: MeterReading | None
) -> SessionStatus:
    """Return what to show of a session now."""
    if session is None:
        return SessionStatus("idle")
    return SessionStatus(
        phase(session, plug),
        session.session_id,
        session.label,
        session.started_at,
        energy_wh(session, reading),
    )
