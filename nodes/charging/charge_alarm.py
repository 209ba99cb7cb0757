"""Raise an alarm when meter, EVSE and switch do not agree.

```yaml
alarm:
  type: charge-alarm
  from:
    meter: meter
    evse: evse_state
    switch: evse
```

Each alarm is a fault of this node while it lasts, and a message on `out` when it begins and when it
is over. Nothing is switched: the EVSE keeps people safe, this node tells them.

| fault | what is seen |
|---|---|
| `power-while-off` | more than `power_w` flows while the switch is off: a contactor that is stuck |
| `power-without-charging` | more than `power_w` flows while the EVSE says that nothing does |
| `charging-without-power` | the EVSE says that it charges, and for `idle_for` no power flows |
| `dark-with-access` | the LED stays dark though the switch is on: a wire that is cut |
| `light-without-access` | the LED is lit though the switch is off |
| `bad-line` | the LED's line makes no sense, or the network is away; the text says what is wrong |

An input that is not wired, or not known just now, neither begins an alarm nor ends one.
"""

from dataclasses import replace
from typing import Final

from pydantic import Field

from oppleo_flow import Example, Node, NodeConfig, Out, Seconds, Timer
from oppleo_flow.charging import alarms
from oppleo_flow.charging.alarms import RULES, Limits, Seen, words
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    Notification,
    SwitchState,
)
from oppleo_flow.wording import wording

_ROUNDING_S: Final = 0.01
"""A timer may ring this much too early for who looks at the clock then."""


class ChargeAlarmConfig(NodeConfig):
    """Settings of a `charge-alarm` node."""

    power_w: float = Field(
        200.0, gt=0, le=5000, description="More power than this counts as flowing."
    )
    idle_w: float = Field(50.0, gt=0, le=1000, description="Less power than this counts as none.")
    idle_for: Seconds = Field(
        "60s",
        validate_default=True,
        ge=10,
        le=3600,
        description="How long power and the EVSE's word may disagree.",
    )
    hold: Seconds = Field(
        "15s",
        validate_default=True,
        ge=5,
        le=600,
        description="How long the LED may disagree with the switch, or make no sense.",
    )


class ChargeAlarm(Node[ChargeAlarmConfig]):
    """Raise an alarm when meter, EVSE and switch do not agree.

    Input:
        `meter`: a `MeterReading`, or a `MeterUnknown`.
        `evse`: an `EvseState`, or an `EvseUnknown`.
        `switch`: a `SwitchState`.

    Output:
        `out`: a `Notification` when an alarm begins, of high priority, and when it is over.

    Raises:
        Nothing.  Alarms are faults of the node.

    Source:
        How long a car may take to stop: the state machine of the SmartEVSE firmware.
    """

    type_name = "charge-alarm"
    icon = "bell"
    optional_inputs = frozenset({"meter", "evse", "switch"})
    # The port hides the method of this name, for which this node has no use.
    out: Out[Notification]  # type: ignore[assignment]
    examples = [
        Example(
            send={
                "switch": SwitchState(on=True, reason="session of 'family'"),
                "evse": EvseState.sample(signal=EvseSignal.CHARGING),
                "meter": MeterReading.sample(),
            },
            advance=120.0,
            expect={"out": []},
            doc="All agree.",
        ),
        Example(
            send={
                "switch": SwitchState(on=True, reason="session of 'family'"),
                "evse": EvseState.sample(signal=EvseSignal.ACCESS_OFF),
            },
            advance=16.0,
            expect={
                "out": Notification(
                    "The EVSE's LED stays dark",
                    "the EVSE's LED stays dark though there is access: has the EVSE mains, is the "
                    "wire at LED cut or on another colour, that at SW on, menu Switch on "
                    "'Access S'?",
                    1,
                    event="fault",
                    key="node.dark-with-access",
                    state="raised",
                )
            },
            doc="The switch is on, and the LED stays dark.",
        ),
    ]

    def start(self) -> None:
        """Wait for what is told."""
        config = self.config
        self._limits = Limits(config.power_w, config.idle_w, config.idle_for, config.hold)
        self._seen = Seen()
        self._reading: MeterReading | None = None
        self._read_at_s = 0.0
        self._idle_since_s: float | None = None
        self._may_flow = False
        self._raised: dict[str, tuple[str, str]] = {}
        self._timer: Timer | None = None
        self._english, self._say = wording("en"), wording(self.site.language)
        self.status("ok", "no alarm")

    def on_meter(self, meter: MeterReading | MeterUnknown) -> None:
        """Take a reading; while the meter is silent its power is not known."""
        if isinstance(meter, MeterUnknown):
            self._reading, self._idle_since_s = None, None
            return
        self._reading, self._read_at_s = meter, self.clock.monotonic()
        idle = meter.power_w < self._limits.idle_w
        if not idle:
            self._idle_since_s = None
        elif self._idle_since_s is None:
            self._idle_since_s = self._read_at_s
        # Most readings are as they should be, and there are many: they are not looked at further.
        flows = meter.power_w > self._limits.power_w
        if self._raised or (idle if self._may_flow else flows):
            self._look()

    def on_evse(self, evse: EvseState | EvseUnknown) -> None:
        """Take what the EVSE says."""
        if _kind(evse) != _kind(self._seen.evse):
            self._seen = replace(self._seen, evse_since_s=self.clock.monotonic())
        self._seen = replace(self._seen, evse=evse)
        self._look_now_and_later()

    def on_switch(self, switch: SwitchState) -> None:
        """Take what the switch does."""
        before = self._seen.switch
        if before is None or before.on is not switch.on:
            self._seen = replace(self._seen, switch_since_s=self.clock.monotonic())
        self._seen = replace(self._seen, switch=switch)
        self._look_now_and_later()

    def _look_now_and_later(self) -> None:
        switch, evse = self._seen.switch, self._seen.evse
        charging = isinstance(evse, EvseState) and evse.charging
        self._may_flow = charging and (switch is None or switch.on)
        self._look()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.after(self._limits.hold_s + _ROUNDING_S, self._look)

    def _look(self) -> None:
        """Begin and end alarms."""
        now_s = self.clock.monotonic()
        seen = replace(
            self._seen,
            reading=self._reading,
            read_at_s=self._read_at_s,
            idle_since_s=self._idle_since_s,
        )
        for code, rule in RULES.items():
            wrong = rule(seen, self._limits, now_s)
            if wrong is True and code not in self._raised:
                self._begin(code, seen)
            elif wrong is False and code in self._raised:
                self._end(code)

    def _begin(self, code: str, seen: Seen) -> None:
        text = words(code, seen, self._limits, self._english)
        told = words(code, seen, self._limits, self._say)
        self._raised[code] = (text, told)
        self.fault(code, text)
        self.status("fault", text)
        self.out.send(alarms.raised(self.id, code, told, self._say))

    def _end(self, code: str) -> None:
        _, told = self._raised.pop(code)
        self.clear(code)
        left = [text for text, _ in self._raised.values()]
        self.status("fault" if left else "ok", left[0] if left else "no alarm")
        self.out.send(alarms.over(self.id, code, told, self._say))


def _kind(evse: EvseState | EvseUnknown | None) -> object:
    """Return what makes a state another one, whatever else of it changes."""
    return evse.signal if isinstance(evse, EvseState) else evse and evse.code
