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
version 2): low is access, high or open is none. Wire it so that no current means no access.

The pin is read back after each change; one that does not follow is an error. It starts without
access, and goes there when the flow stops, when this node fails and when its input is stale.
"""

from collections.abc import Iterable, Sequence

from pydantic import Field

from oppleo_flow import Actuator, Claim, DeviceError, Example, Level, NodeConfig, Ref, SafePin
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import SwitchRequest, SwitchState


class EvseSwitchConfig(NodeConfig):
    """Settings of an `evse-switch` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the switch is on.")
    pin: int = Field(5, ge=0, le=27, description="BCM number of the pin at SW.")
    active_low: bool = Field(True, description="Whether a low pin means access.")


class EvseSwitch(Actuator[EvseSwitchConfig]):
    """Switch a SmartEVSE on and off.

    Input:
        A `SwitchRequest`.

    Output:
        `state`: a `SwitchState`, read back from the pin, with the reason of the request.

    Raises:
        DeviceError: The pin does not follow; it is driven to the safe level then.

    Source:
        SmartEVSE manual, menu Switch.
    """

    type_name = "evse-switch"
    icon = "switch"
    safe_levels = ("off",)
    state: Level[SwitchState]
    _chip: GpioChip | None = None
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
        self._tell("start")

    def stop(self, reason: StopReason) -> None:
        """Let go of the pin, which keeps its level."""
        if self._chip is not None:
            self._chip.release(self.config.pin)
            self._chip = None

    def on_message(self, request: SwitchRequest) -> None:
        """Switch."""
        self._switch(request.on, request.reason)

    def go_safe(self, reason: str) -> None:
        """Take access away."""
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

    def _level(self, *, on: bool) -> bool:
        """Return the level of the pin that means `on`."""
        return on is not self.config.active_low

    def _switch(self, on: bool, reason: str) -> None:
        chip, pin = self._claimed, self.config.pin
        wanted = self._level(on=on)
        chip.write(pin, wanted)
        if chip.read(pin) is not wanted:
            raise DeviceError(
                f"GPIO {pin}: reads {'low' if wanted else 'high'} after it was driven "
                f"{'high' if wanted else 'low'}; is something else driving it, or shorting it?"
            )
        self._tell(reason)

    def _tell(self, reason: str) -> None:
        on = self._claimed.read(self.config.pin) is self._level(on=True)
        self.state.set(SwitchState(on, reason))
        self.status("ok", f"{'on' if on else 'off'}: {reason}")

    @property
    def _claimed(self) -> GpioChip:
        if self._chip is None:
            raise DeviceError(f"GPIO {self.config.pin}: not claimed; the node did not start")
        return self._chip
