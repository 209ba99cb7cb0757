"""The seam between simulated hardware and the simulated world.

The twins of the drivers look at a `World`; the demo page, the command line and the tests of flows
pull its levers.  It may live in this process or behind a socket.
"""

from collections.abc import Callable, Mapping
from dataclasses import field, fields
from typing import Any, Final, Protocol, Self, runtime_checkable

from oppleo_flow.devices.evse_waveform import LedLine, LedTap
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.network_trouble import EvseFace
from oppleo_flow.devices.reader_trouble import ReaderFace
from oppleo_flow.errors import ConfigError
from oppleo_flow.immutable import immutable
from oppleo_flow.node_context import Site


@immutable
class Wiring:
    """Which pins of the Pi lead to a charge point, and its meters and reader; BCM numbers.

    The defaults are Oppleo's; None: there is no such wire.  `meters` maps a unit id to a meter
    model, `reader` is bus and chip select of its card reader, `keyboard` the path of one that
    types.  `network` has the names by which the SmartEVSE is known there, a host or an MQTT
    prefix.  A unit that several charge points name measures them together; a reader that several
    name stands between them.
    """

    evse_switch: int | None = 5
    evse_switch_active_low: bool = True
    evse_led: int | None = 6
    evse_led_active_low: bool = False
    evse_led_tap: LedTap = "all"
    red: int | None = 13
    green: int | None = 12
    blue: int | None = 16
    lamp_active_low: bool = False
    buzzer: int | None = 23
    buzzer_active_low: bool = False
    meters: Mapping[int, str] = field(default_factory=lambda: {1: "SDM630v2"})
    reader: str | None = "0.0"
    keyboard: str | None = None
    network: tuple[str, ...] = ()

    @classmethod
    def bare(cls) -> Self:
        """Return the wiring of a charge point that nothing leads to."""
        wires = ("evse_switch", "evse_led", "red", "green", "blue", "buzzer", "reader")
        return cls(**dict.fromkeys(wires, None), meters={})  # type: ignore[arg-type]

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the wiring that plain JSON data describes; what is left out is as Oppleo's.

        Raises:
            ConfigError: A name that no wire has.
        """
        known = [one.name for one in fields(cls)]
        unknown = sorted(set(data) - set(known))
        if unknown:
            raise ConfigError(f"wiring: {unknown[0]!r} is not a wire; known: {known}")
        values = dict(data)
        if "meters" in values:
            values["meters"] = {int(unit): model for unit, model in values["meters"].items()}
        return cls(**{**values, "network": tuple(values.get("network", ()))})

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data that `from_json` reads."""
        values = {one.name: getattr(self, one.name) for one in fields(self)}
        return {**values, "meters": {str(unit): model for unit, model in self.meters.items()}}


FIRST_POINT: Final = "evse"
"""What a charge point is called where nobody has named it."""


@immutable
class SiteWiring:
    """The wiring of every charge point on one Pi, by name; there is one at least."""

    points: Mapping[str, Wiring] = field(default_factory=lambda: {FIRST_POINT: Wiring()})

    @classmethod
    def of(cls, wiring: "Wiring | SiteWiring | None") -> "SiteWiring":
        """Return the wiring of a site that has one charge point, unless it says more itself."""
        if isinstance(wiring, SiteWiring):
            return wiring
        return cls({FIRST_POINT: wiring or Wiring()})

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "SiteWiring":
        """Return the wiring that plain JSON data describes: `points` by name, or that of one.

        Raises:
            ConfigError: A name that no wire has, or no charge point.
        """
        if "points" not in data:
            return cls.of(Wiring.from_json(data))
        points = {name: Wiring.from_json(part) for name, part in data["points"].items()}
        if not points:
            raise ConfigError("wiring: points: at least one charge point is needed")
        return cls(points)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON data that `from_json` reads."""
        return {"points": {name: wiring.to_json() for name, wiring in self.points.items()}}


@immutable
class MeterFace:
    """What a simulated meter would show; power is import positive.

    `trouble` is what is wrong with it, or with the line to it.
    """

    model: str
    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    power_phases_w: tuple[float, ...]
    frequency_hz: float
    energy_import_wh: float
    energy_phases_wh: tuple[float, ...]
    serial: int
    trouble: MeterTrouble | None = None


@runtime_checkable
class World(Protocol):
    """A small physical world: charge points, each with a SmartEVSE and a car, meters, and cards.

    A lever moves the charge point that is named, or the first.
    """

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

    def led_line(self, pin: int) -> LedLine | None:
        """Return what a SmartEVSE puts on its LED line now; None: no such line is at the pin."""
        ...

    def reader(self, reader: str | None = None) -> ReaderFace:
        """Return what a reader finds, by bus and chip select or by path; None: the first one."""
        ...

    def meter(self, unit_id: int) -> MeterFace | None:
        """Return what the meter of that unit id shows; None when none answers there."""
        ...

    def smart_evses(self) -> dict[str, EvseFace]:
        """Return what each SmartEVSE says on the network, by the names it has there."""
        ...

    def command_evse(self, name: str, command: str, value: str) -> None:
        """Tell a SmartEVSE something over the network; one that is away does not hear it.

        Raises:
            ConfigError: It is no command, or no value of it.
        """
        ...

    # -- levers --------------------------------------------------------------------------------

    def plug_in(self, charge_percent: float | None = None, point: str | None = None) -> None:
        """Plug the car in; `charge_percent` is how full its battery is when it comes.

        Raises:
            ConfigError: There is no such charge point; so with every lever.
        """
        ...

    def plug_out(self, point: str | None = None) -> None:
        """Pull the plug."""
        ...

    def swipe(
        self, card: str, hold_s: float = 0.5, point: str | None = None, keyboard: bool = False
    ) -> None:
        """Hold a card of the pocket, by name or UID, to the reader, or to the one that types.

        Raises:
            ConfigError: The pocket has no such card, or the charge point no reader.
        """
        ...

    def silence_meter(self, silent: bool, point: str | None = None) -> None:
        """Cut the meter off the bus, or connect it again.  It goes on counting."""
        ...

    def trouble_meter(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the meter or the line to it, by name, or nothing.

        Raises:
            ConfigError: There is no such trouble.
        """
        ...

    def break_evse(self, broken: bool, point: str | None = None) -> None:
        """Let the SmartEVSE have a hard error, or recover."""
        ...

    def trouble_network(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the SmartEVSE on the network, by name, or nothing.

        Raises:
            ConfigError: There is no such trouble.
        """
        ...

    def break_reader(self, broken: bool, point: str | None = None) -> None:
        """Let the card reader die, or recover."""
        ...

    def trouble_reader(self, trouble: str | None, point: str | None = None) -> None:
        """Let something be wrong with the card reader or what lies on it, by name, or nothing.

        Raises:
            ConfigError: There is no such trouble.
        """
        ...

    def shine(self, solar: bool, point: str | None = None) -> None:
        """Put the SmartEVSE in solar mode, or back in normal mode."""
        ...

    def rewire(self, wiring: Wiring | SiteWiring) -> None:
        """Connect the world to other pins, units and models.  Levels stay.

        A charge point that keeps its name keeps its car and its register; one with another name
        stands in the place of one that is gone, as long as there is one.
        """
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

    def beat(self, every_s: float) -> None:
        """Call those who watch at least so often from now on."""
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


def world_if_any(site: Site) -> World | None:
    """Return the simulated world of a site, or None: what can do without it does."""
    try:
        return world_of(site)
    except ConfigError:
        return None
