"""The levers of the simulated world, as steps in the tests of a flow.

```yaml
do:
  - plug_in: 20%             # the car, and how full its battery is; `plug_in` alone: as it was
  - swipe: family            # a card of the pocket; {card: family, hold: 2s} holds it there
  - silence: meter           # the meter is cut off the bus; {meter: off} connects it again
  - break: evse              # it has a hard error, or the `reader` has; {evse: off} mends it
  - break: contactor         # it is stuck, closed; `break: car`: it asks for energy and takes none
  - break: {meter: late}     # a trouble of the meter or its line, by name; {meter: off} ends it
  - break: {reader: noise}   # a trouble of the card reader, or what lies there; {reader: off}
  - break: {network: away}   # a trouble of the SmartEVSE on the network; {network: off}
  - cut: power               # the mains fail for EVSE and meter; {power: off} brings them back
  - cut: led                 # the wire from the SmartEVSE's LED
  - cut: current             # it has too little for a car, or no sun; {current: off}: enough again
  - flash                    # the SmartEVSE's LED flashes once, as in OCPP mode
  - shine: sun               # the SmartEVSE is in solar mode; {sun: off} ends that
  - doubt: clock             # nobody has told it the time; {clock: off}: it is known again
  - unplug
```

Where there are several charge points `at` says which: `unplug: right`, `plug_in: {charge: 20%, at:
right}`, `silence: {meter: on, at: right}`. It is named as the instance of its subflow, or as its
`evse-switch`; the first one needs no name.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Final, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.network_trouble import NetworkTrouble
from oppleo_flow.devices.reader_trouble import ReaderTrouble
from oppleo_flow.flowfile.cases import ANY_NAME, Lever, WorldWords
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.options import Seconds, Share
from oppleo_flow.simulator.premise import Premise
from oppleo_flow.simulator.readers import POCKET
from oppleo_flow.simulator.world import SimulatedWorld

_NOTHING = "off"


def _in_the_pocket(card: str) -> str:
    if card not in [name for card in POCKET for name in (card.name, card.uid)]:
        advice = hint(card, [card.name for card in POCKET], what="there are")
        raise ValueError(f"no such card is in the pocket{advice}")
    return card


class AtPoint(Lever):
    """Something that is done at one charge point."""

    at: str | None = Field(None, description="Which charge point; the first unless it is said.")


def _a_trouble(name: str) -> str:
    known = [_NOTHING, *(trouble.value for trouble in MeterTrouble)]
    if name not in known:
        advice = hint(name, known, what="there are")
        raise ValueError(f"no such trouble of a meter{advice}")
    return name


def _of_the_network(name: str) -> str:
    known = [_NOTHING, *(trouble.value for trouble in NetworkTrouble)]
    if name not in known:
        raise ValueError(f"no such trouble of the network{hint(name, known, what='there are')}")
    return name


def _of_a_reader(said: object) -> object:
    """Return the name of a trouble; a reader that is just broken is dead."""
    known = [_NOTHING, *(trouble.value for trouble in ReaderTrouble)]
    name = {"True": ReaderTrouble.DEAD, "on": ReaderTrouble.DEAD, "False": _NOTHING}.get(
        str(said), str(said)
    )
    if name not in known:
        raise ValueError(f"no such trouble of a reader{hint(name, known, what='there are')}")
    return name


class PlugIn(AtPoint):
    """Plug the car in."""

    main = "charge"
    charge: Annotated[Share, Field(le=1)] | None = Field(
        None, description="How full its battery is when it comes."
    )

    def pull(self, world: SimulatedWorld) -> None:
        """Plug it in."""
        world.plug_in(None if self.charge is None else self.charge * 100, self.at)


class Unplug(AtPoint):
    """Pull the plug."""

    main = "at"

    def pull(self, world: SimulatedWorld) -> None:
        """Pull it."""
        world.plug_out(self.at)


class Swipe(AtPoint):
    """Hold a card to the reader."""

    main = "card"
    card: Annotated[str, AfterValidator(_in_the_pocket)] = Field(
        description="Its name in the pocket, or its UID."
    )
    hold: Seconds = Field("500ms", validate_default=True, description="How long it stays there.")
    keyboard: bool = Field(
        False, description="Whether to the reader that types, where there is another one."
    )

    def pull(self, world: SimulatedWorld) -> None:
        """Swipe it."""
        world.swipe(self.card, self.hold, self.at, self.keyboard)


class Silence(AtPoint):
    """Let a device say nothing, or speak again."""

    meter: bool = Field(description="Whether the meter is silent.")

    def pull(self, world: SimulatedWorld) -> None:
        """Cut it off, or connect it."""
        world.silence_meter(self.meter, self.at)


class Break(AtPoint):
    """Let a device have a hard error, or recover."""

    evse: bool | None = Field(None, description="Whether the SmartEVSE has one.")
    reader: Annotated[str, BeforeValidator(_of_a_reader)] | None = Field(
        None, description="What is wrong with the card reader, or on: it is dead; off: nothing."
    )
    contactor: bool | None = Field(None, description="Whether the contactor is stuck, closed.")
    car: bool | None = Field(None, description="Whether the car asks for energy and takes none.")
    meter: Annotated[str, AfterValidator(_a_trouble)] | None = Field(
        None, description="What is wrong with the meter or its line; off: nothing."
    )

    network: Annotated[str, AfterValidator(_of_the_network)] | None = Field(
        None, description="What is wrong with the SmartEVSE on the network; off: nothing."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        known = (self.evse, self.reader, self.contactor, self.car, self.meter, self.network)
        if all(one is None for one in known):
            raise ValueError("`evse`, `reader`, `contactor`, `car`, `meter` or `network` is needed")
        return self

    def pull(self, world: SimulatedWorld) -> None:
        """Break it, or mend it."""
        if self.evse is not None:
            world.break_evse(self.evse, self.at)
        if self.reader is not None:
            world.trouble_reader(None if self.reader == _NOTHING else self.reader, self.at)
        if self.contactor is not None:
            world.break_part("contactor", self.contactor, self.at)
        if self.car is not None:
            world.break_part("car", self.car, self.at)
        if self.meter is not None:
            world.trouble_meter(None if self.meter == _NOTHING else self.meter, self.at)
        if self.network is not None:
            world.trouble_network(None if self.network == _NOTHING else self.network, self.at)


class Cut(AtPoint):
    """Cut something off, or connect it again."""

    power: bool | None = Field(None, description="Whether every EVSE and meter is without mains.")
    led: bool | None = Field(None, description="Whether the wire from the EVSE's LED is cut.")
    current: bool | None = Field(
        None, description="Whether the EVSE has too little current for a car, or no sun."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        if self.power is self.led is self.current is None:
            raise ValueError("`power`, `led` or `current` is needed")
        return self

    def pull(self, world: SimulatedWorld) -> None:
        """Cut it, or connect it."""
        if self.power is not None:
            world.cut_power(self.power)
        if self.led is not None:
            world.break_part("led", self.led, self.at)
        if self.current is not None:
            world.break_part("current", self.current, self.at)


class Flash(AtPoint):
    """Let the LED of the SmartEVSE flash once, as in OCPP mode."""

    main = "at"

    def pull(self, world: SimulatedWorld) -> None:
        """Let it flash."""
        world.flash(self.at)


class Shine(AtPoint):
    """Let the sun shine: the SmartEVSE is in solar mode."""

    sun: bool = Field(description="Whether it shines.")

    def pull(self, world: SimulatedWorld) -> None:
        """Let it shine, or not."""
        world.shine(self.sun, self.at)


class Doubt(Lever):
    """Let something not be known to be right, or be known again."""

    clock: bool = Field(description="Whether nobody has told the clock the time.")

    def pull(self, world: SimulatedWorld) -> None:
        """Doubt it, or not."""
        world.doubt_clock(self.clock)


LEVERS: Final[Mapping[str, type[Lever]]] = {
    "plug_in": PlugIn,
    "unplug": Unplug,
    "swipe": Swipe,
    "silence": Silence,
    "break": Break,
    "cut": Cut,
    "flash": Flash,
    "shine": Shine,
    "doubt": Doubt,
}
"""Step → lever."""


def world_words() -> WorldWords:
    """Return what tests may say of the simulated world, and of what its ledger knows."""
    seen = SimulatedWorld(VirtualClock(datetime(2026, 1, 15, tzinfo=UTC))).snapshot()
    (point,) = seen["charge_points"].values()
    return WorldWords(LEVERS, {**seen, "charge_points": {ANY_NAME: point}}, Premise)
