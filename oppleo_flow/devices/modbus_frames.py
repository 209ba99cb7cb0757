"""Frames of Modbus RTU as bytes: made, and found in what is heard on a line.  Pure."""

import struct
from collections.abc import Iterator, Sequence
from typing import Final, Literal

from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.serial_bus import Table
from oppleo_flow.immutable import immutable

FUNCTIONS: Final[dict[Table, int]] = {"holding": 3, "input": 4}
QUESTION_BYTES: Final = 8
ILLEGAL_FUNCTION: Final = 1
ILLEGAL_ADDRESS: Final = 2
_TABLES: Final[dict[int, Table]] = {number: table for table, number in FUNCTIONS.items()}
_REFUSAL_BYTES = 5
_MOST_REGISTERS = 125


def crc16(data: bytes) -> bytes:
    """Return the checksum of a Modbus RTU frame, as it stands on the wire."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ 0xA001 if crc & 1 else crc >> 1
    return struct.pack("<H", crc)


def question(unit_id: int, table: Table, block: Block) -> bytes:
    """Return the frame that asks for registers."""
    body = struct.pack(">BBHH", unit_id, FUNCTIONS[table], block.start, block.count)
    return body + crc16(body)


def answer(unit_id: int, table: Table, registers: Sequence[int]) -> bytes:
    """Return the frame that brings registers."""
    count = len(registers)
    body = struct.pack(f">BBB{count}H", unit_id, FUNCTIONS[table], 2 * count, *registers)
    return body + crc16(body)


def refusal(unit_id: int, function: int, code: int) -> bytes:
    """Return the frame that says no to a question of that function."""
    body = bytes([unit_id, function | 0x80, code])
    return body + crc16(body)


def read_question(frame: bytes) -> tuple[int, Table | None, Block] | None:
    """Return unit, table and registers that a frame asks for; None when it is no whole question.

    The table is None for a function that reads neither.
    """
    if len(frame) != QUESTION_BYTES or crc16(frame[:-2]) != frame[-2:]:
        return None
    unit_id, function, start, count = struct.unpack(">BBHH", frame[:-2])
    return unit_id, _TABLES.get(function), Block(start, count)


def read_answer(frame: bytes) -> tuple[int, ...] | None:
    """Return the registers that a frame brings, none in a refusal; None when it is no answer."""
    heard = _frame_at(frame, 0) if len(frame) >= _REFUSAL_BYTES else None
    if heard is None or heard.kind != "answer" or len(heard.frame) != len(frame):
        return None
    return struct.unpack(f">{heard.registers}H", frame[3:-2]) if heard.registers else ()


@immutable
class Heard:
    """A whole frame on the line; `registers` is how many it asks for or brings, 0 in a refusal."""

    kind: Literal["question", "answer"]
    unit_id: int
    registers: int
    frame: bytes


def heard_in(data: bytes) -> Iterator[Heard]:
    """Yield the whole frames in some bytes; what is none is passed over."""
    at = 0
    while at + _REFUSAL_BYTES <= len(data):
        heard = _frame_at(data, at)
        if heard is None:
            at += 1
        else:
            at += len(heard.frame)
            yield heard


def _frame_at(data: bytes, at: int) -> Heard | None:
    """Return the frame that begins here; None when none does."""
    unit_id, function, third = data[at : at + 3]
    if function in _TABLES:
        count = int.from_bytes(data[at + 4 : at + 6], "big")
        if 0 < count <= _MOST_REGISTERS and _is_whole(data[at : at + QUESTION_BYTES], 8):
            return Heard("question", unit_id, count, data[at : at + QUESTION_BYTES])
        size, count = 5 + third, third // 2
    elif function & 0x7F in _TABLES:
        size, count = _REFUSAL_BYTES, 0
    else:
        return None
    frame = data[at : at + size]
    return Heard("answer", unit_id, count, frame) if _is_whole(frame, size) else None


def _is_whole(frame: bytes, size: int) -> bool:
    return len(frame) == size and crc16(frame[:-2]) == frame[-2:]
