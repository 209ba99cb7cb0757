"""Compare what a SmartEVSE's LED shows with what it says over the network, and with the switch.

```yaml
cross_check:
  type: evse-cross-check
  from:
    led: evse_led           # a node of type evse-state
    network: evse_network   # a node of type smart-evse
    switch: evse            # the evse-switch; it may be left out
```

The wire gives access and fails closed, the network tells the truth about it: this node watches that
they agree. Where they do not for longer than `tolerance`, that is a fault of this node and a
message on `out`; when they agree again, the fault is over, and that is told too.

| fault | what is seen, and what to check |
|---|---|
| `led-and-network` | the LED's wire: is it cut, on one colour only, or on another SmartEVSE? |
| `switch-and-network` | the wire to SW: is it cut? Is the menu *Switch* set to `Access S`? |

What is not known is told in the status, and is no disagreement: it neither begins one nor ends one.
The time that they have disagreed for is kept meanwhile, so that a network that is away now and then
hides nothing.
Charging by the sun and charging otherwise is the same here, and the LED's short flashes go with a
car that waits as with none. Nothing is switched: the switch's wire stays what gives access.
"""

import functools
from collections.abc import Callable

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Seconds, Timer
from oppleo_flow.charging import alarms
from oppleo_flow.charging.cross_check import led_and_network, switch_and_network
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    Notification,
    SwitchState,
)
from oppleo_flow.wording import Wording, wording


class EvseCrossCheckConfig(NodeConfig):
    """Settings of an `evse-cross-check` node."""

    tolerance: Seconds = Field(
        "20s",
        validate_default=True,
        ge=5,
        le=600,
        description="How long they may disagree: each hears of a change in its own time.",
    )


class EvseCrossCheck(Node[EvseCrossCheckConfig]):
    """Compare an EVSE's LED with its word over the network, and with the switch.

    Input:
        `led`: an `EvseState` or `EvseUnknown` of the LED's wire.
        `network`: the same, as the EVSE itself tells it.
        `switch`: a `SwitchState`; it may be left unwired.

    Output:
        `out`: a `Notification` when a disagreement has lasted, of high priority, and when it ends.

    Raises:
        Nothing.  Disagreements are faults of the node.

    Source:
        The LED routine of the SmartEVSE firmware.
    """

    type_name = "evse-cross-check"
    icon = "scale"
    optional_inputs = frozenset({"switch"})
    # The port hides the method of this name, for which this node has no use.
    out: Out[Notification]  # type: ignore[assignment]
    examples = [
        Example(
            send={
                "led": EvseState.sample(signal=EvseSignal.CHARGING),
                "network": EvseState.sample(signal=EvseSignal.CHARGING_SOLAR),
                "switch": SwitchState(on=True, reason="session of 'family'"),
            },
            advance=60.0,
            expect={"out": []},
            doc="All agree.",
        ),
        Example(
            send={
                "led": EvseState.sample(signal=EvseSignal.ACCESS_OFF),
                "network": EvseState.sample(signal=EvseSignal.CHARGING),
            },
            advance=20.0,
            expect={
                "out": Notification(
                    "The EVSE's LED and its word disagree",
                    "the LED shows access-off, over the network it says charging",
                    1,
                    event="fault",
                    key="node.led-and-network",
                    state="raised",
                )
            },
            doc="The LED stays dark, and the SmartEVSE says that it charges.",
        ),
    ]

    def start(self) -> None:
        """Wait for what is told."""
        self._led: EvseState | EvseUnknown | None = None
        self._network: EvseState | EvseUnknown | None = None
        self._switch: SwitchState | None = None
        self._counting: dict[str, tuple[Timer, float]] = {}
        self._left_s: dict[str, float] = {}
        self._raised: dict[str, tuple[str, str]] = {}
        self._english, self._say = wording("en"), wording(self.site.language)
        self._checks: dict[str, Callable[[Wording], str | None]] = {
            "led-and-network": lambda say: led_and_network(self._led, self._network, say),
            "switch-and-network": lambda say: switch_and_network(self._switch, self._network, say),
        }
        self._show()

    def on_led(self, led: EvseState | EvseUnknown) -> None:
        """Take what the LED shows."""
        self._led = led
        self._compare()

    def on_network(self, network: EvseState | EvseUnknown) -> None:
        """Take what the EVSE says."""
        self._network = network
        self._compare()

    def on_switch(self, switch: SwitchState) -> None:
        """Take what the switch does."""
        self._switch = switch
        self._compare()

    def _compare(self) -> None:
        for code, check in self._checks.items():
            differs = check(self._english)
            if differs:
                self._count(code)
                continue
            self._pause(code)
            if differs == "":
                self._left_s.pop(code, None)
                self._end(code)
        self._show()

    def _count(self, code: str) -> None:
        """Let the time run until a disagreement has lasted."""
        if code not in self._raised and code not in self._counting:
            left_s = self._left_s.pop(code, self.config.tolerance)
            timer = self.after(left_s, functools.partial(self._begin, code))
            self._counting[code] = (timer, self.clock.monotonic() + left_s)

    def _pause(self, code: str) -> None:
        """Keep how much time is left."""
        counting = self._counting.pop(code, None)
        if counting is not None:
            timer, end_s = counting
            timer.cancel()
            self._left_s[code] = max(0.0, end_s - self.clock.monotonic())

    def _begin(self, code: str) -> None:
        del self._counting[code]
        text = self._checks[code](self._english)
        told = self._checks[code](self._say)
        if not text or not told:  # it was about to be compared anew
            return
        self._raised[code] = (text, told)
        self.fault(code, text)
        self.out.send(alarms.raised(self.id, code, told, self._say))
        self._show()

    def _end(self, code: str) -> None:
        raised = self._raised.pop(code, None)
        if raised is None:
            return
        self.clear(code)
        self.out.send(alarms.over(self.id, code, raised[1], self._say))

    def _show(self) -> None:
        sides = (("LED", self._led), ("network", self._network))
        unknown = [
            f"{name} unknown: {seen.reason if seen else 'nothing heard yet'}"
            for name, seen in sides
            if not isinstance(seen, EvseState)
        ]
        if self._raised:
            self.status(
                "fault", "; ".join([*(text for text, _ in self._raised.values()), *unknown])
            )
        elif unknown:
            self.status("warn", "; ".join(unknown))
        elif self._counting:
            self.status("busy", "they differ just now")
        else:
            self.status("ok", "they agree")
