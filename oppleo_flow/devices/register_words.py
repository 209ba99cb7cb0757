"""Numbers and the 16-bit registers that hold them.  Pure."""

import struct
from collections.abc import Sequence
from typing import Final, Literal

RegisterType = Literal[
    "float32", "uint16", "int16", "uint32", "int32", "uint64", "int64", "float64"
]
WordOrder = Literal["high-first", "low-first"]
"""Which of the registers of one number comes first; within a register the high byte does."""

_CODES: Final = {
    "float32": "f",
    "float64": "d",
    "uint16": "H",
    "int16": "h",
    "uint32": "I",
    "int32": "i",
    "uint64": "Q",
    "int64": "q",
}


def code_of(kind: RegisterType) -> str:
    """Return how a form of `struct` names a type of number."""
    return _CODES[kind]


def width(kind: RegisterType) -> int:
    """Return how many registers a number takes."""
    return struct.calcsize(f">{_CODES[kind]}") // 2


def number_in(words: Sequence[int], kind: RegisterType, order: WordOrder) -> float:
    """Return the number that registers hold."""
    ordered = words if order == "high-first" else words[::-1]
    (number,) = struct.unpack(f">{_CODES[kind]}", struct.pack(f">{len(words)}H", *ordered))
    return number  # type: ignore[no-any-return]  # an int counts as a float


def words_of(number: float, kind: RegisterType, order: WordOrder) -> tuple[int, ...]:
    """Return the registers that hold a number; an integer type takes what is nearest."""
    value = number if kind.startswith("float") else round(number)
    words = struct.unpack(f">{width(kind)}H", struct.pack(f">{_CODES[kind]}", value))
    return words if order == "high-first" else words[::-1]
