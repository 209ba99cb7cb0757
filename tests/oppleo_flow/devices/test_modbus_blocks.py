import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.meters import MODELS
from oppleo_flow.devices.modbus_blocks import Block, LineTiming, plan_blocks

even_addresses = st.sets(st.integers(0, 300).map(lambda n: 2 * n), min_size=1)
gaps = st.integers(-1, 60)
limits = st.integers(2, 80)


@given(addresses=even_addresses, gap=gaps, limit=limits)
def test_every_value_is_read_whole_and_once(addresses, gap, limit):
    blocks = plan_blocks(addresses, widest_gap=gap, max_registers=limit)

    for address in addresses:
        covering = [b for b in blocks if b.start <= address and address + 2 <= b.end]
        assert len(covering) == 1


@given(addresses=even_addresses, gap=gaps, limit=limits)
def test_blocks_keep_to_the_device_and_begin_and_end_with_a_wanted_value(addresses, gap, limit):
    for block in plan_blocks(addresses, widest_gap=gap, max_registers=limit):
        assert block.count <= limit
        assert block.start in addresses
        assert block.end - 2 in addresses


@given(addresses=even_addresses, gap=gaps, limit=limits)
def test_no_gap_within_a_block_is_wider_than_it_may_be(addresses, gap, limit):
    for block in plan_blocks(addresses, widest_gap=gap, max_registers=limit):
        inside = sorted(a for a in addresses if block.start <= a < block.end)
        assert all(b - (a + 2) <= gap for a, b in itertools.pairwise(inside))


@given(addresses=even_addresses, gap=gaps)
def test_neighbours_are_only_apart_when_the_gap_between_them_costs_more(addresses, gap):
    blocks = plan_blocks(addresses, widest_gap=gap, max_registers=10_000)

    assert all(b.start - a.end > gap for a, b in itertools.pairwise(blocks))


@pytest.mark.parametrize(
    ("baud", "turnaround_s", "gap"),
    [
        pytest.param(9600, 0.020, 17, id="9600, a device that thinks for 20 ms"),
        pytest.param(9600, 0.0036, 9, id="9600, the quickest answer the standard allows"),
        pytest.param(9600, 0.060, 37, id="9600, a slow device"),
    ],
)
def test_a_gap_is_bridged_as_long_as_another_exchange_costs_more(baud, turnaround_s, gap):
    assert LineTiming(baud, 10, turnaround_s).widest_gap == gap


@pytest.mark.parametrize("parity_bits", [10, 11])
@pytest.mark.parametrize("baud", [2400, 9600, 38400])
@pytest.mark.parametrize("turnaround_s", [0.004, 0.02, 0.06])
def test_the_widest_gap_is_where_bridging_stops_to_pay(baud, parity_bits, turnaround_s):
    timing = LineTiming(baud, parity_bits, turnaround_s)
    another_s = 13 * timing.char_s + turnaround_s + 3.5 * timing.char_s

    assert 2 * timing.widest_gap * timing.char_s < another_s
    assert 2 * (timing.widest_gap + 1) * timing.char_s >= another_s


@pytest.mark.parametrize(
    ("model", "blocks"),
    [
        pytest.param("SDM630v2", [Block(0, 18), Block(70, 4)], id="three phases"),
        pytest.param("SDM120", [Block(0, 14), Block(70, 4)], id="one phase"),
    ],
)
def test_a_reading_at_9600_takes_two_blocks_of_different_lengths(model, blocks):
    # An answer does not say which question it answers; its length does.
    planned = plan_blocks(
        MODELS[model].addresses,
        widest_gap=LineTiming(9600).widest_gap,
        max_registers=MODELS[model].max_registers,
    )
    assert planned == blocks
