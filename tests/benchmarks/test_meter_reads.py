"""The meters of row 9 are read as its table says."""

from oppleo_flow.devices.modbus_blocks import Block
from tests.benchmarks.meter_reads import UNITS, limit_ms, meters, singly, values


def test_all_values_are_read_in_three_blocks_or_one_by_one() -> None:
    with meters() as (bus, readers):
        before = bus.tally(UNITS[0]).asked
        readers[0].read()
        in_blocks = bus.tally(UNITS[0]).asked - before
        singly(bus, UNITS[0])
        one_by_one = bus.tally(UNITS[0]).asked - before - in_blocks
        plan = readers[0].plan

    assert plan == [Block(0, 18), Block(52, 24), Block(342, 22)]
    assert (values(), in_blocks, one_by_one) == (23, 3, 23)
    assert round(limit_ms(bus, plan)) == 245
