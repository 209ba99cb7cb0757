"""The rules of a charge session, as functions from what is known to what happens.

A token starts a session and the same token ends it; any other is refused.  The registers that bound
its energy are the meter's own: while the meter is silent there is none, and a session that began so
takes its start register from the first reading after.  A register that fell, or one of another
meter, bounds nothing: the energy is then unknown, never negative.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid5

from oppleo_flow.clock import Instant
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    NO_LIMITS,
    NOBODY,
    Attribution,
    Authorised,
    EvseSignal,
    EvseState,
    EvseUnknown,
    Limits,
    MeterReading,
    MeterUnknown,
    RegisterQuality,
    SessionEnded,
    SessionLatched,
    SessionPhase,
    SessionStarted,
    SessionStatus,
    SwitchRequest,
    Trigger,
)

MARK_WH: Final = 100
"""How far the register goes before it is noted again: less is not worth a write to the disk."""
_NAMESPACE = UUID("d1b7a1d6-5a0e-4c39-9d0f-6f6d2f1e6c55")
_WAITING = (EvseSignal.ACCESS_OFF, EvseSignal.WAITING, EvseSignal.ERROR)

Meter = MeterReading | MeterUnknown
Plug = EvseState | EvseUnknown


@immutable
class Mark:
    """A register that a session is known to have reached, and when it was read."""

    energy_wh: int
    at: datetime


@immutable
class OpenSession:
    """A session that has not ended.

    `register_broken` is true from the moment that the register fell or the meter was exchanged:
    what it says at the end then has nothing to do with what it said at the start.

    `mark` is the last register that was noted; after a restart it is what proves that the meter
    still counts for this session.  The car has used nothing to speak of since `idle_since`, as far
    as it could have; `connected`: one was seen; `may_have_left`: it was not seen ever since `mark`.
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
    trigger: Trigger = "card"
    attribution: Attribution = NOBODY
    limits: Limits = NO_LIMITS
    began: Instant | None = None
    point: str = ""
    interrupted: bool = False
    clock_uncertain: bool = False
    mark: Mark | None = None
    idle_since: datetime | None = None
    connected: bool = False
    may_have_left: bool = True


def fresh(meter: Meter | None, now: datetime, max_age: timedelta) -> MeterReading | None:
    """Return the reading if there is one, not older than `max_age`; else None: unknown.

    A reading from the future, after the clock was set back, is as little use as an old one.
    """
    if not isinstance(meter, MeterReading) or abs(now - meter.time) > max_age:
        return None
    return meter


def start(
    card: Authorised,
    reading: MeterReading | None,
    now: datetime,
    charge_point: str,
    *,
    began: Instant | None = None,
    after: UUID | None = None,
    point: str = "",
) -> OpenSession:
    """Return the session that a token begins; `began` is `now`, as a clock that may be set has it.

    Its id follows from charge point, token, time and the session before it, `after`: a simulated
    month is the same each time it is run, and a clock that was set back brings no id again.
    """
    return OpenSession(
        session_id=_session_id(_place(charge_point, point), card.token_id, now, after),
        token_id=card.token_id,
        uid=card.uid,
        label=card.label,
        started_at=now,
        meter_start_wh=None if reading is None else reading.energy_import_wh,
        meter_start_quality="unknown" if reading is None else "measured",
        meter_serial=None if reading is None else reading.serial,
        trigger=card.trigger,
        attribution=card.attribution,
        limits=card.limits,
        began=began,
        point=point,
        clock_uncertain=began is not None and began.trusted is False,
        mark=None if reading is None else Mark(reading.energy_import_wh, reading.time),
        idle_since=now,
    )


def point_of(node: str) -> str:
    """Return which charge point of a site a node belongs to: the subflow's instance, or the flow.

    Empty in the flow that the site runs.
    """
    instance, dot, _ = node.rpartition(".")
    return instance if dot else node.rpartition("/")[0]


def follow(
    session: OpenSession, at: Mark, now: datetime, charge_point: str, began: Instant
) -> OpenSession:
    """Return the session of the same token that goes on at the register where one ends."""
    return replace(
        session,
        session_id=_session_id(
            _place(charge_point, session.point), session.token_id, now, session.session_id
        ),
        started_at=now,
        meter_start_wh=at.energy_wh,
        meter_start_quality="measured",
        trigger="auto",
        began=began,
        interrupted=False,
        clock_uncertain=began.trusted is False,
        mark=at,
        idle_since=now,
        may_have_left=False,
    )


def _place(charge_point: str, point: str) -> str:
    return f"{charge_point}/{point}" if point else charge_point


def _session_id(charge_point: str, token_id: UUID, now: datetime, after: UUID | None) -> UUID:
    before = "" if after is None else f" {after}"
    return uuid5(_NAMESPACE, f"{charge_point} {token_id} {now.isoformat()}{before}")


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
        trigger=session.trigger,
        attribution=session.attribution,
        clock_uncertain=session.clock_uncertain,
        point=session.point,
        stamp=session.began if session.clock_uncertain else None,
    )


def resumed(session: OpenSession, now: datetime) -> OpenSession:
    """Return a session that goes on after the runtime was away: nobody saw what the car did.

    It is the same one if the meter's register proves it: `observe` holds the first reading against
    the last one that was noted.
    """
    return replace(session, interrupted=True, may_have_left=True, idle_since=now)


def observe(
    session: OpenSession,
    reading: MeterReading,
    before: MeterReading | None = None,
    step_wh: int = MARK_WH,
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
            mark=_mark(reading),
        )
    fell = before is not None and reading.energy_import_wh < before.energy_import_wh
    if fell or not bounds(session, reading):
        return replace(session, register_broken=True)
    noted_wh = None if session.mark is None else session.mark.energy_wh
    if noted_wh is None or reading.energy_import_wh - noted_wh >= step_wh:
        return replace(session, mark=_mark(reading), idle_since=reading.time, may_have_left=False)
    return session


def _mark(reading: MeterReading) -> Mark:
    return Mark(reading.energy_import_wh, reading.time)


def latched(session: OpenSession, reading: MeterReading) -> SessionLatched:
    """Return the event of a session whose start register has just become known."""
    return SessionLatched(
        session_id=session.session_id,
        latched_at=reading.time,
        meter_start_wh=reading.energy_import_wh,
        meter_serial=reading.serial,
    )


def bounds(session: OpenSession, reading: MeterReading) -> bool:
    """Return whether a register can be the end of what the session's start register began."""
    if session.meter_start_wh is None:
        return True
    least_wh = session.meter_start_wh if session.mark is None else session.mark.energy_wh
    return (
        not session.register_broken
        and reading.serial == session.meter_serial
        and reading.energy_import_wh >= least_wh
    )


def energy_wh(session: OpenSession, reading: MeterReading | None) -> int | None:
    """Return what a session used up to a reading; None when either register is unknown."""
    if reading is None or session.meter_start_wh is None or not bounds(session, reading):
        return None
    return reading.energy_import_wh - session.meter_start_wh


def over_limit(session: OpenSession, reading: MeterReading) -> bool:
    """Return whether a session has used as much as its token may."""
    limit_wh = session.limits.energy_wh
    if limit_wh is None:
        return False
    used_wh = energy_wh(session, reading)
    return used_wh is not None and used_wh >= limit_wh


def end(
    session: OpenSession,
    reading: MeterReading | None,
    now: datetime,
    reason: str,
    *,
    stamp: Instant | None = None,
) -> SessionEnded:
    """Return the event of a session that ends now; `stamp` is `now`, as the clock has it.

    The end register is unknown when the meter is silent and when it cannot be compared with the
    start register.
    """
    not_known = stamp is not None and stamp.trusted is False
    uncertain = not_known or session.clock_uncertain or now < session.started_at
    known = reading is not None and bounds(session, reading)
    return SessionEnded(
        session_id=session.session_id,
        token_id=session.token_id,
        uid=session.uid,
        label=session.label,
        started_at=session.started_at,
        # A clock that was set back meanwhile makes no session end before it began.
        ended_at=max(now, session.started_at),
        meter_start_wh=session.meter_start_wh,
        meter_end_wh=reading.energy_import_wh if known and reading else None,
        meter_end_quality="measured" if known else "unknown",
        energy_wh=energy_wh(session, reading),
        reason=reason,
        interrupted=session.interrupted,
        clock_uncertain=uncertain,
        stamp=stamp if uncertain else None,
    )


def wanted(session: OpenSession | None, silent: bool, *, charges_blind: bool) -> SwitchRequest:
    """Return what a session, or none, wants of the switch; `silent`: the meter is.

    `charges_blind`: the car charges while the meter is silent; not one with an energy limit.
    """
    if session is None:
        return SwitchRequest(on=False, reason="no session")
    of = f"session of {session.label!r}"
    limited = session.limits.energy_wh is not None
    blind = session.meter_start_wh is None or (charges_blind and silent)
    if blind and (limited or not charges_blind):
        return SwitchRequest(on=False, reason=f"{of} waits for the meter")
    return SwitchRequest(on=True, reason=of)


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


def status_text(status: SessionStatus) -> str:
    """Return the same in words."""
    energy = "" if status.energy_wh is None else f", {status.energy_wh / 1000:.1f} kWh"
    of = "" if status.label is None else f", {status.label!r}"
    return f"{status.phase}{of}{energy}"


def status(session: OpenSession | None, plug: Plug | None, used_wh: int | None) -> SessionStatus:
    """Return what to show of a session now."""
    if session is None:
        return SessionStatus("idle")
    return SessionStatus(
        phase(session, plug),
        session.session_id,
        session.label,
        session.started_at,
        used_wh,
    )
