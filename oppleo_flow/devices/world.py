"""The seam between simulated hardware and the simulated world.

The twins of the drivers look at a `World`; the demo page, the command line and the tests of flows
pull its levers.  It may live in this process or behind a socket.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

from oppleo_flow.devices.evse_waveform import LedLine
from oppleo_flow.errors import ConfigError
from oppleo_flow.node_context import Site


@dataclass(frozen=True, slots=True)
class Wiring:
    """Which pin of the Pi leads where, and which meters hang on the bus; BCM numbers.

    The defaults are Oppleo's.  `meters` maps a unit id to a meter model.
    """

    evse_switch: int = 5
    evse_switch_active_low: bool = True
    evse_led: int = 6
    evse_led_active_low: bool = False
    red: int = 13
    green: int = 12
    blue: int = 16
    lamp_active_low: bool = False
    buzzer: int = 23
    buzzer_active_low: bool = False
    meters: Mapping[int, str] = field(default_factory=lambda: {1: "SDM630v2"})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the wiring that plain JSON data describes; what is left out is as Oppleo's.

        Raises:
            ConfigError: A name that no wire has.
        """
        unknown = sorted(set(data) - set(cls.__slots__))
        if unknown:
            raise ConfigError(f"wiring: {unknown[0]!r} is not a wire; known: {list(cls.__slots__)}")
        values = dict(data)
        if "meters" in values:
            values["meters"] = {int(unit): model for unit, model in values["meters"].items()}
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data that `from_json` reads."""
        values = {name: getattr(self, name) for name in self.__slots__}
        return {**values, "meters": {str(unit): model for unit, model in self.meters.items()}}


@dataclass(frozen=True, slots=True)
class MeterFace:
    """What a simulated meter would show; power is import positive."""

    model: str
    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    power_phases_w: tuple[float, ...]
    frequency_hz: float
    energy_import_wh: float
    serial: int


@runtime_checkable
class World(Protocol):
    """A small physical world: a car, a SmartEVSE, a meter and a pocket of cards."""

    # -- what the twins look at ----------------------------------------------------------------

    def drive_pin(self, pin: int, high: bool) -> None:
        """Hold a pin at a level."""
        ...

    def drive_duty(self, pin: int, percent: float) -> None:
        """Put a pulse width modulation of 100 Hz on a pin."""
        ...

    def drive_breath(
        self, pin: int, low_percent: float, high_percent: float, period_s: float
    ) -> None:
        """Let the duty of a pin rise and fall in straight lines."""
        ...

    def float_pin(self, pin: int, pulled_up: bool) -> None:
        """Let go of a pin: it is an input, with a pull-up or with a pull-down."""
        ...

    def read_pin(self, pin: int) -> bool:
        """Return whether a pin is high now."""
        ...

    def led_line(self) -> LedLine:
        """Return what the SmartEVSE puts on its LED line now."""
        ...

    def card_in_field(self) -> bytes | None:
        """Return the UID of the card that lies on the reader."""
        ...

    def meter(self, unit_id: int) -> MeterFace | None:
        """Return what the meter of that unit id shows; None when none answers there."""
        ...

    # -- levers --------------------------------------------------------------------------------

    def plug_in(self, charge_percent: float | None = None) -> None:
        """Plug the car in; `charge_percent` is how full its battery is when it comes."""
        ...

    def plug_out(self) -> None:
        """Pull the plug."""
        ...

    def swipe(self, card: str, hold_s: float = 0.5) -> None:
        """Hold a card of the pocket, by name or UID, to the reader.

        Raises:
            ConfigError: The pocket has no such card.
        """
        ...

    def silence_meter(self, silent: bool) -> None:
        """Cut the meter off the bus, or connect it again.  It goes on counting."""
        ...

    def break_evse(self, broken: bool) -> None:
        """Let the SmartEVSE have a hard error, or recover."""
        ...

    def shine(self, solar: bool) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        ...

    def rewire(self, wiring: Wiring) -> None:
        """Connect the world to other pins, units and models.  Levels stay."""
        ...

    def snapshot(self) -> dict[str, Any]:
        """Return everything there is to see, as plain JSON data."""
        ...


@runtime_checkable
class EventfulWorld(World, Protocol):
    """A world in this process, which says when something happens and goes from event to event."""

    def watch(self, call: Callable[[], None]) -> Callable[[], None]:
        """Call `call` on every change of the EVSE's signal or the card; return how to stop it."""
        ...

    def next_event_s(self) -> float | None:
        """Return the monotonic time of the next change by itself; None when there is none."""
        ...

    def fire(self) -> None:
        """Let everything happen that is due at the clock's present time."""
        ...


def eventful(world: World) -> EventfulWorld:
    """Return `world` as one that says when something happens.

    Raises:
        ConfigError: It is behind a socket; a virtual clock cannot reach it there.
    """
    if not isinstance(world, EventfulWorld):
        raise ConfigError(
            f"simulated world: a virtual clock needs one in this process, got a "
            f"{type(world).__name__}"
        )
    return world


def world_of(site: Site) -> World:
    """Return the simulated world of a site.

    Raises:
        ConfigError: The site has none.
    """
    return site.service(World)  # type: ignore[type-abstract]  # asked for by kind, not made
