"""Show how the charge point is with a coloured LED.

```yaml
led:
  type: rgb-led
  from: [evse_state, session.status, authorise.rejected, offpeak.hours, troubles.fault]
  gpio: pins              # a connection of type gpio
  red: 13
  green: 12
  blue: 16
  safe: off
```

| setting | default | what it says |
|---|---|---|
| `rejected` | red, for 400 ms | this card was refused |
| `error` | red | the EVSE has an error, or a node is in fault |
| `charging` | blue, breathing | charging |
| `plug_in` | yellow, blinking | a session is open, and no car is plugged in |
| `ready` | yellow | a session is open, and nothing is charged now |
| `cheap` | green, breathing slowly | free, and charging is cheap now |
| `available` | green | free |
| | dark | not known yet, or the flow does not run |

What stands higher goes first. Each is a setting: a colour alone, or with its pattern:

```yaml
charging: {colour: white, pattern: breathe, period: 4s, brightness: 50%}
error: {colour: red, pattern: blink, period: 1s}
available: "#003300"
```

It is red as long as something is wrong, and no longer. `troubles` above is a `switch` that lets
faults and their ends pass, from `flow.status`. Charging is cheap while an `offpeak-gate` says so
with its output `hours`, or while the price of a `price-source` is among the cheapest of its day:
`cheap_share` of them.

The pins are for an LED with a common cathode, at GND, and a resistor in each colour; set
`active_low` for one with a common anode, at 3.3 V.
"""

from collections.abc import Iterable, Sequence
from typing import Self

from pydantic import Field, model_validator

from oppleo_flow import (
    Actuator,
    Claim,
    Example,
    Level,
    NodeConfig,
    Ref,
    SafePin,
    Seconds,
    Share,
    Timer,
)
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.devices.lamp import Lamp, Look, LookOption
from oppleo_flow.flow_events import NodeChanged
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    OffPeak,
    PriceNow,
    PriceUnknown,
    Rejected,
    SessionStatus,
)

_OFF = LedState("off", 0, 0, 0, "off")
_SOLID_S = 2.0


class RgbLedConfig(NodeConfig):
    """Settings of an `rgb-led` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the LED is on.")
    red: int = Field(13, ge=0, le=27, description="BCM number of the red pin.")
    green: int = Field(12, ge=0, le=27, description="BCM number of the green pin.")
    blue: int = Field(16, ge=0, le=27, description="BCM number of the blue pin.")
    active_low: bool = Field(False, description="Whether a low pin lights a colour.")
    available: LookOption = Field("green", validate_default=True, description="Nobody charges.")
    cheap: LookOption = Field(
        {"colour": "green", "pattern": "breathe", "period": "6s"},
        validate_default=True,
        description="Nobody charges, and it would be cheap now.",
    )
    ready: LookOption = Field(
        "yellow",
        validate_default=True,
        description="A session is open, and nothing is charged now.",
    )
    plug_in: LookOption = Field(
        {"colour": "yellow", "pattern": "blink", "period": "1s"},
        validate_default=True,
        description="A session is open, and no car is plugged in.",
    )
    charging: LookOption = Field(
        {"colour": "blue", "pattern": "breathe", "period": "2s"},
        validate_default=True,
        description="It charges.",
    )
    error: LookOption = Field("red", validate_default=True, description="Something is wrong.")
    rejected: LookOption = Field(
        {"colour": "red", "pattern": "flash", "period": "2s"},
        validate_default=True,
        description="This card was refused.",
    )
    pulse_min: Share = Field(
        "3%", validate_default=True, le=1, description="Darkest of the breathing."
    )
    pulse_max: Share = Field(
        "98%", validate_default=True, le=1, description="Brightest of the breathing."
    )
    flash: Seconds = Field(
        "400ms",
        validate_default=True,
        gt=0,
        le=10,
        description="How long it says that a card was refused.",
    )
    cheap_share: Share = Field(
        "25%",
        validate_default=True,
        le=1,
        description="Which part of a day's prices, the lowest ones, is cheap.",
    )

    @model_validator(mode="after")
    def _it_breathes(self) -> Self:
        if self.pulse_min >= self.pulse_max:
            raise ValueError(
                f"pulse_min must be less than pulse_max, "
                f"got {self.pulse_min:.0%} and {self.pulse_max:.0%}"
            )
        return self


class RgbLed(Actuator[RgbLedConfig]):
    """Show how the charge point is with a coloured LED.

    Input:
        A `SessionStatus`, the `EvseState` or `EvseUnknown` of the EVSE, a `Rejected` card; an
        `OffPeak`, a `PriceNow` or a `PriceUnknown`; a `NodeChanged`, of which a fault and its end
        count.

    Output:
        `shown`: a `LedState`, in percent of each colour.

    Raises:
        DeviceError: A pin cannot be driven.

    Source:
        Oppleo: the colours and their order.
    """

    type_name = "rgb-led"
    icon = "lamp"
    safe_levels = ("off",)
    shows = True
    shown: Level[LedState]
    faults: tuple[str, ...] = ()
    """What is wrong now: the node and its fault, of each."""
    _lamp: Lamp | None = None
    _flash: Timer | None = None
    examples = [
        Example(
            config={"gpio": "pins"},
            send=[SessionStatus(phase="idle"), SessionStatus(phase="charging")],
            expect={
                "shown": [
                    _OFF,
                    LedState("available", 0, 100, 0, "steady"),
                    LedState("charging", 0, 0, 100, "breathe"),
                ]
            },
        ),
        Example(
            config={"gpio": "pins"},
            send=[SessionStatus(phase="idle"), Rejected.sample()],
            advance=1.0,
            expect={
                "shown": [
                    _OFF,
                    LedState("available", 0, 100, 0, "steady"),
                    LedState("rejected", 100, 0, 0, "flash"),
                    LedState("available", 0, 100, 0, "steady"),
                ]
            },
            doc="A refused card: red for a moment.",
        ),
        Example(
            config={"gpio": "pins", "error": {"colour": "red", "pattern": "blink"}},
            send=[SessionStatus(phase="idle"), EvseState.sample(signal=EvseSignal.ERROR)],
            expect={
                "shown": [
                    _OFF,
                    LedState("available", 0, 100, 0, "steady"),
                    LedState("error", 100, 0, 0, "blink"),
                ]
            },
        ),
    ]

    def start(self) -> None:
        """Claim the pins, dark."""
        config = self.config
        chip = self.use(config.gpio)
        pins = (config.red, config.green, config.blue)
        for pin in pins:
            chip.claim_output(pin, high=config.active_low)
        self._lamp = Lamp(
            chip,
            pins,
            active_low=config.active_low,
            breath=(config.pulse_min, config.pulse_max),
            after=self.after,
        )
        self._status: SessionStatus | None = None
        self._evse: EvseState | EvseUnknown | None = None
        self._cheap = False
        if self.faults:
            self._show()  # a deploy ends no fault
        else:
            self.shown.set(_OFF)

    def stop(self, reason: StopReason) -> None:
        """Let go of the pins."""
        if self._lamp is not None:
            self._lamp.release()
            self._lamp = None

    def on_message(
        self,
        payload: SessionStatus
        | EvseState
        | EvseUnknown
        | Rejected
        | OffPeak
        | PriceNow
        | PriceUnknown
        | NodeChanged,
    ) -> None:
        """Take what happened, and show what stands highest now."""
        match payload:
            case Rejected():
                self._end_flash()
                self._flash = self.after(self.config.flash, self._flash_is_over)
            case SessionStatus():
                self._status = payload
            case EvseState() | EvseUnknown():
                self._evse = payload
            case NodeChanged():
                self._note(payload)
            case OffPeak():
                self._cheap = payload.now
            case PriceNow():
                self._cheap = payload.share_cheaper < self.config.cheap_share
            case PriceUnknown():
                self._cheap = False
        self._show()

    def go_safe(self, reason: str) -> None:
        """Be dark."""
        self._end_flash()
        if self._lamp is not None:
            self._lamp.show(_OFF, _SOLID_S)
            self.shown.set(_OFF)

    @classmethod
    def claims(cls, config: RgbLedConfig) -> Iterable[Claim]:
        """Return the three pins."""
        return [
            Claim.of_pin(getattr(config, colour), colour) for colour in ("red", "green", "blue")
        ]

    @classmethod
    def safe_pins(cls, config: RgbLedConfig, safe: str) -> Sequence[SafePin]:
        """Return the three pins at the level that is dark."""
        pins = (config.red, config.green, config.blue)
        return [SafePin(pin, high=config.active_low, within=config.gpio) for pin in pins]

    def _note(self, change: NodeChanged) -> None:
        """Take note of a fault that began or ended."""
        fault = f"{change.node}: {change.code}"
        others = tuple(known for known in self.faults if known != fault)
        if change.kind == "fault":
            self.faults = (*others, fault)
        elif change.kind == "clear":
            self.faults = others

    def _wanted(self) -> str | None:
        """Return the setting that stands highest of all that is known; None: dark."""
        evse, status = self._evse, self._status
        if self._flash is not None:
            return "rejected"
        if self.faults or (isinstance(evse, EvseState) and evse.signal is EvseSignal.ERROR):
            return "error"
        if status is None:
            return None
        if status.phase == "idle":
            return "cheap" if self._cheap else "available"
        if status.phase == "charging":
            return "charging"
        gone = isinstance(evse, EvseState) and evse.car_connected is False
        return "plug_in" if gone else "ready"

    def _flash_is_over(self) -> None:
        self._flash = None
        self._show()

    def _end_flash(self) -> None:
        if self._flash is not None:
            self._flash.cancel()
            self._flash = None

    def _show(self) -> None:
        """Show what stands highest now."""
        name = self._wanted()
        look: Look | None = None if name is None else getattr(self.config, name)
        state = _OFF if name is None or look is None else look.state(name)
        if self._lamp is None or state == self.shown.value:
            return
        self._lamp.show(state, _SOLID_S if look is None else look.period)
        self.shown.set(state)
        self.status("ok", state.name)
