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
    FUNCTIONS,
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
    `terminal`.  `late_s` is by how much a late meter thinks longer; it may be changed at any time.
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
        self._heard_of: dict[int, int] = {}
        self._opened_anew = Event()
        self._plugged_in = Event()
        self._world = world
        self._image = RegisterImage(own)
        self._turnaround_s = turnaround_s
        self._char_bits = char_bits
        self._folder = tempfile.TemporaryDirectory(prefix="simulated-bus-")
        self.path = str(Path(self._folder.name) / "adapter")
        self._plug_in(os.openpty())
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

    def heard_of(self, unit_id: int) -> int:
        """Return how many questions to a unit were heard."""
        return self._heard_of.get(unit_id, 0)

    def overhear(self, data: bytes) -> None:
        """Let some bytes be heard on the line that nobody asked for."""
        os.write(self._ours, data)

    def wait_until_plugged_in(self) -> None:
        """Wait until the adapter is there again."""
        self._plugged_in.wait()

    def wait_until_opened_anew(self) -> None:
        """Wait until a stuck adapter works again."""
        self._opened_anew.wait()

    def _plug_in(self, terminal: tuple[int, int]) -> None:
        self._ours, self._theirs = terminal
        tty.setraw(self._theirs)
        self.terminal = os.ttyname(self._theirs)
        Path(self.path).symlink_to(self.terminal)
        self._plugged_in.set()

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
        self._heard_of[unit_id] = self.heard_of(unit_id) + 1
        face = self._face(unit_id)
        if face is None:
            return
        if face.trouble is not MeterTrouble.STUCK_ADAPTER:
            self._opened_anew.clear()
        match face.trouble:
            case MeterTrouble.UNPLUGGED:
                self._pull_out(unit_id)
            case MeterTrouble.STUCK_ADAPTER if not self._opened_anew.is_set():
                self._wait_until_opened_anew()
            case MeterTrouble.NO_BIAS:
                self._transmit(_NOISE_AT_REST)
            case MeterTrouble.CUT_WIRE:
                pass
            case _:
                self._answer(frame, face, table, block)

    def _face(self, unit_id: int) -> MeterFace | None:
        try:
            return self._world.meter(unit_id)
        except DeviceError:  # without a world there is no meter: silence on the line
            return None

    def _answer(self, frame: bytes, face: MeterFace, table: Table | None, block: Block) -> None:
        unit_id, trouble = frame[0], face.trouble
        if trouble is MeterTrouble.ECHO:
            self._transmit(frame)
        if trouble is MeterTrouble.SECOND_MASTER:
            self._transmit(question(_FOREIGN_UNIT, "input", Block(0, 2)))
        thinks_s = self._turnaround_s + (self.late_s if trouble is MeterTrouble.LATE else 0.0)
        self._closing.wait(QUESTION_BYTES * self._char_s() + thinks_s)
        reply = self._reply(unit_id, face, table, block)
        self._transmit(reply[:-2] + bytes(2) if trouble is MeterTrouble.NOISE else reply)
        if trouble is MeterTrouble.SHARED_ADDRESS:
            self._transmit(reply)

    def _reply(self, unit_id: int, face: MeterFace, table: Table | None, block: Block) -> bytes:
        if table is None:
            return refusal(unit_id, 0, ILLEGAL_FUNCTION)
        registers = self._image.read(face, table, block)
        if registers is None:
            return refusal(unit_id, FUNCTIONS[table], ILLEGAL_ADDRESS)
        return answer(unit_id, table, registers)

    def _transmit(self, frame: bytes) -> None:
        """Let the line's time pass, then let the frame arrive as a whole."""
        self._closing.wait(len(frame) * self._char_s())
        if not self._closing.is_set():
            os.write(self._ours, frame)

    def _pull_out(self, unit_id: int) -> None:
        """Take the adapter away, and bring it back as another terminal when the trouble ends."""
        self._plugged_in.clear()
        Path(self.path).unlink()
        another = os.openpty()
        os.close(self._theirs)
        os.close(self._ours)
        while not self._closing.wait(_LOOK_AGAIN_S):
            face = self._face(unit_id)
            if face is None or face.trouble is not MeterTrouble.UNPLUGGED:
                break
        self._plug_in(another)

    def _wait_until_opened_anew(self) -> None:
        """Say nothing until whoever has the port closes it, and then work again."""
        os.close(self._theirs)
        hang_up = select.poll()
        hang_up.register(self._ours, select.POLLHUP)
        while not self._closing.wait(_LOOK_AGAIN_S):
            if any(event & select.POLLHUP for _, event in hang_up.poll(0)):
                break
        while select.select([self._ours], [], [], 0)[0] and self._swallow():
            pass
        self._theirs = os.open(self.terminal, os.O_RDWR | os.O_NOCTTY)
        self._opened_anew.set()

    def _swallow(self) -> bool:
        """Lose what was asked while the adapter was stuck; return whether there was anything."""
        try:
            return bool(os.read(self._ours, 256))
        except OSError:  # nobody has the terminal open
            return False

    def _char_s(self) -> float:
        """Return the time of a character at the speed that the port was opened with."""
        return self._char_bits / _BAUD_OF[termios.tcgetattr(self._theirs)[5]]
