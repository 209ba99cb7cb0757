"""Switch a SmartEVSE on and off: the wire to its terminal SW.

```yaml
evse:
  type: evse-switch
  from: offpeak
  gpio: pins              # a connection of type gpio
  pin: 5
  safe: off
  stale_after: 90s
```

Set the SmartEVSE's menu *Switch* to the access switch that follows a level (`Access S`; 2 on
version 2): low is access, high or open is none. Wire it so that whatever dies leaves SW open: an
optocoupler between them, its light from 3.3 V through 470 Ω into the pin, its transistor from SW to
the GND of the SmartEVSE. Take GPIO 4, 5 or 6, which are pulled up while the Raspberry Pi boots.

The pin is read back after each change; one that does not follow is an error. It starts without
access, and goes there when the flow stops, when this node fails and when its input is stale.

Taking access away never waits. Giving it back does, until it was off for `dwell`: the car must see
that it went, and the contactor lives longer. Whoever switches it on more than `most_per_day` times
in 24 hours has a fault somewhere; so has this node then, and stays off until the day is over.
`keep: durable` lets both count on over a restart.
"""

import functools
from collections.abc import Iterable, Sequence
from typing import Final

from pydantic import Field

from oppleo_flow import (
    Actuator,
    Claim,
    DeviceError,
    Example,
    Instant,
    Level,
    NodeConfig,
    Ref,
    SafePin,
    Seconds,
    Timer,
)
from oppleo_flow.clock import earlier
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import SwitchRequest, SwitchState

_DAY_S: Final = 24 * 3600.0
_WORN: Final = "too-many-switchings"
_AS_GOOD_AS_OVER_S: Final = 0.001
"""What rounding leaves of a wait is none."""


class EvseSwitchConfig(NodeConfig):
    """Settings of an `evse-switch` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the switch is on.")
    pin: int = Field(5, ge=0, le=27, description="BCM number of the pin at SW.")
    active_low: bool = Field(True, description="Whether a low pin means access.")
    dwell: Seconds = Field(
        "30s",
        validate_default=True,
        le=3600,
        description="How long it stays off at least, once it was on.",
    )
    most_per_day: int = Field(
        100, ge=1, le=10_000, description="How often it may be switched on within 24 hours."
    )


class EvseSwitch(Actuator[EvseSwitchConfig]):
    """Switch a SmartEVSE on and off.

    Input:
        A `SwitchRequest`.

    Output:
        `state`: a `SwitchState`, read back from the pin, with the reason of the request, or with
        that for which it waits.

    Raises:
        DeviceError: The pin does not follow; it is driven to the safe level then.  To be switched
            on too often is the fault `too-many-switchings`, until 24 hours have fewer of it.

    Source:
        SmartEVSE manual, menu Switch.
    """

    type_name = "evse-switch"
    icon = "switch"
    safe_levels = ("off",)
    state: Level[SwitchState]
    off_since: Instant | None = None
    """When it was switched off after it had been on; None: it was not."""
    switched_on: tuple[Instant, ...] = ()
    """When it was switched on within the last 24 hours."""
    _chip: GpioChip | None = None
    _waiting: Timer | None = None
    examples = [
        Example(
            config={"gpio": "pins"},
            send=SwitchRequest(on=True, reason="session of 'family'"),
            expect={
                "state": [
                    SwitchState(on=False, reason="start"),
                    SwitchState(on=True, reason="session of 'family'"),
                ]
            },
        ),
    ]

    def start(self) -> None:
        """Claim the pin, without access."""
        chip = self.use(self.config.gpio)
        chip.claim_output(self.config.pin, high=self._level(on=False))
        self._chip = chip
        if self.switched_on and self.off_since is None:
            # It was on when the machine died, and who was plugged in saw it go just now.
            self.off_since = self.clock.instant()
        elif self.off_since is not None:
            self.off_since = self._in_this_boot(self.off_since)
        self.switched_on = tuple(self._in_this_boot(at) for at in self.switched_on)
        self._tell("start")

    def stop(self, reason: StopReason) -> None:
        """Let go of the pin, which keeps its level."""
        if self._chip is not None:
            self._chip.release(self.config.pin)
            self._chip = None

    def on_message(self, request: SwitchRequest) -> None:
        """Switch, at once or when it has been off for long enough."""
        self._forget_waiting()
        if not request.on or self._is_on:
            self._switch(request.on, request.reason)
        else:
            self._switch_on(request.reason)

    def go_safe(self, reason: str) -> None:
        """Take access away."""
        self._forget_waiting()
        if self._chip is not None:
            self._switch(False, reason)

    @classmethod
    def claims(cls, config: EvseSwitchConfig) -> Iterable[Claim]:
        """Return the pin."""
        return [Claim.of_pin(config.pin, "SW")]

    @classmethod
    def safe_pins(cls, config: EvseSwitchConfig, safe: str) -> Sequence[SafePin]:
        """Return the pin at the level that means no access."""
        return [SafePin(config.pin, high=config.active_low, within=config.gpio)]

    def _in_this_boot(self, at: Instant) -> Instant:
        """Return a moment of before, counted from now: a clock that woke up early moves it on."""
        return earlier(self.clock.instant(), self.clock.since(at))

    def _level(self, *, on: bool) -> bool:
        """Return the level of the pin that means `on`."""
        return on is not self.config.active_low

    def _switch_on(self, reason: str) -> None:
        """Give access, unless that would be too soon or too often."""
        wait_s = self._dwell_left_s()
        if wait_s > _AS_GOOD_AS_OVER_S:
            self._waiting = self.after(wait_s, functools.partial(self._switch_on, reason))
            self._tell(f"waits until it was off for {self.config.dwell:.0f} s: {reason}")
            return
        day = [at for at in self.switched_on if self.clock.since(at) < _DAY_S]
        if len(day) >= self.config.most_per_day:
            again_s = _DAY_S - self.clock.since(day[0])
            self.after(again_s, functools.partial(self.clear, _WORN))
            self.fault(
                _WORN,
                f"switched on {len(day)} times within 24 h, as often as it may; it stays off for "
                f"{again_s / 3600:.1f} h: look in the log for what asks for it so often",
            )
            return
        self._switch(True, reason)
        self.switched_on = (*day, self.clock.instant())
        self.off_since = None

    def _dwell_left_s(self) -> float:
        if self.off_since is None:
            return 0.0
        return self.config.dwell - self.clock.since(self.off_since)

    def _forget_waiting(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _switch(self, on: bool, reason: str) -> None:
        chip, pin = self._claimed, self.config.pin
        was_on = self._is_on
        wanted = self._level(on=on)
        chip.write(pin, wanted)
        if was_on and not on:
            self.off_since = self.clock.instant()
        if chip.read(pin) is not wanted:
            raise DeviceError(
                f"GPIO {pin}: reads {'low' if wanted else 'high'} after it was driven "
                f"{'high' if wanted else 'low'}; is something else driving it, or shorting it?"
            )
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        state = SwitchState(self._is_on, reason)
        if state != self.state.value:
            self.state.set(state)
            self.status("ok", f"{'on' if state.on else 'off'}: {reason}")

    @property
    def _is_on(self) -> bool:
        return self._claimed.read(self.config.pin) is self._level(on=True)

    @property
    def _claimed(self) -> GpioChip:
        if self._chip is None:
            raise DeviceError(f"GPIO {self.config.pin}: not claimed; the node did not start")
        return self._chip
