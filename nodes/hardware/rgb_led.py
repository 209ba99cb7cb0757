"""Show how the charge point is with a coloured LED.

```yaml
led:
  type: rgb-led
  from: [evse_state, session.status, authorise.rejected]
  gpio: pins              # a connection of type gpio
  red: 13
  green: 12
  blue: 16
  safe: off
```

| colour | what it says |
|---|---|
| red, for 400 ms | this card was refused |
| red | the EVSE has an error |
| blue, breathing | charging |
| yellow | a session is open, and nothing is charged now |
| green | free |
| dark | not known yet, or the flow does not run |

What stands higher goes first. The pins are for an LED with a common cathode; set `active_low` for
one with a common anode.
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
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import (
    EvseSignal,
    EvseState,
    EvseUnknown,
    LedState,
    Rejected,
    SessionPhase,
    SessionStatus,
)

_BREATH_S = 2.0
_OFF = LedState("off", 0, 0, 0, "off")
_REJECTED = LedState("rejected", 100, 0, 0, "flash")
_ERROR = LedState("error", 100, 0, 0, "steady")
_AVAILABLE = LedState("available", 0, 100, 0, "steady")
_READY = LedState("ready", 100, 40, 0, "steady")
_CHARGING = LedState("charging", 0, 0, 100, "breathe")
_OF_PHASE: dict[SessionPhase, LedState] = {
    "idle": _AVAILABLE,
    "waiting": _READY,
    "ready": _READY,
    "charging": _CHARGING,
}


class RgbLedConfig(NodeConfig):
    """Settings of an `rgb-led` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the LED is on.")
    red: int = Field(13, ge=0, le=27, description="BCM number of the red pin.")
    green: int = Field(12, ge=0, le=27, description="BCM number of the green pin.")
    blue: int = Field(16, ge=0, le=27, description="BCM number of the blue pin.")
    active_low: bool = Field(False, description="Whether a low pin lights a colour.")
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
        description="How long red says that a card was refused.",
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
        A `SessionStatus`, the `EvseState` or `EvseUnknown` of the EVSE, a `Rejected` card.

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
    _chip: GpioChip | None = None
    _flash: Timer | None = None
    examples = [
        Example(
            config={"gpio": "pins"},
            send=[SessionStatus(phase="idle"), SessionStatus(phase="charging")],
            expect={"shown": [_OFF, _AVAILABLE, _CHARGING]},
        ),
        Example(
            config={"gpio": "pins"},
            send=[SessionStatus(phase="idle"), Rejected.sample()],
            advance=1.0,
            expect={"shown": [_OFF, _AVAILABLE, _REJECTED, _AVAILABLE]},
            doc="A refused card: red for a moment.",
        ),
        Example(
            config={"gpio": "pins"},
            send=[SessionStatus(phase="idle"), EvseState.sample(signal=EvseSignal.ERROR)],
            expect={"shown": [_OFF, _AVAILABLE, _ERROR]},
        ),
    ]

    def start(self) -> None:
        """Claim the pins, dark."""
        self._chip = chip = self.use(self.config.gpio)
        for pin in self._pins:
            chip.claim_output(pin, high=self.config.active_low)
        self._phase: SessionPhase | None = None
        self._error = False
        self.shown.set(_OFF)

    def stop(self, reason: StopReason) -> None:
        """Let go of the pins."""
        if self._chip is not None:
            for pin in self._pins:
                self._chip.release(pin)
            self._chip = None

    def on_message(self, payload: SessionStatus | EvseState | EvseUnknown | Rejected) -> None:
        """Take what happened, and show what stands highest now."""
        if isinstance(payload, Rejected):
            self._end_flash()
            self._flash = self.after(self.config.flash, self._flash_is_over)
        elif isinstance(payload, SessionStatus):
            self._phase = payload.phase
        else:
            self._error = isinstance(payload, EvseState) and payload.signal is EvseSignal.ERROR
        self._show(self._wanted())

    def go_safe(self, reason: str) -> None:
        """Be dark."""
        self._end_flash()
        if self._chip is not None:
            self._show(_OFF)

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

    @property
    def _pins(self) -> tuple[int, int, int]:
        return self.config.red, self.config.green, self.config.blue

    def _wanted(self) -> LedState:
        """Return what stands highest of all that is known."""
        if self._flash is not None:
            return _REJECTED
        if self._error:
            return _ERROR
        return _OFF if self._phase is None else _OF_PHASE[self._phase]

    def _flash_is_over(self) -> None:
        self._flash = None
        self._show(self._wanted())

    def _end_flash(self) -> None:
        if self._flash is not None:
            self._flash.cancel()
            self._flash = None

    def _show(self, state: LedState) -> None:
        if self._chip is None or state == self.shown.value:
            return
        for pin, percent in zip(self._pins, (state.red, state.green, state.blue), strict=True):
            if state.effect == "breathe" and percent:
                self._breathe(self._chip, pin)
            else:
                self._light(self._chip, pin, percent)
        self.shown.set(state)
        self.status("ok", state.name)

    def _light(self, chip: GpioChip, pin: int, percent: int) -> None:
        """Light one colour steadily; fully on and off need no modulation."""
        driven = 100 - percent if self.config.active_low else percent
        if driven in (0, 100):
            chip.write(pin, driven == 100)
        else:
            chip.set_duty(pin, driven)

    def _breathe(self, chip: GpioChip, pin: int) -> None:
        low, high = round(100 * self.config.pulse_min), round(100 * self.config.pulse_max)
        if self.config.active_low:
            low, high = 100 - low, 100 - high
        chip.breathe(pin, low_percent=low, high_percent=high, period_s=_BREATH_S)
