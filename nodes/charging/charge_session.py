"""Start and end charge sessions by card.

```yaml
session:
  type: charge-session
  from:
    token: authorise.accepted
    meter: meter.reading
    plug: evse_state.state
  keep: durable
```

A card starts a session and asks for the EVSE to be switched on; the same card ends it. Another card
is refused meanwhile. It also ends when its token's limit of energy or of time is reached, and, with
`on_unplug: end`, when the car is unplugged: the next car does not charge on somebody else's card.

A session's energy is the difference of two registers of the meter. While the meter is silent there
is no register. With `meter_silent: wait` a session that starts then gets no current before its
start register is known, so nothing it uses is lost; one that is under way goes on until the switch
finds its input stale. With `meter_silent: charge` the car charges all the same: a session that
starts then takes the first register that comes, and says so, and what was used before is on no
bill. One whose token has an energy limit waits all the same.

What the car still takes after the end, until it has stopped, and an end register that comes late
because the meter was silent, are told by `settled`, as long as nobody else could charge. A register
that fell, or a meter that was exchanged, leaves the energy unknown.

With `keep: durable` a session survives a restart and a power cut: the same one goes on, marked as
interrupted, and the meter's register must prove it.

With `auto_session: on`, and `on_unplug: keep`, a session may be left open for good: a car that
begins to charge after it has drawn less than `auto_session_energy_wh` for `auto_session_after` is
another visit, and gets a session of its own from there on, with the same token. It is not when the
car was seen connected all the while, when the session has used nothing yet, or when there was no
access: a pause in the off-peak hours is no visit. No session is ever deleted for it.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Generic, Literal, TypeVar
from uuid import UUID

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, Out, Seconds, Timer
from oppleo_flow.charging import session as rules
from oppleo_flow.charging import settling, visit
from oppleo_flow.charging.session import Mark, OpenSession
from oppleo_flow.charging.settling import Settling
from oppleo_flow.charging.tokens import control
from oppleo_flow.charging.visit import AutoSession
from oppleo_flow.clock import earlier
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    Authorised,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionEnded,
    SessionLatched,
    SessionSettled,
    SessionStarted,
    SessionStatus,
    SwitchRequest,
)

_UNPLUGGED_FOR_S = 5.0
T = TypeVar("T")


class ChargeSessionConfig(NodeConfig):
    """Settings of a `charge-session` node."""

    reading_max_age: Seconds = Field(
        "60s",
        validate_default=True,
        gt=0,
        description="How old a reading may be to count as the meter's register now; "
        "more than the meter's own interval.",
    )
    meter_silent: Literal["wait", "charge"] = Field(
        "wait",
        description="Whether a session that starts while the meter is silent waits for its start "
        "register, or the car charges all the same and the register is taken late.",
    )
    on_unplug: Literal["end", "keep"] = Field(
        "end", description="Whether a session ends when its car is unplugged, or stays open."
    )
    auto_session: bool = Field(
        False, description="Whether each visit of the car to an open session becomes a session."
    )
    auto_session_after: Seconds = Field(
        "90m",
        validate_default=True,
        gt=0,
        description="How long a car has drawn nothing that comes for another visit.",
    )
    auto_session_energy_wh: int = Field(
        100, ge=1, le=10_000, description="Less than this counts as nothing."
    )


class ChargeSession(Node[ChargeSessionConfig]):
    """Start and end charge sessions by card.

    Input:
        `token`: an `Authorised` card.
        `meter`: a `MeterReading`, or a `MeterUnknown`.
        `plug`: an `EvseState`, or an `EvseUnknown`.

    Output:
        `request`: a `SwitchRequest`, on while there is a session that may have current.
        `started`, `latched`, `ended`, `settled`: what happened to the session; `latched` when its
        start register became known late, `settled` when its last one did after the end.
        `refused`: a `Rejected`, for a card that may not start or end the session.
        `status`: a `SessionStatus`.

    Raises:
        Nothing.

    Source:
        Oppleo: who may end a session, and the rule of the auto-session.
    """

    type_name = "charge-session"
    icon = "car"
    optional_inputs = frozenset({"plug"})
    request: Level[SwitchRequest]
    started: Out[SessionStarted]
    latched: Out[SessionLatched]
    ended: Out[SessionEnded]
    settled: Out[SessionSettled]
    refused: Out[Rejected]
    # The port hides the method of this name; below it is called on the context.
    status: Level[SessionStatus]  # type: ignore[assignment]
    session: OpenSession | None = None
    """The session that is under way."""
    past: Settling | None = None
    """The one before it, as long as its last register is not known."""
    last_id: UUID | None = None
    handed_over: bool = False
    """A deploy, and nothing else, stopped the node before this one."""
    examples = [
        Example(
            send={"meter": MeterReading.sample(), "token": Authorised.sample()},
            expect={
                "request": [
                    SwitchRequest(on=False, reason="no session"),
                    SwitchRequest(on=True, reason="session of 'family'"),
                ],
                "refused": [],
            },
            doc="A card starts a session.",
        ),
        Example(
            send={
                "meter": MeterReading.sample(),
                "token": [Authorised.sample(), Authorised(UUID(int=2), "04D4E5F6", "guest")],
            },
            expect={"refused": Rejected("04D4E5F6", "other-session"), "ended": []},
            doc="Another card does not end it.",
        ),
    ]

    @classmethod
    def bears_stale(cls, config: ChargeSessionConfig) -> tuple[str, ...]:
        """Return the meter, if the car charges while it is silent."""
        return ("meter",) if config.meter_silent == "charge" else ()

    def start(self) -> None:
        """Take up the session that a restart interrupted."""
        self._max_age = timedelta(seconds=self.config.reading_max_age)
        self._auto = AutoSession(
            timedelta(seconds=self.config.auto_session_after), self.config.auto_session_energy_wh
        )
        self._meter: MeterReading | MeterUnknown | None = None
        self._reading: MeterReading | None = None
        self._rested: Mark | None = None
        self._plug: EvseState | EvseUnknown | None = None
        blind = self.config.meter_silent == "charge"
        self._asked = _Made(self.request, partial(rules.wanted, charges_blind=blind))
        self._shown = _Made(self.status, rules.status)
        self._limit: Timer | None = None
        self._away: Timer | None = None
        if self.session is not None and not self.handed_over:
            self.session = rules.resumed(self.session, self.clock.now())
        self.handed_over = False
        self._watch_time()
        self._ask(None)
        self._show(None)

    def stop(self, reason: StopReason) -> None:
        """Note whether this is a deploy, which interrupts nothing."""
        self.handed_over = reason == "deploy"

    # -- what comes in -------------------------------------------------------------------------

    def on_token(self, card: Authorised) -> None:
        """Start a session, end it, or refuse the card."""
        session = self.session
        what = control(None if session is None else session.token_id, card)
        if what == "start":
            self._begin(card)
        elif what != "end":
            self.refused.send(Rejected(card.uid, what))
        elif session is not None:
            self._end(session, card.trigger)

    def on_meter(self, meter: MeterReading | MeterUnknown) -> None:
        """Take a reading as the register of now, and as a late register if one is due."""
        self._meter = meter
        reading = self._register()
        if reading is not None:
            if self.past is not None:
                self._settle(self.past, reading)
            if self.session is not None:
                self._observe(self.session, reading)
            if self._reading is None or reading.energy_import_wh != self._reading.energy_import_wh:
                self._rested = Mark(reading.energy_import_wh, reading.time)
            self._reading = reading
        self._ask(reading)
        self._show(reading)

    def on_plug(self, plug: EvseState | EvseUnknown) -> None:
        """See whether the car came, charges or left."""
        before, self._plug = self._plug, plug
        if self.session is not None:
            self.session = visit.seen(self.session, before, plug, self.clock.now())
            if self.config.auto_session and visit.begins_to_charge(before, plug):
                self._look_for_a_new_visit(self.session)
        self._watch_plug()
        self._show(self._register())

    # -- sessions ------------------------------------------------------------------------------

    def _begin(self, card: Authorised) -> None:
        reading, now = self._register(), self.clock.now()
        if reading is not None and self.past is not None:
            self._settle(self.past, reading, begins=True)
        elif reading is None and self.config.meter_silent == "charge":
            self.past = None  # from here on it cannot be told whose energy it is
        began, place = self.clock.instant(), self.site.charge_point
        self.session = rules.start(
            *(card, reading, now, place),
            began=began,
            after=self.last_id,
            point=rules.point_of(self.id),
        )
        if self._plug is not None:
            self.session = visit.seen(self.session, self._plug, self._plug, now)
        self.started.send(rules.started(self.session))
        self._watch_time()
        self._ask(reading)
        self._show(reading)

    def _end(self, session: OpenSession, reason: str) -> None:
        stamp, register = self.clock.instant(), self._register()
        ended = rules.end(session, register, self.clock.now(), reason, stamp=stamp)
        self.session, self.last_id = None, session.session_id
        # First of all: switching off never waits.
        self._ask(register)
        self.past = settling.settling(session, ended) or self.past
        self.ended.send(ended)
        self._watch_time()
        self._show(register)

    def _observe(self, session: OpenSession, reading: MeterReading) -> None:
        was_unknown = session.meter_start_wh is None
        step_wh = self._auto.energy_wh
        self.session = rules.observe(session, reading, self._reading, step_wh)
        if was_unknown:
            self.latched.send(rules.latched(self.session, reading))
        if rules.over_limit(self.session, reading):
            self._end(self.session, "energy-limit")

    def _look_for_a_new_visit(self, session: OpenSession) -> None:
        now, reading = self.clock.now(), self._register()
        at = visit.turns(session, reading, self._rested, now, self._auto)
        if at is None or reading is None:
            return
        last = reading.with_(energy_import_wh=at.energy_wh, time=at.at)
        ended_at = max(at.at, session.started_at)
        began = self.clock.instant()
        stamp = earlier(began, (now - ended_at).total_seconds())
        self.ended.send(rules.end(session, last, ended_at, "auto", stamp=stamp))
        self.session = rules.follow(session, at, now, self.site.charge_point, began)
        self.started.send(rules.started(self.session))
        self._watch_time()

    def _settle(self, past: Settling, reading: MeterReading, *, begins: bool = False) -> None:
        """Take the last register of the session before, when it is its own beyond doubt.

        It is if another begins at this reading, or waits for it.
        """
        if begins or self.session is not None:
            event, self.past = settling.last(past, reading), None
        else:
            event, self.past = settling.look(past, reading, self.clock.now())
        if event is not None:
            self.settled.send(event)

    def _watch_time(self) -> None:
        """Have a session end when its time is up."""
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None
        session = self.session
        if session is None or session.limits.duration_s is None or session.began is None:
            return
        left_s = session.limits.duration_s - self.clock.since(session.began)
        self._limit = self.after(max(0.0, left_s), self._time_is_up)

    def _time_is_up(self) -> None:
        if self.session is not None:
            self._end(self.session, "time-limit")

    def _watch_plug(self) -> None:
        """Have a session end when its car stays away for some seconds."""
        gone = False
        if self.config.on_unplug == "end" and self.session is not None and self._plug is not None:
            gone = visit.left(self.session, self._plug)
        if gone and self._away is None:
            self._away = self.after(_UNPLUGGED_FOR_S, self._unplugged)
        elif not gone and self._away is not None:
            self._away.cancel()
            self._away = None

    def _unplugged(self) -> None:
        self._away = None
        if self.session is not None:
            self._end(self.session, "unplugged")

    def _register(self) -> MeterReading | None:
        """Return the reading that counts as the meter's register now; None: unknown."""
        return rules.fresh(self._meter, self.clock.now(), self._max_age)

    def _ask(self, register: MeterReading | None) -> None:
        """Ask for the switch that the session, or none, needs."""
        self._asked.make(self.session, register is None)

    def _show(self, register: MeterReading | None) -> None:
        """Show how the session is."""
        used_wh = None if self.session is None else rules.energy_wh(self.session, register)
        shown = self._shown.make(self.session, self._plug, used_wh)
        if shown is not None:
            self.context.status("ok", rules.status_text(shown))


class _Made(Generic[T]):
    """What a level holds, made anew only when what it is made of has changed."""

    def __init__(self, level: Level[T], maker: Callable[..., T]) -> None:
        self._level = level
        self._maker = maker
        self._parts: tuple[object, ...] | None = None
        self._held: T | None = None

    def make(self, *parts: object) -> T | None:
        """Set the level if it is to hold something else; return what, None if it is not."""
        if parts == self._parts:
            return None
        self._parts, made = parts, self._maker(*parts)
        if made == self._held:
            return None
        self._held = made
        self._level.set(made)
        return made
