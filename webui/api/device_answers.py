"""What is asked and answered about the devices of a flow."""

from typing import Literal

from pydantic import Field
from typing_extensions import TypedDict

from webui.answers import Moment, Plain
from webui.api.state import CountsAnswer, LevelAnswer, OpenFaultAnswer, SaidAnswer
from webui.reading import Nothing, Query

Trial = Literal["answers", "tells"]


class FactAnswer(TypedDict):
    """An option, and what it is set to."""

    name: str
    value: Plain


class ConnectionAnswer(TypedDict):
    """What devices are reached by; `place` is a port or pins, empty where it has none."""

    name: str
    type: str
    simulated: bool
    open: bool
    place: str
    devices: list[str]
    facts: list[FactAnswer]


class TallyAnswer(TypedDict):
    """How a device on a bus answered since the start: how often each came.

    `late` came after they had been given up, `rested` were not put to it because it was silent for
    a while, and the port was `reopened` so often.
    """

    asked: int
    answered: int
    silent: int
    garbled: int
    late: int
    rested: int
    reopened: int


class DeviceAnswer(TypedDict):
    """A part of the hardware, as its node sees it.

    `connection` is null where it has none; `tally` where nobody counts.  `trial` says how it can be
    tried while the flow runs: it `answers`, or it is to be looked at or listened to; null: not.
    """

    id: str
    type: str
    connection: str | None
    simulated: bool
    place: str
    status: SaidAnswer
    faults: list[OpenFaultAnswer]
    levels: dict[str, LevelAnswer]
    counts: CountsAnswer
    made_safe: str | None
    tally: TallyAnswer | None
    trial: Trial | None
    facts: list[FactAnswer]


class DevicesAnswer(TypedDict):
    """The hardware of the flow that runs: what devices are reached by, and the devices.

    `levers` says whether the world around it is a simulated one, which has some.
    """

    simulated: bool
    levers: bool
    connections: list[ConnectionAnswer]
    devices: list[DeviceAnswer]


class FramesAsked(Query):
    """Which frames: only those after a number."""

    after: int = Field(0, ge=0, lt=10**12)


class FrameAnswer(TypedDict):
    """What went to and fro between a driver and a device."""

    number: int
    at: Moment
    device: str
    what: dict[str, Plain]


class FramesAnswer(TypedDict):
    """The last frames of each device, the oldest first.

    They are kept from the first time that somebody asks, for as long as somebody goes on asking.
    """

    since: Moment
    frames: list[FrameAnswer]


class Try(Nothing):
    """Which device to try."""

    device: str = Field(min_length=1, max_length=200, description="The id of its node.")


class VerdictAnswer(TypedDict):
    """What a trial found.

    `told`: it was told to show itself, and took it; whether it did is for a person to see or hear.
    """

    device: str
    verdict: Literal["answers", "told", "bad"]
    text: str
