"""Sound a buzzer.

```yaml
buzzer:
  type: buzzer
  from: [authorise.rejected, session.started, session.ended]
  gpio: pins              # a connection of type gpio
  pin: 23
  safe: silent
```

One beep of 100 ms says yes: a session began or ended, or a card was enrolled. Two say no: a card
was refused. It is for an active buzzer, which sounds as long as its pin is on.
"""

from collections.abc import Iterable, Sequence

from pydantic import Field

from oppleo_flow import Actuator, Claim, Example, NodeConfig, Ref, SafePin, Timer
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import Beep, CardEnrolled, Rejected, SessionEnded, SessionStarted

_ON_S, _PAUSE_S = 0.1, 0.05
_BEEPS = {"ok": 1, "error": 2}


class BuzzerConfig(NodeConfig):
    """Settings of a `buzzer` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the buzzer is on.")
    pin: int = Field(23, ge=0, le=27, description="BCM number of the buzzer's pin.")
    active_low: bool = Field(False, description="Whether a low pin makes it sound.")


class Buzzer(Actuator[BuzzerConfig]):
    """Sound a buzzer.

    Input:
        A `Beep`; a `SessionStarted`, `SessionEnded` or `CardEnrolled`, which are one beep; a
        `Rejected`, two.

    Output:
        None.

    Raises:
        DeviceError: The pin cannot be driven.

    Source:
        Oppleo: the patterns.
    """

    type_name = "buzzer"
    icon = "bell"
    safe_levels = ("silent",)
    shows = True
    _chip: GpioChip | None = None
    _next: Timer | None = None
    examples = [
        Example(config={"gpio": "pins"}, send=Rejected.sample(), doc="Two short beeps."),
        Example(config={"gpio": "pins"}, send=SessionStarted.sample(), doc="One short beep."),
    ]

    def start(self) -> None:
        """Claim the pin, silent."""
        chip = self.use(self.config.gpio)
        chip.claim_output(self.config.pin, high=self.config.active_low)
        self._chip = chip

    def stop(self, reason: StopReason) -> None:
        """Let go of the pin."""
        if self._chip is not None:
            self._chip.release(self.config.pin)
            self._chip = None

    def on_message(
        self, payload: Beep | Rejected | SessionStarted | SessionEnded | CardEnrolled
    ) -> None:
        """Begin a pattern; one that still sounds ends."""
        if isinstance(payload, Beep):
            beeps = _BEEPS[payload.pattern]
        else:
            beeps = _BEEPS["error" if isinstance(payload, Rejected) else "ok"]
        self._hush()
        self._sound(beeps)

    def go_safe(self, reason: str) -> None:
        """Be silent at once."""
        self._hush()

    @classmethod
    def claims(cls, config: BuzzerConfig) -> Iterable[Claim]:
        """Return the pin."""
        return [Claim.of_pin(config.pin, "signal")]

    @classmethod
    def safe_pins(cls, config: BuzzerConfig, safe: str) -> Sequence[SafePin]:
        """Return the pin at the level that is silent."""
        return [SafePin(config.pin, high=config.active_low, within=config.gpio)]

    def _sound(self, beeps: int) -> None:
        """Make the first of some beeps."""
        self._write(on=True)
        self._next = self.after(_ON_S, lambda: self._pause(beeps - 1))

    def _pause(self, beeps: int) -> None:
        self._write(on=False)
        self._next = self.after(_PAUSE_S, lambda: self._sound(beeps)) if beeps else None

    def _hush(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._write(on=False)

    def _write(self, *, on: bool) -> None:
        if self._chip is not None:
            self._chip.write(self.config.pin, on is not self.config.active_low)
