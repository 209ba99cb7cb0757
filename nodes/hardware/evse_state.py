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

The wire is read as it is, dark and steady light too. A state is told when the LED has shown
enough of it, within three seconds, and says how sure that is; times may be off by a fifth. What
makes no sense for that long is *unknown*. On boards where a lit LED pulls the wire low, set
`active_low`.

No access does not tell whether a car is plugged in. A wire that is cut looks dark, so it never
makes up a car; the node `charge-alarm` notices that it stays dark though there is access. On
version 3, with its coloured LED, join the wires of the colours first.

What is wrong with a line is named in `code` of the unknown state, and `reason` tells what to check:

| code | what is seen |
|---|---|
| `not-seen-yet` | too little yet to tell anything |
| `wrong-polarity` | what should be dim is bright; that is remembered until the line makes sense |
| `one-colour` | never fully lit: the wire is on one colour of version 3 |
| `no-rhythm` | something that no SmartEVSE does |
| `flapping` | the same state comes again and again within a minute |
| `starved` | the machine was too busy to look often enough |
| `unreadable` | the pin cannot be read |
"""

import functools
import time
from collections import deque
from collections.abc import Iterable
from datetime import datetime
from queue import Empty, SimpleQueue
from typing import Final

from pydantic import Field

from oppleo_flow import Claim, DeviceError, Example, Level, Node, NodeConfig, Ref
from oppleo_flow.devices.evse_envelope import NOT_YET, WRONG_POLARITY, LineSays
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown

_CHECK_EVERY_S = 30.0
_SILENT_AFTER_S = 5.0
_PROBE_S = 5.0
_SILENT: Final = "line-silent"
_FLAPS = 6
_FLAPS_WITHIN_S = 60.0
_QUIET_AFTER_S = 20.0
_FLAPPING: Final = LineSays(
    None,
    code="flapping",
    reason=f"the same state has come {_FLAPS} times within a minute: check the plug, the cable "
    "and whether the car wakes and sleeps in turns",
)
_UPSIDE_DOWN_AS_WELL = frozenset(
    {EvseSignal.ACCESS_OFF, EvseSignal.CONNECTED, EvseSignal.CHARGING, EvseSignal.CHARGING_SOLAR}
    | {EvseSignal.ERROR}
)
"""Signals that look upside down like another one, or the same: they do not tell."""


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
        `state`: an `EvseState` with the moment since when, or an `EvseUnknown` with what is wrong.

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
                "state": [
                    EvseUnknown.sample(code="not-seen-yet"),
                    EvseState.sample(signal=EvseSignal.ACCESS_OFF),
                ]
            },
        )
    ]

    def start(self) -> None:
        """Begin to watch the wire."""
        self._upside_down = False
        self._came: deque[tuple[float, EvseSignal]] = deque()
        self._last: EvseSignal | None = None
        self._says = NOT_YET
        self._silent = False
        self._tell(NOT_YET)
        self._line = self.use(self.config.gpio).evse_line(
            self.config.pin, inverted=self.config.active_low, changed=self._line_changed
        )
        self.every(_CHECK_EVERY_S, self._check)

    def stop(self, reason: StopReason) -> None:
        """Stop watching."""
        if reason == "stop":
            self._line.close()
        self.use(self.config.gpio).release(self.config.pin)

    def probe(self) -> str:
        """Look at the wire until it says something, for a few seconds."""
        chip, pin = self.use(self.config.gpio), self.config.pin
        heard: SimpleQueue[LineSays] = SimpleQueue()
        line = chip.evse_line(pin, inverted=self.config.active_low, changed=heard.put)
        try:
            says = _first_sense(heard)
        finally:
            line.close()
            chip.release(pin)
        if says.signal is None:
            raise DeviceError(f"GPIO {pin}: {says.reason}")
        return f"GPIO {pin}: the LED line says {says.signal.value}"

    @classmethod
    def claims(cls, config: EvseStateConfig) -> Iterable[Claim]:
        """Return the pin."""
        return [Claim.of_pin(config.pin, "LED")]

    def _line_changed(self, says: LineSays) -> None:
        """Take what the line says now; called from a thread of the line's own."""
        self.after(0, functools.partial(self._judge, says))

    def _judge(self, says: LineSays) -> None:
        """Tell what the line says, unless what it said before speaks against it."""
        self._says = says
        if says.code == WRONG_POLARITY.code:
            self._upside_down = True
        elif says.signal is not None and says.signal not in _UPSIDE_DOWN_AS_WELL:
            self._upside_down = False
        if self._upside_down:
            self._tell(WRONG_POLARITY)
        elif self._flaps(says.signal):
            self._tell(_FLAPPING)
            self.after(_QUIET_AFTER_S, self._judge_again)
        else:
            self._tell(says)

    def _judge_again(self) -> None:
        self._judge(self._says)

    def _flaps(self, signal: EvseSignal | None) -> bool:
        """Return whether a state comes again and again; a line that rests is believed again."""
        now_s = self.clock.monotonic()
        came = self._came
        if signal is not None and signal is not self._last:
            self._last = signal
            came.append((now_s, signal))
        while came and came[0][0] <= now_s - _FLAPS_WITHIN_S:
            came.popleft()
        if came and now_s - came[-1][0] >= _QUIET_AFTER_S:
            came.clear()
        signals = [signal for _, signal in came]
        return any(signals.count(one) >= _FLAPS for one in set(signals))

    def _tell(self, says: LineSays) -> None:
        if says.signal is None:
            self._tell_unknown(says.code, says.reason)
            return
        state = EvseState(says.signal, self._since(says.signal), says.confidence)
        if state != self.state.value:
            self.state.set(state)
            self.status("ok", says.signal.value)

    def _tell_unknown(self, code: str, reason: str) -> None:
        told = self.state.value
        if isinstance(told, EvseUnknown) and (told.code, told.reason) == (code, reason):
            return
        self.state.set(EvseUnknown(self.clock.now(), reason, code))
        self.status("warn", f"unknown: {reason}")

    def _since(self, signal: EvseSignal) -> datetime:
        told = self.state.value
        same = isinstance(told, EvseState) and told.signal is signal
        return told.since if same and told is not None else self.clock.now()

    def _check(self) -> None:
        """See that somebody still looks at the wire: what was seen last is not what is."""
        silent_s = self._line.silent_s()
        if silent_s > _SILENT_AFTER_S and not self._silent:
            self._silent = True
            text = f"GPIO {self.config.pin}: not read for {silent_s:.0f} s"
            self._tell_unknown(_SILENT, text)
            self.fault(_SILENT, text)
        elif silent_s <= _SILENT_AFTER_S and self._silent:
            self._silent = False
            self.clear(_SILENT)
            self._judge_again()


def _first_sense(heard: "SimpleQueue[LineSays]") -> LineSays:
    """Return the first signal that a line tells; the last thing it said, where it tells none."""
    says = NOT_YET
    end_s = time.monotonic() + _PROBE_S
    while says.signal is None and (left_s := end_s - time.monotonic()) > 0:
        try:
            says = heard.get(timeout=left_s)
        except Empty:
            break
    return says
