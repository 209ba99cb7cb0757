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
was refused. Both patterns are settings, and so is which of them each event has:

```yaml
ok: {beeps: 1, on: 50ms}
error: {beeps: 3, on: 200ms, pause: 100ms}
ended: none
quiet: [{days: daily, from: 22:00, to: 07:00}]
errors_when_quiet: true
```

In the hours of `quiet` it is silent; the clock is that of the site's zone, and hours may cross
midnight. With `errors_when_quiet` somebody who holds a wrong card to the reader hears it all the
same. While nobody has told the clock the time, no hour is quiet.

It is for an active buzzer, which sounds as long as its pin is on, always as loud: a shorter `on`
makes it less of a nuisance, paper over its hole makes it softer. One that draws more than 10 mA
wants a transistor.
"""

from collections.abc import Iterable, Sequence
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from oppleo_flow import (
    Actuator,
    Claim,
    Example,
    NodeConfig,
    Ref,
    SafePin,
    Seconds,
    Timer,
    TimeZone,
)
from oppleo_flow.charging.calendar import Calendar
from oppleo_flow.charging.calendar_rules import OpenWindow
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import StopReason
from oppleo_flow.payloads import Beep, CardEnrolled, Rejected, SessionEnded, SessionStarted

Sound = Literal["ok", "error", "none"]


class Pattern(NodeConfig):
    """Some beeps, one after another."""

    beeps: int = Field(1, ge=1, le=10, description="How many.")
    on: Seconds = Field(
        "100ms", validate_default=True, ge=0.01, le=2, description="How long each one is."
    )
    pause: Seconds = Field(
        "50ms", validate_default=True, ge=0.01, le=2, description="How long it is silent between."
    )


class BuzzerConfig(NodeConfig):
    """Settings of a `buzzer` node."""

    gpio: Ref[GpioChip] = Field(description="Pins that the buzzer is on.")
    pin: int = Field(23, ge=0, le=27, description="BCM number of the buzzer's pin.")
    active_low: bool = Field(False, description="Whether a low pin makes it sound.")
    ok: Pattern = Field({"beeps": 1}, validate_default=True, description="What says yes.")
    error: Pattern = Field({"beeps": 2}, validate_default=True, description="What says no.")
    started: Sound = Field("ok", description="Sound of a session that begins.")
    ended: Sound = Field("ok", description="Sound of a session that ends.")
    enrolled: Sound = Field("ok", description="Sound of a card that is enrolled.")
    rejected: Sound = Field("error", description="Sound of a card that is refused.")
    quiet: tuple[OpenWindow, ...] = Field((), description="Hours in which it is silent.")
    errors_when_quiet: bool = Field(
        False, description="Whether errors sound in the quiet hours, too."
    )
    timezone: TimeZone | None = Field(
        None, description="Zone of the quiet hours; default: the site's."
    )


class Buzzer(Actuator[BuzzerConfig]):
    """Sound a buzzer.

    Input:
        A `Beep`; a `SessionStarted`, `SessionEnded`, `CardEnrolled` or `Rejected`.

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
        zone = ZoneInfo(self.config.timezone or self.site.timezone)
        self._quiet = Calendar(zone, tuple(one.window() for one in self.config.quiet))
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
        sound = self._sound_of(payload)
        if sound == "none" or (self._is_quiet() and not self._may_always(sound)):
            return
        pattern: Pattern = getattr(self.config, sound)
        self._hush()
        self._sound(pattern, pattern.beeps)

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

    def _sound_of(
        self, payload: Beep | Rejected | SessionStarted | SessionEnded | CardEnrolled
    ) -> Sound:
        """Return the sound that an event has."""
        config = self.config
        match payload:
            case Beep():
                return payload.pattern
            case Rejected():
                return config.rejected
            case SessionStarted():
                return config.started
            case SessionEnded():
                return config.ended
            case CardEnrolled():
                return config.enrolled

    def _may_always(self, sound: Sound) -> bool:
        return sound == "error" and self.config.errors_when_quiet

    def _is_quiet(self) -> bool:
        """Return whether it is silent now; by a clock that nobody has told the time it is not."""
        if not self.config.quiet or self.clock.instant().trusted is False:
            return False
        return self._quiet.is_open(self.clock.now())

    def _sound(self, pattern: Pattern, beeps: int) -> None:
        """Make the first of some beeps."""
        self._write(on=True)
        self._next = self.after(pattern.on, lambda: self._pause(pattern, beeps - 1))

    def _pause(self, pattern: Pattern, beeps: int) -> None:
        self._write(on=False)
        self._next = None
        if beeps:
            self._next = self.after(pattern.pause, lambda: self._sound(pattern, beeps))

    def _hush(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._write(on=False)

    def _write(self, *, on: bool) -> None:
        if self._chip is not None:
            self._chip.write(self.config.pin, on is not self.config.active_low)
