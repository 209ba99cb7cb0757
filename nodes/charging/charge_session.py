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
is refused meanwhile. Unplugging does not end a session.

A session's energy is the difference of two registers of the meter. While the meter is silent there
is no register: a session that starts then takes the first one that comes, and says so; one that
ends then has an unknown energy. So does one in which the register fell or the meter was exchanged.

With `keep: durable` a session survives a restart.
"""

from datetime import timedelta
from uuid import UUID

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, Out, Seconds
from oppleo_flow.charging import session as rules
from oppleo_flow.charging.session import OpenSession
from oppleo_flow.payloads import (
    Authorised,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    Rejected,
    SessionEnded,
    SessionLatched,
    SessionStarted,
    SessionStatus,
    SwitchRequest,
)


class ChargeSessionConfig(NodeConfig):
    """Settings of a `charge-session` node."""

    reading_max_age: Seconds = Field(
        "60s",
        validate_default=True,
        gt=0,
        description="How old a reading may be to count as the meter's register now; "
        "more than the meter's own interval.",
    )


class ChargeSession(Node[ChargeSessionConfig]):
    """Start and end charge sessions by card.

    Input:
        `token`: an `Authorised` card.
        `meter`: a `MeterReading`, or a `MeterUnknown`.
        `plug`: an `EvseState`, or an `EvseUnknown`; only for the status.

    Output:
        `request`: a `SwitchRequest`, on while there is a session.
        `started`, `latched`, `ended`: what happened to the session; `latched` when its start
        register became known late.
        `refused`: a `Rejected`, for a card that may not start or end the session.
        `status`: a `SessionStatus`.

    Raises:
        Nothing.

    Source:
        None.
    """

    type_name = "charge-session"
    icon = "car"
    optional_inputs = frozenset({"plug"})
    request: Level[SwitchRequest]
    started: Out[SessionStarted]
    latched: Out[SessionLatched]
    ended: Out[SessionEnded]
    refused: Out[Rejected]
    # The port hides the method of this name; below it is called on the context.
    status: Level[SessionStatus]  # type: ignore[assignment]
    session: OpenSession | None = None
    """The session that is under way."""
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

    def start(self) -> None:
        """Take up the session that a restart interrupted."""
        self._max_age = timedelta(seconds=self.config.reading_max_age)
        self._meter: MeterReading | MeterUnknown | None = None
        self._reading: MeterReading | None = None
        self._plug: EvseState | EvseUnknown | None = None
        self._shown: SessionStatus | None = None
        self._ask()
        self._show()

    def on_token(self, card: Authorised) -> None:
        """Start a session, end it, or refuse the card."""
        if self.session is None:
            if card.only_ends is None:
                self._begin(card)
            else:
                self.refused.send(Rejected(card.uid, card.only_ends))
        elif self.session.token_id == card.token_id:
            self._end(self.session)
        else:
            self.refused.send(Rejected(card.uid, "other-session"))

    def on_meter(self, meter: MeterReading | MeterUnknown) -> None:
        """Take a reading as the register of now, and as a late start register if one is due."""
        self._meter = meter
        reading = self._register()
        if reading is not None:
            if self.session is not None:
                self._observe(self.session, reading)
            self._reading = reading
        self._show()

    def on_plug(self, plug: EvseState | EvseUnknown) -> None:
        """Show what the car does."""
        self._plug = plug
        self._show()

    def _begin(self, card: Authorised) -> None:
        self.session = rules.start(card, self._register(), self.clock.now(), self.site.charge_point)
        self.started.send(rules.started(self.session))
        self._ask()
        self._show()

    def _end(self, session: OpenSession) -> None:
        self.session = None
        # First of all: switching off never waits.
        self._ask()
        self.ended.send(rules.end(session, self._register(), self.clock.now(), "card"))
        self._show()

    def _observe(self, session: OpenSession, reading: MeterReading) -> None:
        was_unknown = session.meter_start_wh is None
        self.session = rules.observe(session, reading, self._reading)
        if was_unknown:
            self.latched.send(rules.latched(self.session, reading))

    def _register(self) -> MeterReading | None:
        """Return the reading that counts as the meter's register now; None: unknown."""
        return rules.fresh(self._meter, self.clock.now(), self._max_age)

    def _ask(self) -> None:
        """Ask for the switch that the session, or none, needs."""
        if self.session is None:
            self.request.set(SwitchRequest(on=False, reason="no session"))
        else:
            self.request.set(SwitchRequest(on=True, reason=f"session of {self.session.label!r}"))

    def _show(self) -> None:
        shown = rules.status(self.session, self._plug, self._register())
        if shown == self._shown:
            return
        self._shown = shown
        self.status.set(shown)
        energy = "" if shown.energy_wh is None else f", {shown.energy_wh / 1000:.1f} kWh"
        of = "" if shown.label is None else f", {shown.label!r}"
        self.context.status("ok", f"{shown.phase}{of}{energy}")
