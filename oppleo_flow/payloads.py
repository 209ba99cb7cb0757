"""The payload types that the built-in nodes exchange.

Frozen, with the unit in the name: W and Wh, V, A, s; energy is an integer number of Wh; times are
aware UTC; power is import positive.  `None` means only "this model does not have it": what could
not be learnt has a type of its own.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal, Self
from uuid import UUID

from oppleo_flow.clock import Instant
from oppleo_flow.record import Record

_SAMPLE_TIME = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
_SAMPLE_SESSION = UUID("00000000-0000-4000-8000-000000000001")


class Payload:
    """The base of every payload type; subclasses are frozen, slotted dataclasses.

    `urgent` is true for a payload that takes a load off the world: the engine lets it pass before
    the state it belongs to is committed, because switching off never waits.
    """

    __slots__ = ()
    _sample: ClassVar[Mapping[str, Any]] = {}

    @property
    def urgent(self) -> bool:
        """Return whether this may overtake a commit."""
        return False

    @classmethod
    def sample(cls, **values: Any) -> Self:
        """Return a plausible payload for an example; `values` replace its fields."""
        return cls(**{**cls._sample, **values})

    def with_(self, **values: Any) -> Self:
        """Return a copy in which `values` replace fields."""
        return replace(self, **values)  # type: ignore[type-var]


# -- cards ------------------------------------------------------------------------------------


RejectReason = Literal[
    "unknown",
    "disabled",
    "not-yet-valid",
    "expired",
    "no-answer",
    "other-session",
    "session-open",
    "no-session",
]
"""`no-answer`: whether the card may charge could not be found out.

The last three are of a card that is right: another one's session is open, its own is open already
when it should start one, and there is none when it should end one.
"""

Wish = Literal["either", "start", "end"]
"""What somebody who presents a card wants: a card at the reader cannot say."""

Trigger = Literal["card", "web", "auto"]
"""What began a session: a card, somebody at the page, or the return of a car."""


@dataclass(frozen=True, slots=True)
class Attribution:
    """Who and what a session is for, by name; None: nobody has said."""

    driver: str | None = None
    vehicle: str | None = None
    plate: str | None = None
    cost_centre: str | None = None


NOBODY = Attribution()
"""Nobody has said who or what a session is for."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one session may take and how long it may last; None: no limit."""

    energy_wh: int | None = None
    duration_s: int | None = None


NO_LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class CardSeen(Payload):
    """A card came into the field.

    `uid` is the whole UID as upper-case hex, cascade tags left out; `legacy_id` is the decimal
    text by which Oppleo knows the same card.  A token that is presented on the page comes the same
    way, with the wish to start or to end a session.
    """

    uid: str
    legacy_id: str
    wish: Wish = "either"
    trigger: Trigger = "card"
    _sample = {"uid": "04A1B2C3", "legacy_id": "19892716500"}


@dataclass(frozen=True, slots=True)
class Authorised(Payload):
    """A card that may charge; `token_id` is its key in the store, `label` what people call it.

    `only_ends` says why the card may end the session it began and start no other; None: it may.
    """

    token_id: UUID
    uid: str
    label: str
    only_ends: RejectReason | None = None
    attribution: Attribution = NOBODY
    limits: Limits = NO_LIMITS
    wish: Wish = "either"
    trigger: Trigger = "card"
    _sample = {"token_id": _SAMPLE_SESSION, "uid": "04A1B2C3", "label": "family"}


@dataclass(frozen=True, slots=True)
class Rejected(Payload):
    """A card that may not do what it was swiped for, and why."""

    uid: str
    reason: RejectReason
    _sample = {"uid": "DEADBEEF", "reason": "unknown"}


@dataclass(frozen=True, slots=True)
class CardEnrolled(Payload):
    """A card became a known one by being swiped; it charges from the next swipe on."""

    uid: str
    label: str
    _sample = {"uid": "DEADBEEF", "label": "guest"}


# -- the car and the EVSE ---------------------------------------------------------------------


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


@dataclass(frozen=True, slots=True)
class EvseState(Payload):
    """The state of the EVSE as its LED line shows it; `since` is when it was first seen.

    `confidence`, 0 to 1: which share of the last three seconds spoke for it.
    """

    signal: EvseSignal
    since: datetime
    confidence: float = 1.0
    _sample = {"signal": EvseSignal.CHARGING, "since": _SAMPLE_TIME}

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
        """Return whether a car is plugged in; None when the line cannot tell."""
        if self.signal in (EvseSignal.ACCESS_OFF, EvseSignal.ERROR):
            return None
        return self.signal is not EvseSignal.STANDBY


@dataclass(frozen=True, slots=True)
class EvseUnknown(Payload):
    """The EVSE's state cannot be told, since when and why.

    `code` names what is wrong with the line, such as `wrong-polarity`; empty: nothing that must be
    mended, as far as is known.
    """

    since: datetime
    reason: str
    code: str = ""
    _sample = {"since": _SAMPLE_TIME, "reason": "no full period of the signal seen yet"}


@dataclass(frozen=True, slots=True)
class SwitchRequest(Payload):
    """What somebody wants of a switch, and why; off overtakes commits."""

    on: bool
    reason: str
    _sample = {"on": True, "reason": "session of 'family'"}

    @property
    def urgent(self) -> bool:
        """Return true for off: switching off never waits."""
        return not self.on


@dataclass(frozen=True, slots=True)
class PeakOnce(Payload):
    """Leave to charge at the peak price this once, or its withdrawal, and who gave it."""

    allowed: bool
    by: str
    _sample = {"allowed": True, "by": "owner"}


@dataclass(frozen=True, slots=True)
class SwitchState(Payload):
    """What a switch does now, read back from the pin, and why."""

    on: bool
    reason: str
    _sample = {"on": True, "reason": "session of 'family'"}


# -- the meter --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MeterReading(Payload):
    """What a kWh meter said at one moment.

    `energy_import_wh` is the meter's own running total; `serial` is None for a model that cannot
    tell it; the values per phase are L1, L2, L3, of length 1 for a single-phase model, and empty
    for one that tells sums only.  `energy_register` is which running total it is: `total` is
    import plus export.  `also` holds what the node was told to read besides, by name.
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
    energy_register: Literal["import", "total"] = "import"
    also: Record | None = None
    _sample = {
        "meter": "meter",
        "time": _SAMPLE_TIME,
        "energy_import_wh": 1_234_567,
        "power_w": 11_040.0,
        "power_phases_w": (3680.0, 3680.0, 3680.0),
        "voltage_phases_v": (230.0, 230.0, 230.0),
        "current_phases_a": (16.0, 16.0, 16.0),
        "frequency_hz": 50.0,
        "serial": "19001234",
    }


@dataclass(frozen=True, slots=True)
class MeterUnknown(Payload):
    """The meter did not say; since when, and why."""

    meter: str
    since: datetime
    reason: str
    _sample = {"meter": "meter", "since": _SAMPLE_TIME, "reason": "unit 1: no answer"}


# -- sessions ---------------------------------------------------------------------------------

RegisterQuality = Literal["measured", "late", "unknown"]


@dataclass(frozen=True, slots=True)
class SessionStarted(Payload):
    """A session began.

    `meter_start_wh` is None with quality `unknown` while the meter is silent; a `SessionLatched`
    follows when it speaks.  `stamp` is when, by a clock that nobody had told the time: by it the
    session is dated when the time is known.
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
    _sample = {
        "session_id": _SAMPLE_SESSION,
        "token_id": _SAMPLE_SESSION,
        "uid": "04A1B2C3",
        "label": "family",
        "started_at": _SAMPLE_TIME,
        "meter_start_wh": 1_234_567,
        "meter_start_quality": "measured",
        "meter_serial": "19001234",
    }


@dataclass(frozen=True, slots=True)
class SessionLatched(Payload):
    """The start register of a session that began while the meter was silent."""

    session_id: UUID
    latched_at: datetime
    meter_start_wh: int
    meter_serial: str | None
    _sample = {
        "session_id": _SAMPLE_SESSION,
        "latched_at": _SAMPLE_TIME,
        "meter_start_wh": 1_234_567,
        "meter_serial": "19001234",
    }


@dataclass(frozen=True, slots=True)
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
        "session_id": _SAMPLE_SESSION,
        "token_id": _SAMPLE_SESSION,
        "uid": "04A1B2C3",
        "label": "family",
        "started_at": _SAMPLE_TIME,
        "ended_at": _SAMPLE_TIME.replace(hour=14),
        "meter_start_wh": 1_234_567,
        "meter_end_wh": 1_244_567,
        "meter_end_quality": "measured",
        "energy_wh": 10_000,
        "reason": "card",
    }


@dataclass(frozen=True, slots=True)
class SessionSettled(Payload):
    """The end register of a session, read after its end and before anybody else could charge.

    It was unknown, or the car took a little more before it stopped.
    """

    session_id: UUID
    settled_at: datetime
    meter_end_wh: int
    energy_wh: int
    _sample = {
        "session_id": _SAMPLE_SESSION,
        "settled_at": _SAMPLE_TIME.replace(hour=15),
        "meter_end_wh": 1_244_587,
        "energy_wh": 10_020,
    }


SessionPhase = Literal["idle", "waiting", "ready", "charging"]


@dataclass(frozen=True, slots=True)
class SessionStatus(Payload):
    """Where the session is now; every field but `phase` is None while there is none."""

    phase: SessionPhase
    session_id: UUID | None = None
    label: str | None = None
    started_at: datetime | None = None
    energy_wh: int | None = None
    _sample = {"phase": "idle"}


# -- signals and notifications ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beep(Payload):
    """A sound: `ok` is 1 × 100 ms, `error` 2 × 100 ms, 50 ms apart."""

    pattern: Literal["ok", "error"]
    _sample = {"pattern": "ok"}


LedEffect = Literal["steady", "breathe", "flash", "off"]


@dataclass(frozen=True, slots=True)
class LedState(Payload):
    """What the status LED shows; red, green and blue in percent."""

    name: str
    red: int
    green: int
    blue: int
    effect: LedEffect
    _sample = {"name": "available", "red": 0, "green": 100, "blue": 0, "effect": "steady"}


@dataclass(frozen=True, slots=True)
class Notification(Payload):
    """A message to a person; `priority` runs from -2 (very low) to 2 (emergency)."""

    title: str
    text: str
    priority: int = 0
    _sample = {"title": "Charged", "text": "10.0 kWh for 'family'"}


# -- time, reports, failures ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tick(Payload):
    """A schedule fired; `due` is when it should have, `missed` how many it stands for besides."""

    due: datetime
    missed: int = 0
    _sample = {"due": _SAMPLE_TIME}


@dataclass(frozen=True, slots=True)
class ReportWritten(Payload):
    """A statement was written; `month` is YYYY-MM, `total` the sum of its priced sessions.

    `energy_unknown` of its sessions have no known energy and are not in the sums.
    """

    month: str
    files: tuple[str, ...]
    sessions: int
    energy_wh: int
    total: Decimal
    currency: str
    energy_unknown: int = 0
    _sample = {
        "month": "2026-01",
        "files": ("statement-2026-01.xlsx",),
        "sessions": 3,
        "energy_wh": 30_000,
        "total": Decimal("10.50"),
        "currency": "EUR",
    }


@dataclass(frozen=True, slots=True)
class Failure(Payload):
    """A handler failed; what `flow.errors` and every node's `error` port carry."""

    node: str
    error: str
    message: str
    payload: Any
    at: datetime
    _sample = {
        "node": "meter",
        "error": "DeviceTimeout",
        "message": "unit 1: no answer reading 0x0048",
        "payload": None,
        "at": _SAMPLE_TIME,
    }


def payload_types() -> Iterator[type[Payload]]:
    """Yield every payload type of this module."""
    for kind in globals().copy().values():
        if isinstance(kind, type) and issubclass(kind, Payload) and kind is not Payload:
            yield kind
