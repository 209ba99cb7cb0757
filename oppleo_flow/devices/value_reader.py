"""The numbers in blocks of registers, in our own units.  Pure."""

import struct
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from oppleo_flow.devices.meter_profile import Value
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.plausibility import Numbers, at_its_scale
from oppleo_flow.devices.register_words import WordOrder, number_in, struct_of


class _Place(NamedTuple):
    """Where a number stands: in which block, at which register of it, and how many it takes."""

    block: int
    at: int
    size: int


class ValueReader:
    """Finds values in the registers that a plan reads."""

    def __init__(self, values: Mapping[str, Value], plan: Sequence[Block]) -> None:
        self._values = [
            (name, value, struct_of(value.type), [_place(block, plan) for block in value.blocks])
            for name, value in values.items()
        ]

    def numbers(
        self, registers: Sequence[tuple[int, ...]], order: WordOrder, prefix: int
    ) -> Numbers:
        """Return every number; energy counts `prefix` times what its unit says."""
        data = [struct.pack(f">{len(words)}H", *words) for words in registers]
        found: dict[str, tuple[float, ...]] = {}
        for name, value, form, places in self._values:
            if order == "high-first":
                raw = [form.unpack_from(data[place.block], 2 * place.at)[0] for place in places]
            else:
                raw = [
                    number_in(registers[block][at : at + size], value.type, order)
                    for block, at, size in places
                ]
            factor = value.factor * prefix if value.kind == "register" else value.factor
            if value.tenfold:
                found[name] = tuple([at_its_scale(value, number * factor) for number in raw])
            else:
                found[name] = tuple([number * factor for number in raw])
        return found


def _place(value: Block, plan: Sequence[Block]) -> _Place:
    for index, block in enumerate(plan):
        if block.start <= value.start and value.end <= block.end:
            return _Place(index, value.start - block.start, value.count)
    raise ValueError(f"register 0x{value.start:04X}: is in no block of the plan")
