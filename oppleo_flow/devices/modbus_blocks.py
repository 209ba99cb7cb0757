"""Which registers to read in one go.  Pure."""

from collections.abc import Iterable

from oppleo_flow.immutable import immutable

_REQUEST_CHARS = 8
_ANSWER_CHARS = 5  # without the registers: address, function, count, checksum
_SILENCE_CHARS = 3.5


@immutable
class Block:
    """Some consecutive registers."""

    start: int
    count: int

    @property
    def end(self) -> int:
        """Return the address after the last register."""
        return self.start + self.count


@immutable
class LineTiming:
    """How long things take on a serial line.

    `char_bits` counts the start, parity and stop bits; `turnaround_s` is how long a device thinks.
    """

    baud: int
    char_bits: int = 10
    turnaround_s: float = 0.02

    @property
    def char_s(self) -> float:
        """Return the time of one character."""
        return self.char_bits / self.baud

    def exchange_s(self, registers: int) -> float:
        """Return the time of one question and its answer on the wire, thinking not counted."""
        return (_REQUEST_CHARS + _ANSWER_CHARS + 2 * registers) * self.char_s

    @property
    def widest_gap(self) -> int:
        """Return how many unwanted registers cost less than another exchange."""
        another_s = self.exchange_s(0) + self.turnaround_s + _SILENCE_CHARS * self.char_s
        registers = another_s / (2 * self.char_s)
        return int(registers) if registers % 1 else int(registers) - 1


def plan_blocks(values: Iterable[Block], *, widest_gap: int, most_registers: int) -> list[Block]:
    """Return the blocks that read `values` in the least time, each value whole.

    Two values share a block when at most `widest_gap` registers lie between them and the block
    stays within `most_registers`.
    """
    blocks: list[Block] = []
    for value in sorted(set(values), key=lambda block: (block.start, block.end)):
        last = blocks[-1] if blocks else None
        if (
            last is not None
            and value.start - last.end <= widest_gap
            and value.end - last.start <= most_registers
        ):
            blocks[-1] = Block(last.start, max(value.end, last.end) - last.start)
        else:
            blocks.append(value)
    return blocks
