"""The numbers in blocks of registers, in our own units.  Pure."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oppleo_flow.devices.meter_profile import Value
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.plausibility import at_its_scale
from oppleo_flow.devices.register_words import RegisterType, WordOrder, code_of, number_in


class _Place(NamedTuple):
    """Where a number stands: in which block, at which register of it, and how many it takes."""

    block: int
    at: int
    size: int


class _Source(NamedTuple):
    """Where the numbers of a value are found, and what they are to be multiplied by."""

    name: str
    value: Value
    places: list[_Place]
    positions: list[int]
    factor: float
    counts: bool


class ValueReader:
    """Finds values in the registers that a plan reads."""

    def __init__(self, values: Mapping[str, Value], plan: Sequence[Block]) -> None:
        places = {n: [_place(block, plan) for block in v.blocks] for n, v in values.items()}
        in_order = sorted((place, v.type) for n, v in values.items() for place in places[n])
        order = {place: position for position, (place, _) in enumerate(in_order)}
        self._sources = [
            _Source(
                *(name, value, places[name], [order[place] for place in places[name]]),
                factor=value.factor,
                counts=value.kind == "register",
            )
            for name, value in values.items()
        ]
        self._words = [struct.Struct(f">{block.count}H") for block in plan]
        self._numbers = [
            _form(block, [number for number in in_order if number[0].block == index])
            for index, block in enumerate(plan)
        ]

    def numbers(
        self, registers: Sequence[tuple[int, ...]], order: WordOrder, prefix: int
    ) -> dict[str, tuple[float, ...]]:
        """Return every number; energy counts `prefix` times what its unit says."""
        found: dict[str, tuple[float, ...]] = {}
        raw = self._all_at_once(registers) if order == "high-first" else None
        for name, value, places, positions, factor, counts in self._sources:
            if raw is not None:
                numbers = [raw[position] for position in positions]
            else:
                numbers = _one_by_one(value.type, places, registers, order)
            scale = factor * prefix if counts else factor
            if value.tenfold:
                found[name] = tuple([at_its_scale(value, number * scale) for number in numbers])
            elif scale != 1:
                found[name] = tuple([number * scale for number in numbers])
            else:
                found[name] = tuple(numbers)
        return found

    def _all_at_once(self, registers: Sequence[tuple[int, ...]]) -> list[float]:
        """Return the numbers as they follow one another in the registers."""
        raw: list[float] = []
        for words, form, numbers in zip(registers, self._words, self._numbers, strict=True):
            raw += numbers.unpack(form.pack(*words))
        return raw


def _one_by_one(
    kind: RegisterType,
    places: Sequence[_Place],
    registers: Sequence[tuple[int, ...]],
    order: WordOrder,
) -> list[float]:
    return [number_in(registers[block][at : at + size], kind, order) for block, at, size in places]


def _place(value: Block, plan: Sequence[Block]) -> _Place:
    for index, block in enumerate(plan):
        if block.start <= value.start and value.end <= block.end:
            return _Place(index, value.start - block.start, value.count)
    raise ValueError(f"register 0x{value.start:04X}: is in no block of the plan")


def _form(block: Block, numbers: Sequence[tuple[_Place, RegisterType]]) -> struct.Struct:
    """Return how the numbers in a block lie when the high word comes first."""
    form, end = ">", 0
    for place, kind in numbers:
        form += f"{2 * (place.at - end)}x{code_of(kind)}"
        end = place.at + place.size
    return struct.Struct(f"{form}{2 * (block.count - end)}x")
