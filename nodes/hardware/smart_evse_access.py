"""Give and take access at a SmartEVSE, version 3, over the network: by REST or by MQTT.

```yaml
evse:
  type: smart-evse-access
  from: offpeak
  http: web               # a connection of type http-client; or mqtt: and prefix:
  url: http://192.168.1.20
  safe: off
  stale_after: 90s
  fails_open: accepted
```

**Prefer the wire.** When this machine dies, the SmartEVSE keeps the access that it was given last,
over a power cut too: the way over the network *fails open*. The wire to its terminal SW (`Access
S`, the node `evse-switch`) fails closed: without current there is no access. Best have the wire
give access, and the network tell the truth about it: `smart-evse` and `evse-cross-check`. This
node is for a place where no wire can be laid; `fails_open: accepted` says that you know.

Access on sets the `mode` that you choose, access off the mode *off*. It is read back: one that
does not follow within 15 s is the fault `evse-disobeys`, and tried again after five minutes. Access
that somebody changes at the SmartEVSE itself is told, and taken away again if it should be off.

Give it an `http-client` that only the SmartEVSE is asked with, with a `timeout` of a few seconds:
what shares one takes turns, and taking access away would wait for its own.

Each change of access is written to the SmartEVSE's flash memory, which wears. So access that is as
it should be is not set again, on waits until it was off for `dwell`, and after `most_per_day` times
within 24 hours on is refused, with the fault `too-many-switchings`, until the day is over. Off is
never refused and never waits. `keep: durable` lets both count on over a restart. To charge more or
less, send a `CurrentRequest` to the input `current` instead: it wears nothing.
"""

from collections.abc import Iterable
from typing import Final, Literal

from pydantic import Field

from oppleo_flow import (
    Actuator,
    Claim,
    DeviceError,
    Example,
    Instant,
    Level,
    PayloadError,
    Seconds,
    ServiceError,
    Timer,
)
from oppleo_flow.devices.smart_evse import EvseFacts
from oppleo_flow.devices.smart_evse_link import NothingHeardYet, SmartEvseLink
from oppleo_flow.devices.smart_evse_place import OnNetwork
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import CurrentRequest, SwitchRequest, SwitchState

_DAY_S: Final = 86_400.0
_OBEYS_WITHIN_S: Final = 15.0
_LOOKS_EVERY_S: Final = 1.0
_TRIES_AGAIN_AFTER_S: Final = 300.0
_FIRST_WORD_WITHIN_S: Final = 2.0
"""What is upstream tells at the start what it wants; access that stays on is not switched off."""
_DISOBEYS: Final = "evse-disobeys"
_WORN: Final = "too-many-switchings"
_AS_GOOD_AS_OVER_S: Final = 0.001
_LOWEST_A, _HIGHEST_A = 6.0, 80.0


class SmartEvseAccessConfig(OnNetwork):
    """Settings of a `smart-evse-access` node."""

    mode: Literal["normal", "smart", "solar"] = Field(
        "normal", description="Mode in which it charges when it has access."
    )
    dwell: Seconds = Field(
        "30s",
        validate_default=True,
        le=3600,
        description="How long it stays off at least, once it was on.",
    )
    most_per_day: int = Field(
        50, ge=1, le=1000, description="How often it may be switched on within 24 hours."
    )
    every: Seconds = Field(
        "10s", validate_default=True, ge=2, le=300, description="How often access is read back."
    )


class SmartEvseAccess(Actuator[SmartEvseAccessConfig]):
    """Give and take access at a SmartEVSE over the network.

    Input:
        A `SwitchRequest`.
        `current`: a `CurrentRequest`, A, from 6 to 80; None: as the SmartEVSE is set.

    Output:
        `state`: a `SwitchState`, read back from the SmartEVSE, with the reason of the request.

    Raises:
        ServiceError: It cannot be reached, or what it says makes no sense.  Taking access away is
            tried again until it is done.
        DeviceError: It does not take the current that was asked for.
        PayloadError: A current that no SmartEVSE has.

    Source:
        The SmartEVSE-3's description of its REST interface, and its firmware's MQTT topics.
    """

    type_name = "smart-evse-access"
    icon = "switch"
    blocking = True
    safe_levels = ("off",)
    fails_open = True
    optional_inputs = frozenset({"current"})
    state: Level[SwitchState]
    given_at: tuple[Instant, ...] = ()
    """When access was given in the last 24 hours, the oldest first."""
    off_since: Instant | None = None
    _link: SmartEvseLink | None = None
    examples = [
        Example(
            config={"http": "web", "url": "http://evse"},
            send=SwitchRequest(on=True, reason="session of 'family'"),
            advance=2.0,
            expect={"state": SwitchState(on=True, reason="session of 'family'")},
        ),
    ]

    def start(self) -> None:
        """Find the way to it, and take access away unless it is asked for at once."""
        self._wanted = SwitchRequest(False, "start")
        self._timer: Timer | None = None
        self._gave_up = False
        self._settled = False
        self._asked = False
        self._told: SwitchState | None = None
        self._link = self.config.link(self.use, self.clock)
        self._act_in(_FIRST_WORD_WITHIN_S)
        self.every(self.config.every, self._look)

    def stop(self, reason: StopReason) -> None:
        """Take access away, unless a new version of this node takes over and it may stay."""
        link, self._link = self._link, None
        if link is None:
            return
        try:
            leaves_on = reason != "stop" and (self._wanted.on or self._settled)
            if not leaves_on and link.facts().access != "off":
                link.set_mode("off")
                self._set(SwitchState(False, self._wanted.reason))
        finally:
            link.close()

    def probe(self) -> str:
        """Ask it once; nothing is changed."""
        return self.config.ask_once(self.use, self.clock, lambda facts: f"access is {facts.access}")

    @classmethod
    def claims(cls, config: SmartEvseAccessConfig) -> Iterable[Claim]:
        """Return its access: two nodes would give and take it in turns."""
        return [Claim(f"access of {config.name_on_network}")]

    def on_message(self, request: SwitchRequest) -> None:
        """Give access, or take it."""
        self._wanted, self._settled = request, False
        self._act()

    def on_current(self, request: CurrentRequest) -> None:
        """Let it offer another current."""
        wanted_a = request.current_a
        if wanted_a is not None and not _LOWEST_A <= wanted_a <= _HIGHEST_A:
            raise PayloadError(
                f"current: a SmartEVSE offers {_LOWEST_A:g} to {_HIGHEST_A:g} A, got {wanted_a:g}"
            )
        self._there.set_override(wanted_a)
        self._check_current(wanted_a, self.clock.monotonic() + _OBEYS_WITHIN_S)

    def go_safe(self, reason: str) -> None:
        """Have access taken away: this must not wait, so the worker does it.

        A call that fails is made again by the engine, until it does not.
        """
        if self._link is None or (self._settled and not self._wanted.on):
            return
        if self._wanted.on:
            self._wanted = SwitchRequest(False, reason)
        self._settled = False
        if not self._asked:
            self._asked = True
            self.after(0, self._act)

    # -- all that follows runs on the worker ---------------------------------------------------

    @property
    def _there(self) -> SmartEvseLink:
        if self._link is None:
            raise ServiceError(f"{self.config.name_on_network}: the node did not start")
        return self._link

    def _act(self) -> None:
        """Make access what is wanted, now or as soon as it may be."""
        self._cancel()
        wanted = self._wanted
        try:
            facts = self._there.facts()
        except NothingHeardYet:
            self.status("busy", "waits for the SmartEVSE's first word")
            self._act_in(_LOOKS_EVERY_S)
            return
        if _follows(facts, wanted):
            self._tell(facts)
        elif not wanted.on:
            self._command("off")
        elif self._may_change():
            self._command(self.config.mode)
        self._asked = False

    def _may_change(self) -> bool:
        """Return whether access may be given now; else see to it that it is looked at later."""
        if self._is_worn:
            self.fault(
                _WORN,
                f"access was given {len(self.given_at)} times in 24 hours, and each change wears "
                "the SmartEVSE; what switches it so often?",
            )
            return False
        off_s = _DAY_S if self.off_since is None else self.clock.since(self.off_since)
        wait_s = self.config.dwell - off_s
        if wait_s > _AS_GOOD_AS_OVER_S:
            self.status("busy", f"on in {wait_s:.0f} s: {self._wanted.reason}")
            self._act_in(wait_s)
            return False
        return True

    @property
    def _given_today(self) -> tuple[Instant, ...]:
        return tuple(at for at in self.given_at if self.clock.since(at) < _DAY_S)

    @property
    def _is_worn(self) -> bool:
        return len(self._given_today) >= self.config.most_per_day

    def _command(self, mode: Literal["off", "normal", "smart", "solar"]) -> None:
        self._there.set_mode(mode)
        now = self.clock.instant()
        if mode == "off":
            self.off_since = now
        else:
            self.given_at = (*self._given_today, now)
        self._confirm(self.clock.monotonic() + _OBEYS_WITHIN_S)

    def _confirm(self, until_s: float) -> None:
        """Read back until it follows, or does not."""
        facts = self._facts_if_any()
        if facts is not None and _follows(facts, self._wanted):
            self._tell(facts)
        elif self.clock.monotonic() < until_s:
            self._cancel()
            self._timer = self.after(_LOOKS_EVERY_S, lambda: self._confirm(until_s))
        else:
            wish = "on" if self._wanted.on else "off"
            self._gave_up = True
            self.after(_TRIES_AGAIN_AFTER_S, self._try_again)
            self.fault(
                _DISOBEYS,
                f"{self.config.name_on_network}: access does not go {wish}; is it locked there, "
                "or does something else set it?",
            )

    def _try_again(self) -> None:
        self._gave_up = False
        self.clear(_DISOBEYS)
        self._act()

    def _look(self) -> None:
        """See whether access is still what was told, and end what time has healed."""
        if self._timer is not None or self._gave_up:
            return
        if not self._is_worn:
            self.clear(_WORN)
        if not self._settled:
            self._act()
            return
        facts = self._facts_if_any()
        if facts is None:
            self.status("warn", f"{self.config.name_on_network}: cannot be read back")
        elif facts.access is not None:
            on = facts.access == "on"
            if self._told is None or self._told.on is not on:
                self._set(SwitchState(on, "changed at the SmartEVSE"))
            if on and not self._wanted.on:
                self._settled = False
                self._act()

    def _facts_if_any(self) -> EvseFacts | None:
        try:
            return self._there.facts()
        except ServiceError as error:
            self.log.info("%s", error)
            return None

    def _tell(self, facts: EvseFacts) -> None:
        self._settled = True
        self._set(SwitchState(facts.access == "on", self._wanted.reason))

    def _set(self, state: SwitchState) -> None:
        if state != self._told:
            self._told = state
            self.state.set(state)
        self.status("ok", f"{'on' if state.on else 'off'}: {state.reason}")

    def _check_current(self, wanted_a: float | None, until_s: float) -> None:
        facts = self._facts_if_any()
        told_a = None if facts is None else facts.override_current_a
        if told_a == (wanted_a or 0.0):
            return
        if self.clock.monotonic() >= until_s:
            told = "nothing" if told_a is None else f"{told_a:g} A"
            self.status("warn", f"does not take {wanted_a} A as its current, tells {told}")
            raise DeviceError(
                f"{self.config.name_on_network}: does not take the current that was asked for, "
                f"tells {told}; is it in solar mode, or fed by another SmartEVSE?"
            )
        self.after(_LOOKS_EVERY_S, lambda: self._check_current(wanted_a, until_s))

    def _act_in(self, seconds: float) -> None:
        self._cancel()
        self._timer = self.after(seconds, self._act)

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def _follows(facts: EvseFacts, wanted: SwitchRequest) -> bool:
    """Return whether access is what is wanted; paused is neither on nor off."""
    return facts.access == ("on" if wanted.on else "off")
