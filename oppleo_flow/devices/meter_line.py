"""The wire twin of a bus with kWh meters: it answers frames on a pseudo terminal."""

from pathlib import Path
from typing import TYPE_CHECKING

from oppleo_flow.devices.meter_registers import RegisterImage
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import (
    FUNCTIONS,
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    QUESTION_BYTES,
    answer,
    question,
    read_question,
    refusal,
)
from oppleo_flow.devices.pty_line import PtyLine
from oppleo_flow.devices.serial_bus import Table
from oppleo_flow.devices.world import MeterFace, World
from oppleo_flow.errors import DeviceError

if TYPE_CHECKING:
    from oppleo_flow.devices.transcripts import Transcript

_NOISE_AT_REST = bytes(32)
_FOREIGN_UNIT = 11


class MeterLine(PtyLine):
    """The meters of a world on a pseudo terminal, at the speed of a real line.

    `turnaround_s` is how long a meter thinks, `late_s` by how much a late one thinks longer; `own`
    is a site's folder of node files.
    """

    def __init__(
        self,
        world: World,
        *,
        turnaround_s: float = 0.02,
        char_bits: int = 10,
        own: Path | None = None,
    ) -> None:
        self.late_s = 0.6
        self._world = world
        self._image = RegisterImage(own)
        self._turnaround_s = turnaround_s
        self._heard_of: dict[int, int] = {}
        self._out_with: int | None = None
        super().__init__(char_bits=char_bits)

    def heard_of(self, unit_id: int) -> int:
        """Return how many questions to a unit were heard."""
        return self._heard_of.get(unit_id, 0)

    def take(self, frame: bytes) -> None:
        """Do what the bus does when somebody asks."""
        asked = read_question(frame)
        if asked is None:
            return
        unit_id, table, block = asked
        self._heard_of[unit_id] = self.heard_of(unit_id) + 1
        face = self._face(unit_id)
        if face is None:
            return
        if face.trouble is not MeterTrouble.STUCK_ADAPTER:
            self._opened_anew.clear()
        match face.trouble:
            case MeterTrouble.UNPLUGGED:
                self._out_with = unit_id
                self.pull_out()
            case MeterTrouble.STUCK_ADAPTER if not self._opened_anew.is_set():
                self.wait_for_new_opening()
            case MeterTrouble.NO_BIAS:
                self.transmit(_NOISE_AT_REST)
            case MeterTrouble.CUT_WIRE:
                pass
            case _:
                self._answer(frame, face, table, block)

    def is_out(self) -> bool:
        """Return whether the adapter is still out of its port."""
        face = None if self._out_with is None else self._face(self._out_with)
        return face is not None and face.trouble is MeterTrouble.UNPLUGGED

    def _face(self, unit_id: int) -> MeterFace | None:
        try:
            return self._world.meter(unit_id)
        except DeviceError:  # without a world there is no meter: silence on the line
            return None

    def _answer(self, frame: bytes, face: MeterFace, table: Table | None, block: Block) -> None:
        trouble = face.trouble
        if trouble is MeterTrouble.ECHO:
            self.transmit(frame)
        if trouble is MeterTrouble.SECOND_MASTER:
            self.transmit(question(_FOREIGN_UNIT, "input", Block(0, 2)))
        thinks_s = self._turnaround_s + (self.late_s if trouble is MeterTrouble.LATE else 0.0)
        reply = self._reply(frame, face, table, block)
        sent = reply[:-2] + bytes(2) if trouble is MeterTrouble.NOISE else reply
        self.transmit(sent, QUESTION_BYTES * self.char_s() + thinks_s)
        if trouble is MeterTrouble.SHARED_ADDRESS:
            self.transmit(reply)

    def _reply(self, frame: bytes, face: MeterFace, table: Table | None, block: Block) -> bytes:
        unit_id, function = frame[:2]
        if table is None:
            return refusal(unit_id, function, ILLEGAL_FUNCTION)
        registers = self._image.read(face, table, block)
        if registers is None:
            return refusal(unit_id, FUNCTIONS[table], ILLEGAL_ADDRESS)
        return answer(unit_id, table, registers)


class TranscriptLine(PtyLine):
    """One meter on a pseudo terminal that answers what a transcript has; at once."""

    def __init__(self, transcript: "Transcript") -> None:
        self._replies = transcript.replies()
        super().__init__()

    def take(self, frame: bytes) -> None:
        """Answer a question."""
        reply = self._replies.to(frame)
        if reply is not None:
            self.transmit(reply)
