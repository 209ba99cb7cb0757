"""Let a charge point have power only while the mains fuse has room for it.

```yaml
share:
  type: mains-share
  from: {in: session.request, plug: evse_state}
  mains: mains            # a connection of type mains-fuse
  current_a: 16           # what this SmartEVSE may draw: its menu MAX
```

Each charge point has one of these in front of its switch. A request to be on reserves `current_a`;
where that is more than is left the request is held, and passed on when others have let go. Who
waits longest goes first. A request to be off passes at once, and lets go.

A car that is full would keep its share for nothing: when somebody waits, and this charge point has
not charged for `idle_after`, it gives way and waits in turn. Without the input `plug`, or while its
state is unknown, nobody can tell, so it keeps its share. Nobody gives way for who gave way before:
two cars that are full do not hand the power to and fro.

What the SmartEVSE draws is not measured here: `current_a` must be what its own menu allows.
"""

from pydantic import Field

from oppleo_flow import Example, Level, Node, NodeConfig, Ref, Seconds, Timer
from oppleo_flow.charging.mains import MainsFuse
from oppleo_flow.errors import ConfigError
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import EvseState, EvseUnknown, SwitchRequest


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


class MainsShare(Node[MainsShareConfig]):
    """Let a charge point have power only while the mains fuse has room for it.

    Input:
        A `SwitchRequest`.
        `plug`: the `EvseState` or `EvseUnknown` of this charge point.

    Output:
        `out`: the same `SwitchRequest`, or one to be off, with the reason, while it waits.

    Raises:
        ConfigError: At the start: `current_a` is more than the fuse has.

    Source:
        None.
    """

    type_name = "mains-share"
    icon = "plug"
    # The port hides the method of this name, for which this node has no use.
    out: Level[SwitchRequest]  # type: ignore[assignment]
    optional_inputs = frozenset({"plug"})
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
        self._idle_since: float | None = None
        self._timer: Timer | None = None
        self._mains.announce(self.id, lambda: self.after(0, self._look))
        self._look()

    def stop(self, reason: StopReason) -> None:
        """Let the others have its share."""
        self._mains.leave(self.id)

    def on_message(self, request: SwitchRequest) -> None:
        """Reserve what a request needs, or let go."""
        self.held = request
        if not request.on:
            self._mains.shares.release(self.id)
            self._mains.changed()
        self._look()

    def on_plug(self, state: EvseState | EvseUnknown) -> None:
        """Note whether the car draws anything."""
        idle = isinstance(state, EvseState) and not state.charging
        if not idle:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = self.clock.monotonic()
        self._look()

    def _look(self) -> None:
        """Send what holds now, and look again when it may be time to give way."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.held is None:
            return
        if not self.held.on:
            self._send(self.held)
            return
        shares = self._mains.shares
        if self.id in shares.held_a and shares.somebody_waits and self._is_idle_for_long():
            shares.give_way(self.id)
            self._mains.changed()
        had, waited = self.id in shares.held_a, self.id in shares.waiting
        if shares.ask(self.id, self.config.current_a):
            if not had and self._idle_since is not None:
                self._idle_since = self.clock.monotonic()  # it could not charge before
            self._send(self.held)
            return
        if not waited:
            self._mains.changed()  # somebody may give way
        held = ", ".join(f"{who} {current_a:g} A" for who, current_a in shares.held_a.items())
        self._send(SwitchRequest(False, f"waits for the mains, {shares.limit_a:g} A: {held}"))

    def _is_idle_for_long(self) -> bool:
        """Return whether it is time to give way; if it may be later, look again then."""
        if self._idle_since is None:
            return False
        left_s = self._idle_since + self.config.idle_after - self.clock.monotonic()
        if left_s > 0:
            self._timer = self.after(left_s, self._look)
        return left_s <= 0

    def _send(self, request: SwitchRequest) -> None:
        if request != self._sent:
            self._sent = request
            self.out.set(request)
            self.status("ok", "on" if request.on else request.reason)
