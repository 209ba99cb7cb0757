"""Charge sessions: what happens to them, and where they are now."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from oppleo_flow.clock import Instant
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads.base import SAMPLE_SESSION, SAMPLE_TIME, Payload
from oppleo_flow.payloads.cards import NOBODY, Attribution, Trigger

RegisterQuality = Literal["measured", "late", "unknown"]


@immutable
class SessionStarted(Payload):
    """A session began.

    `meter_start_wh` is None with quality `unknown` while the meter is silent; a `SessionLatched`
    follows when it speaks.  `stamp` is when, by a clock that nobody had told the time: by it the
    session is dated when the time is known.  `point` tells the charge points of one site apart.
    """

    session_id: UUID
    token_id: UUID
    uid: str
    label: str
    started_at: datetime
    meter_start_wh: int | None
    meter_start_quality: RegisterQuality
    meter_serial: str | None
    trigger: Trigger = "card"
    attribution: Attribution = NOBODY
    clock_uncertain: bool = False
    stamp: Instant | None = None
    point: str = ""
    _sample = {
        "session_id": SAMPLE_SESSION,
        "token_id": SAMPLE_SESSION,
        "uid": "04A1B2C3",
        "label": "family",
        "started_at": SAMPLE_TIME,
        "meter_start_wh": 1_234_567,
        "meter_start_quality": "measured",
        "meter_serial": "19001234",
    }


@immutable
class SessionLatched(Payload):
    """The start register of a session that began while the meter was silent."""

    session_id: UUID
    latched_at: datetime
    meter_start_wh: int
    meter_serial: str | None
    _sample = {
        "session_id": SAMPLE_SESSION,
        "latched_at": SAMPLE_TIME,
        "meter_start_wh": 1_234_567,
        "meter_serial": "19001234",
    }


@immutable
class SessionEnded(Payload):
    """A session ended; energy is None when one of its registers is unknown.

    `interrupted`: the runtime was away meanwhile, because of a power cut for one.  `stamp` is when
    it ended, where its start or its end is by a clock that nobody had told the time.
    """

    session_id: UUID
    token_id: UUID
    uid: str
    label: str
    started_at: datetime
    ended_at: datetime
    meter_start_wh: int | None
    meter_end_wh: int | None
    meter_end_quality: RegisterQuality
    energy_wh: int | None
    reason: str
    interrupted: bool = False
    clock_uncertain: bool = False
    stamp: Instant | None = None
    _sample = {
        "session_id": SAMPLE_SESSION,
        "token_id": SAMPLE_SESSION,
        "uid": "04A1B2C3",
        "label": "family",
        "started_at": SAMPLE_TIME,
        "ended_at": SAMPLE_TIME.replace(hour=14),
        "meter_start_wh": 1_234_567,
        "meter_end_wh": 1_244_567,
        "meter_end_quality": "measured",
        "energy_wh": 10_000,
        "reason": "card",
    }


@immutable
class SessionSettled(Payload):
    """The end register of a session, read after its end and before anybody else could charge.

    It was unknown, or the car took a little more before it stopped.
    """

    session_id: UUID
    settled_at: datetime
    meter_end_wh: int
    energy_wh: int
    _sample = {
        "session_id": SAMPLE_SESSION,
        "settled_at": SAMPLE_TIME.replace(hour=15),
        "meter_end_wh": 1_244_587,
        "energy_wh": 10_020,
    }


SessionPhase = Literal["idle", "waiting", "ready", "charging"]


@immutable
class SessionStatus(Payload):
    """Where the session is now; every field but `phase` is None while there is none."""

    phase: SessionPhase
    session_id: UUID | None = None
    label: str | None = None
    started_at: datetime | None = None
    energy_wh: int | None = None
    _sample = {"phase": "idle"}
