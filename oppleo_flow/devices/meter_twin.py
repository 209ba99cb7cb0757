"""The twins of a bus with kWh meters: one answers frames on a pseudo terminal, one our calls."""

import functools
import os
import select
import struct
import termios
import tty
from threading import Event, Thread
from typing import NamedTuple

from oppleo_flow.devices.meters import MeterModel, meter_model
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.serial_bus import RegisterRefused, SerialBus, Table
from oppleo_flow.devices.world import MeterFace, World
from oppleo_flow.errors import DeviceError, DeviceTimeout

_INPUT_REGISTERS = 0x0180
_HOLDING_REGISTERS = 0x0100
_REQUEST_BYTES = 8
_FUNCTION_TABLE: dict[int, Table] = {3: "holding", 4: "input"}
_ILLEGAL_FUNCTION, _ILLEGAL_ADDRESS = 1, 2
_BAUDS = (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)
_BAUD_OF = {getattr(termios, f"B{baud}"): baud for baud in _BAUDS}


def read_face(face: MeterFace, table: Table, block: Block) -> tuple[int, ...] | None:
    """Return registers of a meter that shows `face`; None when it refuses such a read.

    Registers that the model leaves out read as 0.  Measured values are read whole or not at all.
    """
    model = meter_model(face.model)
    if not 0 < block.count <= model.max_registers:
        return None
    if table == "holding":
        return _holding_registers(model, face, block)
    if block.start % 2 or block.count % 2 or block.end > _INPUT_REGISTERS:
        return None
    shown = (
        *face.voltage_phases_v,
        *face.current_phases_a,
        *face.power_phases_w,
        face.frequency_hz,
        face.energy_import_wh / 1000,
        0.0,
    )
    floats = [shown[index] for index in _layout(model.name, block)]
    return struct.unpack(f">{block.count}H", struct.pack(f">{block.count // 2}f", *floats))


@functools.cache
def _layout(model_name: str, block: Block) -> tuple[int, ...]:
    """Return which of the values shown stands at each address; the last, 0, where none does."""
    order = {address: index for index, address in enumerate(meter_model(model_name).addresses)}
    return tuple(order.get(address, -1) for address in range(block.start, block.end, 2))


def _holding_registers(model: MeterModel, face: MeterFace, block: Block) -> tuple[int, ...] | None:
    high, low = model.serial_words
    words = {high: face.serial >> 16, low: face.serial & 0xFFFF}
    if any(a not in words and a >= _HOLDING_REGISTERS for a in range(block.start, block.end)):
        return None
    return tuple(words.get(address, 0) for address in range(block.start, block.end))


class _Answer(NamedTuple):
    """What a meter that showed a face has answered last."""

    face: MeterFace
    table: Table
    block: Block
    registers: tuple[int, ...]

    def to(self, face: MeterFace, table: Table, block: Block) -> bool:
        """Return whether this answers the very same question again."""
        return self.face is face and self.block is block and self.table == table


class WorldSerialBus(SerialBus):
    """The meters of a world at our own seam: instant, without a thread."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._answers: dict[int, _Answer] = {}

    @property
    def timing(self) -> LineTiming:
        """Return a timing by which one long exchange is better than two: only calls cost here."""
        return LineTiming(9600, turnaround_s=1.0)

    def read_registers(self, unit_id: int, table: Table, block: Block) -> tuple[int, ...]:
        """Return 16-bit registers of one meter."""
        face = self._world.meter(unit_id)
        what = f"reading {table} register 0x{block.start:04X}"
        if face is None:
            raise DeviceTimeout(f"unit {unit_id}: no answer {what}")
        last = self._answers.get(unit_id)
        if last is not None and last.to(face, table, block):
            return last.registers
        registers = read_face(face, table, block)
        if registers is None:
            raise RegisterRefused(f"unit {unit_id}: refused {what}")
        self._answers[unit_id] = _Answer(face, table, block, registers)
        return registers

    def close(self) -> None:
        """Do nothing: there is no port."""


class MeterLine:
    """The meters of a world on a pseudo terminal, at the speed of a real line.

    `path` is the port to open.  The levers `late_s`, added to the time a meter thinks, and
    `garbled`, which spoils the checksums, may be moved at any time.
    """

    def __init__(self, world: World, *, turnaround_s: float = 0.02, char_bits: int = 10) -> None:
        self.late_s = 0.0
        self.garbled = False
        self._world = world
        self._turnaround_s = turnaround_s
        self._char_bits = char_bits
        self._ours, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.path = os.ttyname(self._theirs)
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

    def _run(self) -> None:
        request = b""
        while not self._closing.is_set():
            # A pause ends a frame, whole or not: what is left over is noise.
            pause_s = 20 * self._char_s() if request else None
            ready, _, _ = select.select([self._ours, self._stopped], [], [], pause_s)
            if self._ours not in ready:
                request = b""
                continue
            request += os.read(self._ours, 256)
            while len(request) >= _REQUEST_BYTES:
                frame, request = request[:_REQUEST_BYTES], request[_REQUEST_BYTES:]
                self._answer(frame)

    def _answer(self, frame: bytes) -> None:
        if crc16(frame[:-2]) != frame[-2:]:
            return
        try:
            face = self._world.meter(frame[0])
        except DeviceError:  # without a world there is no meter: silence on the line
            return
        if face is None:
            return
        answer = _answer_to(frame, face)
        self._closing.wait(_REQUEST_BYTES * self._char_s() + self._turnaround_s + self.late_s)
        checksum = bytes(2) if self.garbled else crc16(answer)
        self._transmit(answer + checksum)

    def _transmit(self, frame: bytes) -> None:
        """Let the line's time pass, then let the frame arrive as a whole."""
        self._closing.wait(len(frame) * self._char_s())
        if not self._closing.is_set():
            os.write(self._ours, frame)

    def _char_s(self) -> float:
        """Return the time of a character at the speed that the port was opened with."""
        return self._char_bits / _BAUD_OF[termios.tcgetattr(self._theirs)[5]]


def _answer_to(frame: bytes, face: MeterFace) -> bytes:
    """Return the answer to a request, without its checksum."""
    unit_id, function, start, count = struct.unpack(">BBHH", frame[:-2])
    table = _FUNCTION_TABLE.get(function)
    if table is None:
        return bytes([unit_id, function | 0x80, _ILLEGAL_FUNCTION])
    registers = read_face(face, table, Block(start, count))
    if registers is None:
        return bytes([unit_id, function | 0x80, _ILLEGAL_ADDRESS])
    return bytes([unit_id, function, 2 * count]) + struct.pack(f">{count}H", *registers)


def crc16(data: bytes) -> bytes:
    """Return the checksum of a Modbus RTU frame, as it stands on the wire."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)
