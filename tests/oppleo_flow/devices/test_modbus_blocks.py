import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.modbus_blocks import Block, LineTiming, plan_blocks
from oppleo_flow.devices.profile_files import meter_profile


@st.composite
def values(draw):
    """Draw values of one to four registers that do not overlap."""
    at, found = 0, []
    for gap, width in draw(
        st.lists(st.tuples(st.integers(0, 60), st.integers(1, 4)), min_size=1, max_size=40)
    ):
        found.append(Block(at + gap, width))
        at += gap + width
    return draw(st.permutations(found))


gaps = st.integers(-1, 60)
limits = st.integers(4, 80)


@given(wanted=values(), gap=gaps, limit=limits)
def test_every_value_is_read_whole_and_once(wanted, gap, limit):
    blocks = plan_blocks(wanted, widest_gap=gap, most_registers=limit)

    for value in wanted:
        assert [b.start <= value.start and value.end <= b.end for b in blocks].count(True) == 1


@given(wanted=values(), gap=gaps, limit=limits)
def test_blocks_keep_to_the_device_and_begin_and_end_with_a_wanted_value(wanted, gap, limit):
    for block in plan_blocks(wanted, widest_gap=gap, most_registers=limit):
        assert block.count <= limit
        assert block.start in [value.start for value in wanted]
        assert block.end in [value.end for value in wanted]


@given(wanted=values(), gap=gaps, limit=limits)
def test_no_gap_within_a_block_is_wider_than_it_may_be(wanted, gap, limit):
    for block in plan_blocks(wanted, widest_gap=gap, most_registers=limit):
        inside = sorted((v.start, v.end) for v in wanted if block.start <= v.start < block.end)
        assert all(b[0] - a[1] <= gap for a, b in itertools.pairwise(inside))


@given(wanted=values(), gap=gaps)
def test_neighbours_are_only_apart_when_the_gap_between_them_costs_more(wanted, gap):
    blocks = plan_blocks(wanted, widest_gap=gap, most_registers=10_000)

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


TWENTY = (
    *("total_power", "total_apparent_power", "total_reactive_power", "total_power_factor"),
    *("energy_export", "energy_total", "energy_total_phases"),
)


def plan(model, also=()):
    selection = Selection(meter_profile(model), also=also)
    return plan_blocks(
        [block for value in selection.values.values() for block in value.blocks],
        widest_gap=LineTiming(9600).widest_gap,
        most_registers=selection.profile.most_registers,
    )


@pytest.mark.parametrize(
    ("model", "also", "blocks"),
    [
        pytest.param(
            "SDM630v2", (), [Block(0, 18), Block(70, 4), Block(346, 6)], id="three phases"
        ),
        pytest.param("SDM120", (), [Block(0, 14), Block(70, 4)], id="one phase"),
        pytest.param("SDM72D-M", (), [Block(52, 2), Block(72, 2)], id="sums only"),
        pytest.param(
            "generic", (), [Block(0, 10), Block(10, 8), Block(70, 4)], id="in short pieces"
        ),
        pytest.param(
            "SDM630v2",
            TWENTY,
            [Block(0, 18), Block(52, 24), Block(342, 22)],
            id="twenty values, and the registers between them, in three blocks",
        ),
    ],
)
def test_a_reading_at_9600_takes_few_blocks(model, also, blocks):
    assert plan(model, also) == blocks


def test_the_values_of_the_usual_meters_come_in_blocks_of_different_lengths():
    # An answer does not say which question it answers; its length does.
    for model in ("SDM630v2", "SDM120", "SDM220", "SDM230"):
        lengths = [block.count for block in plan(model)]
        assert len(set(lengths)) == len(lengths)


def test_the_twenty_values_come_with_the_import_of_each_phase_between_them():
    selection = Selection(meter_profile("SDM630v2"), also=TWENTY)

    assert sum(len(value.at) for value in selection.values.values()) == 20 + 3
