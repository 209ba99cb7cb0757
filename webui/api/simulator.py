"""The levers of the simulated world."""

from typing import cast

from pydantic import Field
from typing_extensions import TypedDict

from webui.ports import Levers
from webui.problem import problem
from webui.reading import Nothing, read_body


class AtPoint(Nothing):
    """At which charge point."""

    at: str | None = Field(None, max_length=200, description="Its name; null: the first.")


class Swipe(AtPoint):
    """Which card to hold to the reader."""

    card: str = Field(min_length=1, max_length=64, description="Its name, or its UID in hex.")


class Meter(AtPoint):
    """Whether the meter keeps silent."""

    silent: bool = Field(description="True: it answers nothing, as with a cut wire.")


class Evse(AtPoint):
    """Whether the SmartEVSE has an error."""

    broken: bool


class Solar(AtPoint):
    """Whether the SmartEVSE charges by the sun alone."""

    solar: bool


class SimulatedEvseAnswer(TypedDict):
    """The simulated SmartEVSE; `signal` is what its LED line shows."""

    state: str
    signal: str
    access: bool
    broken: bool
    solar: bool
    led_percent: int


class SimulatedCarAnswer(TypedDict):
    """The car that stands there, or that has gone."""

    plugged: bool
    charge_percent: float
    power_w: float


class SimulatedMeterAnswer(TypedDict):
    """The meter; `trouble` is how it answers wrongly, `units` are the models by Modbus unit id."""

    energy_wh: int
    power_w: float
    silent: bool
    trouble: str | None
    units: dict[str, str]


class LampAnswer(TypedDict):
    """How bright each colour of the lamp is, in per cent."""

    red: float
    green: float
    blue: float


class SimulatedPointAnswer(TypedDict):
    """One charge point of the simulated world."""

    evse: SimulatedEvseAnswer
    car: SimulatedCarAnswer
    meter: SimulatedMeterAnswer
    lamp: LampAnswer
    buzzer: bool
    card_in_field: str | None


class PinAnswer(TypedDict):
    """What is done to a pin."""

    output: bool
    percent: int
    edges: int


class CardAnswer(TypedDict):
    """A card in the pocket; the ledger of a demonstration knows the `known` ones."""

    name: str
    uid: str
    known: bool


class WorldAnswer(SimulatedPointAnswer):
    """The simulated world: its charge points by name, and the first of them once more on top."""

    pins: dict[str, PinAnswer]
    cards: list[CardAnswer]
    charge_points: dict[str, SimulatedPointAnswer]


class Simulator:
    """The routes of `/api/v1/simulator`; `levers` is None on real hardware."""

    def __init__(self, levers: Levers | None) -> None:
        self._found = levers

    @property
    def _levers(self) -> Levers:
        if self._found is None:
            raise problem(
                404,
                "not-simulated",
                "this site runs on real hardware; start it with --simulate to have these levers",
            )
        return self._found

    def show(self) -> WorldAnswer:
        """Answer `GET /api/v1/simulator`: the world as it is."""
        # What the world tells is plain data; the tests hold it against the type.
        return cast("WorldAnswer", dict(self._levers.snapshot()))

    def plug_in(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/plug-in`."""
        levers = self._levers
        levers.plug_in(point=read_body(AtPoint).at)
        return self.show()

    def plug_out(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/plug-out`."""
        levers = self._levers
        levers.plug_out(point=read_body(AtPoint).at)
        return self.show()

    def swipe(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/swipe`."""
        levers = self._levers
        body = read_body(Swipe)
        levers.swipe(body.card, point=body.at)
        return self.show()

    def meter(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/meter`."""
        levers = self._levers
        body = read_body(Meter)
        levers.silence_meter(body.silent, point=body.at)
        return self.show()

    def evse(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/evse`."""
        levers = self._levers
        body = read_body(Evse)
        levers.break_evse(body.broken, point=body.at)
        return self.show()

    def solar(self) -> WorldAnswer:
        """Answer `POST /api/v1/simulator/solar`."""
        levers = self._levers
        body = read_body(Solar)
        levers.shine(body.solar, point=body.at)
        return self.show()
