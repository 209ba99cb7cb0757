"""Let a charge point have power only while the mains fuse has room for it.

```yaml
share:
  type: mains-share
  from: {in: session.request, plug: evse_state, meter: meter}
  mains: mains            # a connection of type mains-fuse
  current_a: 16           # what this SmartEVSE may draw: its menu MAX
  turn: 2h
```

Each charge point has one of these in front of its switch. A request to be on reserves `current_a`;
where that is more than is left the request is held, and passed on when others have let go. Who
waits longest goes first. A request to be off passes at once, and lets go as soon as the meter shows
that nothing is drawn any more.

When somebody waits, this charge point gives way and waits in turn

* after `turn`, where that is set: so two cars that both charge all night have their halves of it;
* when it has not charged for `idle_after`: a car that is full would keep its share for nothing.
  Nobody gives way for who gave way so: two cars that are full do not hand the power to and fro.

Wire the meter of the charge point. With it

* what the meter does not say is not taken for nothing: when it has been silent for
  `meter_silent_after` the charge point is switched off, and the others have its share;
* who draws power without being asked to, as with a contactor that is stuck, has its share all the
  same, and who came last is switched off where the rest is not enough.

Without meter and `plug`, nobody can tell whether it charges, so it keeps its share until it is
switched off. What the car draws is not limited here: `current_a` must be what the SmartEVSE's own
menu allows.
"""

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, Ref, Seconds, Timer
from oppleo_flow.charging.alarms import Limits
from oppleo_flow.charging.mains import MainsFuse
from oppleo_flow.errors import ConfigError
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    SwitchRequest,
)

_SOME_POWER_W = Limits().power_w
_TURN_IS_OVER = "its turn at the mains is over"


class MainsShareConfig(NodeConfig):
    """Settings of a `mains-share` node."""

    mains: Ref[MainsFuse] = Field(description="The fuse that it shares with others.")
    current_a: float = Field(
        16,
        gt=0,
        le=250,
        description="What this charge point may draw, per phase, in ampere: as its own menu says.",
    )
    idle_after: Seconds = Field(
        "10m",
        validate_default=True,
        ge=60,
        description="How long without charging until it gives way to somebody who waits.",
    )
    turn: Seconds | None = Field(
        None,
        ge=600,
        description="How long it may have power while somebody waits; default: until it is done.",
    )
    meter_silent_after: Seconds = Field(
        "60s",
        validate_default=True,
        ge=5,
        le=600,
        description="How long the meter may be silent until the charge point is switched off.",
    )


class MainsShare(Node[MainsShareConfig]):
    """Let a charge point have power only while the mains fuse has room for it.

    Input:
        A `SwitchRequest`.
        `plug`: the `EvseState` or `EvseUnknown` of this charge point; it may be left unwired.
        `meter`: the `MeterReading`, W, or `MeterUnknown` of this charge point; so may this.

    Output:
        `out`: the same `SwitchRequest`, or one to be off, with the reason, while it waits or the
            meter is silent.

    Raises:
        ConfigError: At the start: `current_a` is more than the fuse has.

    Source:
        None.
    """

    type_name = "mains-share"
    icon = "plug"
    # The port hides the method of this name, for which this node has no use.
    out: Level[SwitchRequest]  # type: ignore[assignment]
    optional_inputs = frozenset({"plug", "meter"})
    held: SwitchRequest | None = None
    """The request that came last."""
    examples = [
        Example(
            config={"mains": "mains", "current_a": 16},
            send=SwitchRequest(on=True, reason="session of 'family'"),
            expect={"out": SwitchRequest(on=True, reason="session of 'family'")},
            doc="Nobody else draws anything.",
        )
    ]

    @classmethod
    def bears_stale(cls, config: MainsShareConfig) -> tuple[str, ...]:
        """Return the meter: while it is silent this sends what is right all the same."""
        return ("meter",)

    def start(self) -> None:
        """Take up the request that a restart interrupted."""
        self._mains = self.use(self.config.mains)
        limit_a = self._mains.shares.limit_a
        if self.config.current_a > limit_a:
            raise ConfigError(
                f"current_a: at most the {limit_a:g} A that the fuse has are needed, "
                f"got {self.config.current_a:g}"
            )
        self._sent: SwitchRequest | None = None
        self._plug: EvseState | EvseUnknown | None = None
        self._reading: MeterReading | None = None
        self._silent: MeterUnknown | None = None
        self._silent_since = self._idle_since = self._has_since = 0.0
        self._is_idle = self._turn_is_over = False
        self._timer: Timer | None = None
        self._look_at_s = 0.0
        self._mains.announce(self.id, lambda: self.after(0, self._look))
        self._look()

    def stop(self, reason: StopReason) -> None:
        """Let the others have its share."""
        self._mains.leave(self.id)

    def on_message(self, request: SwitchRequest) -> None:
        """Reserve what a request needs, or let go."""
        self.held = request
        self._look()

    def on_plug(self, state: EvseState | EvseUnknown) -> None:
        """Note whether the car charges."""
        self._plug = state
        self._look()

    def on_meter(self, meter: MeterReading | MeterUnknown) -> None:
        """Note what the car draws, or since when that is not known."""
        if isinstance(meter, MeterReading):
            self._reading, self._silent = meter, None
        elif self._silent is None:
            self._silent, self._silent_since = meter, self.clock.monotonic()
        self._look()

    def _look(self) -> None:
        """Send what holds now, and look again when time may have changed that."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._silent is not None and self._over(
            self._silent_since, self.config.meter_silent_after
        ):
            self._reading = None  # it is too old to tell anything
        self._see_whether_it_idles()
        shares = self._mains.shares
        if self._draws and self.id not in shares.held_a:
            shares.take(self.id, self.config.current_a)
            self._mains.changed()
        elif not self._draws and self.id in shares.taken:
            shares.release(self.id)
            self._mains.changed()
        if self.held is None or not self.held.on:
            self._be_off(self.held)
        elif self._silent is not None and self._reading is None:
            self._be_off(SwitchRequest(False, f"its meter is silent: {self._silent.reason}"))
        else:
            self._be_on_if_there_is_room(self.held)

    def _be_off(self, request: SwitchRequest | None) -> None:
        self._turn_is_over = False
        if request is not None:
            self._send(request)  # first of all: switching off never waits
        shares = self._mains.shares
        if self._draws:
            power_w = self._reading.power_w if self._reading else 0.0
            self.status("warn", f"off, and draws {power_w:.0f} W: it keeps its share")
        elif self.id in shares.held_a or self.id in shares.waiting:
            shares.release(self.id)
            self._mains.changed()

    def _be_on_if_there_is_room(self, request: SwitchRequest) -> None:
        shares, needs_a = self._mains.shares, self.config.current_a
        had, waited = self.id in shares.held_a, self.id in shares.waiting
        has = shares.ask(self.id, needs_a)
        if has and not had:  # it could not charge before
            self._has_since = self._idle_since = self.clock.monotonic()
        if has and shares.somebody_waits and self._gives_way():
            has = shares.ask(self.id, needs_a)
        if has:
            self._turn_is_over = self._turn_is_over and shares.somebody_waits
            self._send(SwitchRequest(False, _TURN_IS_OVER) if self._turn_is_over else request)
            return
        has_now, waits_now = self.id in shares.held_a, self.id in shares.waiting
        if (had, waited) != (has_now, waits_now):
            self._mains.changed()  # somebody may have it now, or may give way
        held = ", ".join(f"{who} {current_a:g} A" for who, current_a in shares.held_a.items())
        room = f"waits for the mains, {shares.limit_a:g} A"
        self._send(SwitchRequest(False, f"{room}: {held}" if held else room))

    def _gives_way(self) -> bool:
        """Hand the share on if it is time to; return whether it was.

        Who charges is switched off first, and hands it on when the meter shows that it draws
        nothing any more.
        """
        shares, turn_s = self._mains.shares, self.config.turn
        if self._is_idle and self._over(self._idle_since, self.config.idle_after):
            shares.give_way(self.id)
            return True
        if turn_s is not None and self._over(self._has_since, turn_s):
            self._turn_is_over = self._draws
            if not self._turn_is_over:
                shares.end_turn(self.id)
                return True
        return False

    @property
    def _draws(self) -> bool:
        return self._reading is not None and self._reading.power_w > _SOME_POWER_W

    def _see_whether_it_idles(self) -> None:
        """Note since when LED or meter say that nothing is drawn; the meter knows better."""
        rests = isinstance(self._plug, EvseState) and not self._plug.charging
        idle = not self._draws and (rests or self._reading is not None)
        if idle and not self._is_idle:
            self._idle_since = self.clock.monotonic()
        self._is_idle = idle

    def _over(self, since_s: float, length_s: float) -> bool:
        """Return whether a time is over; if it is not, look again then at the latest."""
        now_s = self.clock.monotonic()
        end_s = since_s + length_s
        if end_s <= now_s:
            return True
        if self._timer is None or end_s < self._look_at_s:
            if self._timer is not None:
                self._timer.cancel()
            self._look_at_s = end_s
            self._timer = self.after(end_s - now_s, self._look)
        return False

    def _send(self, request: SwitchRequest) -> None:
        if request != self._sent:
            self._sent = request
            self.out.set(request)
            self.status("ok", "on" if request.on else request.reason)
