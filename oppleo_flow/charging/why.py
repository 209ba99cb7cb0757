"""Why a charge point is as it is: as codes, for which every language has words.

Pure: what is seen of it comes in, and so does the time.  What keeps the car from charging stands
first, then what is worth to know besides.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Final, Literal

from oppleo_flow.charging.alarms import Limits
from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import (
    EvseReport,
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    OffPeak,
    SessionStatus,
    SwitchRequest,
    SwitchState,
)

PointState = Literal["free", "connected", "ready", "waiting", "charging", "error", "unknown"]
"""What a charge point does; `connected`: a car without a session; `ready`: a session, and nothing
keeps the car from charging; `waiting`: something does."""

PublicState = Literal["free", "occupied", "charging", "error", "unknown"]
"""What everybody may know of it."""

Code = Literal[
    "switch-fault",
    "meter-silent",
    "meter-not-read",
    "held-safe",
    "off-peak",
    "time-unknown",
    "mains-share",
    "held",
    "switch-waits",
    "evse-error",
    "evse-unknown",
    "evse-waits",
    "no-access",
    "no-car",
    "car-takes-nothing",
    "no-card",
    "charging",
    "solar",
    "free",
    "free-unseen",
    "starting",
    "peak-once",
    "current-limited",
    "limit-energy",
    "limit-time",
]
"""Why; the page has words for each."""

Value = str | float | datetime
_LIMITS: Final[Mapping[str, Code]] = {"energy-limit": "limit-energy", "time-limit": "limit-time"}
_LIMIT_IS_NEWS_FOR: Final = timedelta(hours=24)
_IDLE_W: Final = Limits().idle_w
"""Less than this is no power: the electronics of car and charger take some."""


@immutable
class Reason:
    """Why something is so: a code, and what its words need to know."""

    code: Code
    values: Mapping[str, Value] = field(default_factory=dict)


@immutable
class Held:
    """Who keeps the switch off although it is asked to be on, and what it says itself."""

    node: str
    type_name: str
    text: str


@immutable
class Broken:
    """What is wrong with the switch itself."""

    node: str
    code: str
    text: str
    since: datetime


@immutable
class PastSession:
    """The last session that ended: when, and by what."""

    ended_at: datetime
    reason: str


@immutable
class Seen:
    """What is seen of a charge point; None: there is no such thing, or it has not said anything.

    `wanted` is what the session asks of the switch and `asked` what arrives there; `made_safe` says
    why the switch is at its safe level; `has_evse`: something reads the charger's own state.
    """

    session: SessionStatus | None = None
    evse: EvseState | EvseUnknown | None = None
    meter: MeterReading | MeterUnknown | None = None
    switch: SwitchState | None = None
    wanted: SwitchRequest | None = None
    asked: SwitchRequest | None = None
    held: Held | None = None
    broken: Broken | None = None
    made_safe: str | None = None
    hours: OffPeak | None = None
    report: EvseReport | None = None
    last: PastSession | None = None
    has_evse: bool = True

    @property
    def in_session(self) -> bool:
        """Return whether a session is open."""
        return self.session is not None and self.session.phase != "idle"


@immutable
class Why:
    """How a charge point is, and why, the most important reason first."""

    state: PointState
    reasons: tuple[Reason, ...]


def why(seen: Seen, now: datetime) -> Why:
    """Return how a charge point is, and why."""
    blocks = tuple(_blocks(seen))
    state = _state(seen, blocked=bool(blocks))
    reasons = (*blocks, *_of_the_car(seen, state, blocked=bool(blocks)), *_besides(seen, now))
    known = {reason.code: reason for reason in reversed(reasons)}  # each once, the first counts
    return Why(state, tuple(known[code] for code in dict.fromkeys(r.code for r in reasons)))


_PUBLIC: Final[Mapping[PointState, PublicState]] = {
    "free": "free",
    **dict.fromkeys(("connected", "ready", "waiting"), "occupied"),
    "charging": "charging",
    "error": "error",
    "unknown": "unknown",
}


def public(state: PointState) -> PublicState:
    """Return what everybody may know of a state."""
    return _PUBLIC[state]


def _state(seen: Seen, *, blocked: bool) -> PointState:
    """Return how a charge point is."""
    evse = seen.evse
    if seen.broken is not None or (isinstance(evse, EvseState) and _is_wrong(evse)):
        return "error"
    if isinstance(evse, EvseState) and evse.charging:
        return "charging"
    if seen.in_session:
        return _state_in_session(seen, blocked=blocked)
    if seen.session is None:
        return "unknown"
    if isinstance(evse, EvseState):
        return "connected" if evse.car_connected else "free"
    return "unknown" if seen.has_evse else "free"


def _is_wrong(evse: EvseState) -> bool:
    return evse.signal is EvseSignal.ERROR


def _state_in_session(seen: Seen, *, blocked: bool) -> PointState:
    evse, keeps = seen.evse, (EvseSignal.WAITING, EvseSignal.ACCESS_OFF)
    if blocked or (isinstance(evse, EvseState) and evse.signal in keeps):
        return "waiting"
    if isinstance(evse, EvseState):
        return "ready"
    if seen.has_evse or not isinstance(seen.meter, MeterReading):
        return "unknown"
    return "ready" if _takes_nothing(seen) else "charging"


def _blocks(seen: Seen) -> Iterator[Reason]:
    """Yield what keeps the switch off, or the charger from charging."""
    if seen.broken is not None:
        wrong = seen.broken
        yield Reason(
            "switch-fault",
            {"node": wrong.node, "fault": wrong.code, "text": wrong.text, "since": wrong.since},
        )
    elif seen.in_session:
        yield from _waits(seen)
    if isinstance(seen.evse, EvseState) and _is_wrong(seen.evse):
        yield Reason("evse-error", {"since": seen.evse.since})


def _waits(seen: Seen) -> Iterator[Reason]:
    """Yield why a session that is open has no current."""
    if seen.made_safe is not None:
        yield _silent(seen) or Reason("held-safe", {"text": seen.made_safe})
    elif seen.wanted is not None and not seen.wanted.on:
        yield _silent(seen) or Reason("meter-not-read")
    elif seen.held is not None:
        yield _held(seen, seen.held)
    elif seen.asked is not None and seen.asked.on and seen.switch and not seen.switch.on:
        yield Reason("switch-waits", {"text": seen.switch.reason})


def _silent(seen: Seen) -> Reason | None:
    """Return that the meter is silent, if it is."""
    if not isinstance(seen.meter, MeterUnknown):
        return None
    return Reason("meter-silent", {"since": seen.meter.since, "text": seen.meter.reason})


def _held(seen: Seen, held: Held) -> Reason:
    """Return why a node between session and switch keeps the switch off."""
    if held.type_name == "offpeak-gate" and seen.hours is not None:
        if not seen.hours.time_known:
            return Reason("time-unknown", {"node": held.node})
        return Reason("off-peak", {"node": held.node, "until": seen.hours.until})
    if held.type_name == "mains-share":
        silent = _silent(seen)
        return silent or Reason("mains-share", {"node": held.node, "text": held.text})
    return Reason("held", {"node": held.node, "text": held.text})


def _by_signal(signal: EvseSignal, seen: Seen) -> Code | None:
    """Return what the signal of the charger means, with or without a session."""
    rests = _takes_nothing(seen)
    meant: Mapping[EvseSignal, Code] = {
        EvseSignal.STANDBY: "no-car" if seen.in_session else "free",
        EvseSignal.CONNECTED: "car-takes-nothing" if seen.in_session else "no-card",
        EvseSignal.CHARGING: "car-takes-nothing" if rests else "charging",
        EvseSignal.CHARGING_SOLAR: "car-takes-nothing" if rests else "solar",
        EvseSignal.WAITING: "evse-waits",
        EvseSignal.ACCESS_OFF: _without_access(seen),
    }
    return meant.get(signal)


def _of_the_car(seen: Seen, state: PointState, *, blocked: bool) -> Iterator[Reason]:
    """Yield what car and charger do; of a switch that is off, they can say no more."""
    evse = seen.evse
    if isinstance(evse, EvseUnknown):
        yield Reason("evse-unknown", {"since": evse.since, "text": evse.reason})
    elif evse is None:
        yield from _unseen(seen, state, blocked=blocked)
    elif not blocked or evse.charging:
        code = _by_signal(evse.signal, seen)
        if code is not None:
            yield Reason(code, {"since": evse.since})
    if seen.session is None and evse is not None:
        yield Reason("starting")


def _without_access(seen: Seen) -> Code:
    """Return what a charger that gives no access means: it cannot say whether a car is there."""
    if seen.in_session:
        return "no-access"
    plugged = isinstance(seen.evse, EvseState) and seen.evse.plugged
    return "no-card" if plugged else "free-unseen"


def _unseen(seen: Seen, state: PointState, *, blocked: bool) -> Iterator[Reason]:
    """Yield what the meter tells, where nothing reads the charger."""
    if seen.has_evse or seen.session is None:
        yield Reason("starting")
    elif state == "free":
        yield Reason("free-unseen")
    elif not blocked and isinstance(seen.meter, MeterReading):
        yield Reason("car-takes-nothing" if _takes_nothing(seen) else "charging")


def _takes_nothing(seen: Seen) -> bool:
    """Return whether the meter shows that a car that may charge takes nothing."""
    return isinstance(seen.meter, MeterReading) and seen.meter.power_w < _IDLE_W


def _besides(seen: Seen, now: datetime) -> Sequence[Reason]:
    """Return what is worth to know besides."""
    found = []
    if seen.hours is not None and seen.hours.once:
        found.append(Reason("peak-once", {"until": seen.hours.until}))
    current_a = None if seen.report is None else seen.report.override_current_a
    if current_a:
        found.append(Reason("current-limited", {"current_a": current_a}))
    silent = _silent(seen)
    if silent is not None:
        found.append(silent)
    last = seen.last
    if last is not None and not seen.in_session and now - last.ended_at < _LIMIT_IS_NEWS_FOR:
        code = _LIMITS.get(last.reason)
        if code is not None:
            found.append(Reason(code, {"at": last.ended_at}))
    return found
