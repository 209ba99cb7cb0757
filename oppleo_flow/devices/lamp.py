"""A lamp of three colours: what it may look like, and the pins that make it so."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Annotated, Final, Literal, Protocol

from pydantic import AfterValidator, BeforeValidator, Field

from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.options import NodeConfig, Seconds, Share, notation
from oppleo_flow.payloads import LedEffect, LedState

Percents = tuple[int, int, int]
"""Red, green and blue, in percent."""
COLOURS: Mapping[str, Percents] = MappingProxyType(
    {
        "off": (0, 0, 0),
        "red": (100, 0, 0),
        "orange": (100, 15, 0),
        "yellow": (100, 40, 0),
        "green": (0, 100, 0),
        "cyan": (0, 100, 100),
        "blue": (0, 0, 100),
        "purple": (50, 0, 100),
        "magenta": (100, 0, 100),
        "white": (100, 100, 100),
    }
)
"""As an LED shows them: its green is much brighter than its red."""
_HEX: Final = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")
_EFFECTS: Mapping[str, LedEffect] = MappingProxyType(
    {"solid": "steady", "breathe": "breathe", "blink": "blink", "flash": "flash"}
)
_LIT_SHARE: Mapping[LedEffect, float] = MappingProxyType({"blink": 0.5, "flash": 0.2})
"""Pattern that is on and off → which part of its period it is on."""


def percents_of(colour: str) -> Percents:
    """Return a colour in percent.

    Raises:
        ValueError: There is no such colour.
    """
    if colour in COLOURS:
        return COLOURS[colour]
    parts = _HEX.fullmatch(colour)
    if parts is None:
        raise ValueError(f"a colour is one of {', '.join(COLOURS)}, or #rrggbb")
    red, green, blue = (round(int(part, 16) / 255 * 100) for part in parts.groups())
    return red, green, blue


def _known(colour: str) -> str:
    percents_of(colour)
    return colour


def _colour_alone(value: object) -> object:
    return {"colour": value} if isinstance(value, str) else value


class Look(NodeConfig):
    """What a lamp looks like."""

    colour: Annotated[
        str,
        AfterValidator(_known),
    ] = Field(description="Its colour: a name such as yellow, or #ff6600.")
    pattern: Literal["solid", "breathe", "blink", "flash"] = Field(
        "solid",
        description="Steady; or rising and falling; on for half of the time, or for a fifth.",
    )
    period: Seconds = Field(
        "2s", validate_default=True, ge=0.2, le=60, description="How long the pattern takes."
    )
    brightness: Share = Field(
        "100%", validate_default=True, le=1, description="How bright it is at most."
    )

    def state(self, name: str) -> LedState:
        """Return what it shows, by the name of what that says."""
        red, green, blue = (round(p * self.brightness) for p in percents_of(self.colour))
        effect = _EFFECTS[self.pattern] if red + green + blue else "off"
        return LedState(name, red, green, blue, effect)


LookOption = Annotated[
    Look,
    BeforeValidator(
        _colour_alone,
        json_schema_input_type=Look | notation(r"^[a-z]+$|^#[0-9a-fA-F]{6}$", "green"),
    ),
]
"""A look; a flow may write its colour alone."""


class Alarm(Protocol):
    """A timer that can be called off."""

    def cancel(self) -> None:
        """Call it off."""


class Lamp:
    """An LED of three colours at three pins; `after` calls something later.

    A breath goes from `darkest` to `brightest` of each colour.
    """

    def __init__(
        self,
        chip: GpioChip,
        pins: tuple[int, int, int],
        *,
        active_low: bool,
        breath: tuple[float, float],
        after: Callable[[float, Callable[[], None]], Alarm],
    ) -> None:
        self._chip = chip
        self._pins = pins
        self._active_low = active_low
        self._darkest, self._brightest = breath
        self._after = after
        self._next: Alarm | None = None

    def show(self, state: LedState, period_s: float) -> None:
        """Show a state until there is another one."""
        self._end_pattern()
        if state.effect in _LIT_SHARE:
            self._turn(state, period_s, lit=True)
        else:
            self._light(state, period_s)

    def release(self) -> None:
        """Let go of the pins; what they show stays."""
        self._end_pattern()
        for pin in self._pins:
            self._chip.release(pin)

    def _turn(self, state: LedState, period_s: float, *, lit: bool) -> None:
        """Be on, or dark, for its part of a period."""
        for pin, percent in zip(self._pins, _percents(state), strict=True):
            self._steady(pin, percent if lit else 0)
        share = _LIT_SHARE[state.effect]
        lasts_s = period_s * (share if lit else 1 - share)
        self._next = self._after(lasts_s, lambda: self._turn(state, period_s, lit=not lit))

    def _light(self, state: LedState, period_s: float) -> None:
        for pin, percent in zip(self._pins, _percents(state), strict=True):
            if state.effect == "breathe" and percent:
                self._breathe(pin, percent, period_s)
            else:
                self._steady(pin, percent)

    def _steady(self, pin: int, percent: int) -> None:
        """Light one colour; fully on and off need no modulation."""
        driven = 100 - percent if self._active_low else percent
        if driven in (0, 100):
            self._chip.write(pin, driven == 100)
        else:
            self._chip.set_duty(pin, driven)

    def _breathe(self, pin: int, percent: int, period_s: float) -> None:
        low, high = round(percent * self._darkest), round(percent * self._brightest)
        if self._active_low:
            low, high = 100 - low, 100 - high
        self._chip.breathe(pin, low_percent=low, high_percent=high, period_s=period_s)

    def _end_pattern(self) -> None:
        if self._next is not None:
            self._next.cancel()
            self._next = None


def _percents(state: LedState) -> Percents:
    return state.red, state.green, state.blue
