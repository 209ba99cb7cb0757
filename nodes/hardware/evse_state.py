"""Read the state of a SmartEVSE from its LED.

```yaml
evse_state:
  type: evse-state
  gpio: pins              # a connection of type gpio
  pin: 6
```

The wire at the SmartEVSE's terminal LED carries what its LED shows: dark without access, dim while
it waits for a car, steady with a car that does not charge, slow waves while it charges (slower in
solar mode), short flashes while it waits for current or sun, fast blinking for an error.

The wire is read as it is, dark and steady light too. A state is told when the LED has shown a
full period of it, after 1.5 to 4 seconds; what makes no sense for that long is *unknown*. On
boards where a lit LED pulls the wire low, set `active_low`.

No access does not tell whether a car is plugged in. On version 3, with its coloured LED, join
the wires of the colours first.
"""

import functools
from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, Example, Level, Node, NodeConfig, Ref
from oppleo_flow.devices.evse_envelope import NOTHING_SEEN
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown

_CHECK_EVERY_S = 30.0
_SILENT_AFTER_S = 5.0
_SILENT = "line-silent"


class EvseStateConfig(NodeConfig):
    """Settings of an `evse-state` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the wire is on.")
    pin: int = Field(6, ge=0, le=27, description="BCM number of the pin at LED.")
    active_low: bool = Field(False, description="Whether the pin is low while the LED is lit.")


class EvseStateReader(Node[EvseStateConfig]):
    """Read the state of a SmartEVSE from its LED.

    Input:
        None.

    Output:
        `state`: an `EvseState` with the moment since when, or an `EvseUnknown`.

    Raises:
        DeviceError: At the start: the pin cannot be claimed.  A pin that cannot be read later is
            the fault `line-silent`, until it can.

    Source:
        The LED routine of the SmartEVSE firmware, versions 2 and 3.
    """

    type_name = "evse-state"
    icon = "pulse"
    state: Level[EvseState | EvseUnknown]
    examples = [
        Example(
            config={"gpio": "pins"},
            expect={
                "state": [EvseUnknown.sample(), EvseState.sample(signal=EvseSignal.ACCESS_OFF)]
            },
        )
    ]

    def start(self) -> None:
        """Begin to watch the wire."""
        self.state.set(EvseUnknown(self.clock.now(), NOTHING_SEEN))
        self._line = self.use(self.config.gpio).evse_line(
            self.config.pin, inverted=self.config.active_low, changed=self._line_changed
        )
        self._silent = False
        self.every(_CHECK_EVERY_S, self._check)

    def stop(self, reason: StopReason) -> None:
        """Stop watching."""
        if reason == "stop":
            self._line.close()
        self.use(self.config.gpio).release(self.config.pin)

    def probe(self) -> str:
        """Read the pin once."""
        chip, pin = self.use(self.config.gpio), self.config.pin
        chip.claim_input(pin, pull="up")
        try:
            return f"GPIO {pin} is {'high' if chip.read(pin) else 'low'}"
        finally:
            chip.release(pin)

    @classmethod
    def claims(cls, config: EvseStateConfig) -> Iterable[Claim]:
        """Return the pin."""
        return [Claim.of_pin(config.pin, "LED")]

    def _line_changed(self, signal: EvseSignal | None, reason: str) -> None:
        """Take what the line says now; called from a thread of the line's own."""
        self.after(0, functools.partial(self._tell, signal, reason))

    def _tell(self, signal: EvseSignal | None, reason: str) -> None:
        now = self.clock.now()
        if signal is None:
            self.state.set(EvseUnknown(now, reason))
            self.status("warn", f"unknown: {reason}")
        else:
            self.state.set(EvseState(signal, now))
            self.status("ok", signal.value)

    def _check(self) -> None:
        """See that somebody still looks at the wire: what was seen last is not what is."""
        silent_s = self._line.silent_s()
        if silent_s > _SILENT_AFTER_S and not self._silent:
            self._silent = True
            text = f"GPIO {self.config.pin}: not read for {silent_s:.0f} s"
            self._tell(None, text)
            self.fault(_SILENT, text)
        elif silent_s <= _SILENT_AFTER_S and self._silent:
            self._silent = False
            self.clear(_SILENT)
