"""The wire twin of a bus with kWh meters: it answers frames on a pseudo terminal."""

import os
import select
import tempfile
import termios
import tty
from pathlib import Path
from threading import Event, Thread

from oppleo_flow.devices.meter_registers import RegisterImage
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import (
    ILLEGAL_ADDRESS,
    ILLEGAL_FUNCTION,
    QUESTION_BYTES,
    answer,
    question,
    read_question,
    refusal,
)
from oppleo_flow.devices.serial_bus import Table
from oppleo_flow.devices.world import MeterFace, World
from oppleo_flow.errors import DeviceError

_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_BAUD_OF = {getattr(termios, f"B{baud}"): baud for baud in _BAUDS}
_NOISE_AT_REST = bytes(32)
_LOOK_AGAIN_S = 0.02
_FOREIGN_UNIT = 11


class MeterLine:
    """The meters of a world on a pseudo terminal, at the speed of a real line.

    `path` is the port to open: it stays when the adapter is pulled out and comes back as another
    terminal.  `troubles` holds what is wrong with which unit, and may be changed at any time;
    `late_s` is by how much a late meter thinks longer.  `asked` counts what was asked of each.
    """

    def __init__(
        self,
        world: World,
        *,
        turnaround_s: float = 0.02,
        char_bits: int = 10,
        own: Path | None = None,
    ) -> None:
        self.troubles: dict[int, MeterTrouble] = {}
        self.late_s = 0.6
        self.asked: dict[int, int] = {}
        self._world = world
        self._image = RegisterImage(own)
        self._turnaround_s = turnaround_s
        self._char_bits = char_bits
        self._folder = tempfile.TemporaryDirectory(prefix="simulated-bus-")
        self.path = str(Path(self._folder.name) / "adapter")
        self._plug_in()
        self._stopped, self._stop = os.pipe()
        self._closing = Event()
        self._thread = Thread(target=self._run, name="simulated-meters", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Take the line down."""
        self._closing.set()
        os.write(self._stop, b"x")
        self._thread.join()
        for descriptor in (self._ours, self._theirs, self._stopped, self._stop):
            os.close(descriptor)
        self._folder.cleanup()

    def _plug_in(self) -> None:
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self._terminal = os.ttyname(self._theirs)
        Path(self.path).symlink_to(self._terminal)

    def _run(self) -> None:
        heard = b""
        while not self._closing.is_set():
            # A pause ends a frame, whole or not: what is left over is noise.
            pause_s = 20 * self._char_s() if heard else None
            ready, _, _ = select.select([self._ours, self._stopped], [], [], pause_s)
            if self._ours not in ready:
                heard = b""
                continue
            heard += os.read(self._ours, 256)
            while len(heard) >= QUESTION_BYTES:
                frame, heard = heard[:QUESTION_BYTES], heard[QUESTION_BYTES:]
                self._take(frame)

    def _take(self, frame: bytes) -> None:
        """Do what the bus does when somebody asks."""
        asked = read_question(frame)
        if asked is None:
            return
        unit_id, table, block = asked
        self.asked[unit_id] = self.asked.get(unit_id, 0) + 1
        trouble = self.troubles.get(unit_id)
        match trouble:
            case MeterTrouble.UNPLUGGED:
                self._pull_out(unit_id)
            case MeterTrouble.STUCK_ADAPTER:
                self._wait_until_opened_anew(unit_id)
            case MeterTrouble.NO_BIAS:
                self._transmit(_NOISE_AT_REST)
            case MeterTrouble.CUT_WIRE:
                pass
            case _:
                self._answer(frame, unit_id, table, block, trouble)

    def _answer(
        self,
        frame: bytes,
        unit_id: int,
        table: Table | None,
        block: Block,
        trouble: MeterTrouble | None,
    ) -> None:
        try:
            face = self._world.meter(unit_id)
        except DeviceError:  # without a world there is no meter: silence on the line
            return
        if face is None:
            return
        if trouble is MeterTrouble.ECHO:
            self._transmit(frame)
        if trouble is MeterTrouble.SECOND_MASTER:
            self._transmit(question(_FOREIGN_UNIT, "input", Block(0, 2)))
        thinks_s = self._turnaround_s + (self.late_s if trouble is MeterTrouble.LATE else 0.0)
        self._closing.wait(QUESTION_BYTES * self._char_s() + thinks_s)
        reply = self._reply(face, unit_id, table, block, trouble)
        self._transmit(reply[:-2] + bytes(2) if trouble is MeterTrouble.NOISE else reply)
        if trouble is MeterTrouble.SHARED_ADDRESS:
            self._transmit(reply)

    def _reply(
        self,
        face: MeterFace,
        unit_id: int,
        table: Table | None,
        block: Block,
        trouble: MeterTrouble | None,
    ) -> bytes:
        if table is None:
            return refusal(unit_id, 0, ILLEGAL_FUNCTION)
        registers = self._image.read(face, table, block, trouble)
        if registers is None:
            return refusal(unit_id, 4 if table == "input" else 3, ILLEGAL_ADDRESS)
        return answer(unit_id, table, registers)

    def _transmit(self, frame: bytes) -> None:
        """Let the line's time pass, then let the frame arrive as a whole."""
        self._closing.wait(len(frame) * self._char_s())
        if not self._closing.is_set():
            os.write(self._ours, frame)

    def _pull_out(self, unit_id: int) -> None:
        """Take the adapter away, and bring it back as another terminal when the trouble ends."""
        Path(self.path).unlink()
        os.close(self._theirs)
        os.close(self._ours)
        while self.troubles.get(unit_id) is MeterTrouble.UNPLUGGED:
            if self._closing.wait(_LOOK_AGAIN_S):
                break
        self._plug_in()

    def _wait_until_opened_anew(self, unit_id: int) -> None:
        """Say nothing until whoever has the port closes it, then work again."""
        os.close(self._theirs)
        hang_up = select.poll()
        hang_up.register(self._ours, select.POLLHUP)
        while not self._closing.wait(_LOOK_AGAIN_S):
            if any(event & select.POLLHUP for _, event in hang_up.poll(0)):
                self.troubles.pop(unit_id, None)
                break
        self._theirs = os.open(self._terminal, os.O_RDWR | os.O_NOCTTY)

    def _char_s(self) -> float:
        """Return the time of a character at the speed that the port was opened with."""
        return self._char_bits / _BAUD_OF[termios.tcgetattr(self._theirs)[5]]
