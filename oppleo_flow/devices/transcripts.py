"""Transcripts: what a meter answered on the wire, frame by frame, and what that means.

Each built-in profile has one in `meter_profiles/transcripts/`, `constructed` from the maker's
document, or `recorded` from a real meter, by somebody, on some day.  A test plays it through the
real driver; so a profile that is wrong, or a driver that reads it otherwise, is found out.
"""

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from oppleo_flow.devices.checked_yaml import checked_yaml
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import (
    FUNCTIONS,
    ILLEGAL_ADDRESS,
    answer,
    read_answer,
    read_question,
    refusal,
)
from oppleo_flow.devices.serial_bus import Table

_FOLDER: Final = Path(__file__).with_name("meter_profiles") / "transcripts"


def _bytes(value: object) -> object:
    """Return what a text such as `01 04 00` says."""
    if not isinstance(value, str):
        raise ValueError("bytes in hexadecimal are needed, such as 01 04 00 00 00 02 71 CB")
    return bytes.fromhex(value)


Frame = Annotated[bytes, BeforeValidator(_bytes)]


class Expected(BaseModel):
    """What the driver makes of the frames."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    serial: str | None
    power_w: float
    power_phases_w: tuple[float, ...]
    voltage_phases_v: tuple[float, ...]
    current_phases_a: tuple[float, ...]
    frequency_hz: float | None
    energy_wh: int
    energy_phases_wh: tuple[int, ...] = ()
    also: Mapping[str, tuple[float, ...]] = {}


class Exchange(BaseModel):
    """A question, and the answer to it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ask: Frame
    answer: Frame

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if read_question(self.ask) is None:
            raise ValueError("ask: a whole question is needed, with its checksum")
        if read_answer(self.answer) is None:
            raise ValueError("answer: a whole answer is needed, with its checksum")
        return self


class Transcript(BaseModel):
    """What one meter answered; `by`, `date` and `firmware` say whose a recorded one is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    origin: Literal["constructed", "recorded"]
    document: str | None = Field(None, description="What a constructed one is made from.")
    by: str | None = None
    date: datetime.date | None = None
    firmware: str | None = None
    frames: tuple[Exchange, ...]
    expect: Expected

    @model_validator(mode="after")
    def _says_where_it_is_from(self) -> Self:
        if not self.frames:
            raise ValueError("frames: one exchange is needed at least")
        recorded = (self.by, self.date, self.firmware)
        if self.origin == "constructed" and self.document is None:
            raise ValueError("document: a constructed transcript names what it is made from")
        if self.origin == "recorded" and None in recorded:
            raise ValueError("by, date and firmware: a recorded transcript says whose it is")
        return self

    @property
    def unit_id(self) -> int:
        """Return the address of the meter."""
        return self.frames[0].ask[0]

    def replies(self) -> "Replies":
        """Return what the meter would answer, to these questions and to others of its kind."""
        return Replies(self)


class Replies:
    """Answers from the frames of a transcript, also to questions that ask for parts of them."""

    def __init__(self, transcript: Transcript) -> None:
        self._exact = {one.ask: one.answer for one in transcript.frames}
        self._words: dict[tuple[Table, int], int] = {}
        for one in transcript.frames:
            self._words.update(_registers(one))

    def to(self, frame: bytes) -> bytes | None:
        """Return the frame that answers one; None to what is no question."""
        asked = read_question(frame)
        unit_id, table, block = asked or (0, None, Block(0, 0))
        if table is None:
            return None
        if frame in self._exact:
            return self._exact[frame]
        found = [self._words.get((table, at)) for at in range(block.start, block.end)]
        words = [word for word in found if word is not None]
        if len(words) < block.count:
            return refusal(unit_id, FUNCTIONS[table], ILLEGAL_ADDRESS)
        return answer(unit_id, table, words)


def _registers(one: Exchange) -> Iterator[tuple[tuple[Table, int], int]]:
    """Yield the registers that an exchange tells, by table and address."""
    asked, words = read_question(one.ask), read_answer(one.answer)
    _, table, block = asked or (0, None, Block(0, 0))
    if table is not None and words is not None:
        for at, word in zip(range(block.start, block.end), words, strict=False):
            yield (table, at), word


def transcript_of(model: str) -> Transcript:
    """Return the transcript of a built-in model.

    Raises:
        ConfigError: It has none, or its file is wrong.
    """
    return read_transcript(_FOLDER / f"{model}.yaml")


def read_transcript(file: Path) -> Transcript:
    """Return the transcript that a file holds.

    Raises:
        ConfigError: It cannot be read or is wrong; a line each, with file, line and column.
    """
    return checked_yaml(file, Transcript, "meter transcript")
