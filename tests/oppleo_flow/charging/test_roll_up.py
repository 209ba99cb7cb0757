from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.roll_up import HELD, Seen, Slot, merged, roll_up

SECOND = 1_000_000
NOON_S = 1_768_478_400  # 2026-01-15T12:00Z
HOUR = 3600


def seen(second: float, energy_wh: int, power_w: float = 100.0, serial: str = "1") -> Seen:
    return Seen(NOON_S * SECOND + int(second * SECOND), energy_wh, power_w, serial)


def slot(second: int, *values: float | None) -> Slot:
    return Slot(NOON_S + second, *values)


def test_a_slot_has_the_registers_at_its_edges_and_what_passed_in_between():
    assert roll_up([seen(0, 100, 50.0), seen(30, 103, 200.0), seen(90, 109, 0.0)], [], 60) == [
        slot(0, 100, 106, 6, 50.0, 125.0, 200.0, 60.0),
        slot(60, 106, None, 3, 200.0, 200.0, 200.0, 30.0),
    ]


def test_a_reading_at_an_edge_is_the_register_there():
    assert roll_up([seen(0, 100), seen(60, 107), seen(120, 107)], [], 60) == [
        slot(0, 100, 107, 7, 100.0, 100.0, 100.0, 60.0),
        slot(60, 107, 107, 0, 100.0, 100.0, 100.0, 60.0),
    ]


def test_a_slot_that_begins_unknown_has_no_register_there():
    (one,) = roll_up([seen(20, 100), seen(60, 104)], [], 60)
    assert one == slot(0, None, 104, 4, 100.0, 100.0, 100.0, 40.0)


def test_what_has_not_changed_for_an_hour_is_known_all_the_time():
    hour = roll_up([seen(0, 100, 0.0), seen(HOUR, 100, 0.0)], [], 900)
    assert [(one.known_s, one.energy_wh, one.start_wh) for one in hour] == [(900.0, 0, 100)] * 4


@pytest.mark.parametrize(
    ("readings", "silent"),
    [
        pytest.param([seen(0, 100), seen(50, 200)], [20], id="a silence"),
        pytest.param([seen(0, 100), seen(50, 200)], [0], id="a silence since the reading itself"),
        pytest.param([seen(0, 100), seen(50, 99)], [], id="a register that falls"),
        pytest.param([seen(0, 100), seen(50, 200, serial="2")], [], id="another meter"),
        pytest.param([seen(0, 100), seen(HELD.total_seconds() + 1, 200)], [], id="a long gap"),
        pytest.param([seen(0, 100)], [], id="one reading alone"),
        pytest.param([], [5], id="no reading"),
    ],
)
def test_what_is_unknown_is_not_bridged(readings, silent):
    assert roll_up(readings, [NOON_S * SECOND + at * SECOND for at in silent], 60) == []


def test_a_silence_ends_with_the_next_reading():
    readings = [seen(0, 100), seen(10, 101), seen(40, 150), seen(60, 152)]
    (one,) = roll_up(readings, [NOON_S * SECOND + 20 * SECOND], 60)
    assert one == slot(0, 100, 152, 3, 100.0, 100.0, 100.0, 30.0)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Seen], list[int]]:
    """Readings whose register never falls, with gaps, and silences."""
    at, energy, readings = 0.0, 0, []
    for gap, rise, power in draw(
        st.lists(
            st.tuples(
                st.one_of(st.floats(0.001, 30), st.floats(30, 9_000)),
                st.integers(0, 400),
                st.floats(0, 22_000),
            ),
            max_size=60,
        )
    ):
        at, energy = at + gap, energy + rise
        readings.append(seen(at, energy, power))
    silent = draw(st.lists(st.floats(0, at + 1), max_size=4))
    return readings, sorted(NOON_S * SECOND + int(since * SECOND) for since in silent)


@settings(max_examples=60, deadline=None)
@given(days(), st.sampled_from([60, 900, 3600]))
def test_over_whole_slots_that_are_known_the_energy_is_the_last_register_less_the_first(
    day, slot_s
):
    slots = roll_up(*day, slot_s)
    known = {one.since_s: one for one in slots if one.known_s == slot_s}
    assert all(one.energy_wh == one.end_wh - one.start_wh for one in known.values())
    for before, after in pairwise(known.values()):
        if before.since_s + slot_s == after.since_s:
            assert before.end_wh == after.start_wh
    for one in slots:
        assert 0 < one.known_s <= slot_s
        assert one.min_w <= one.max_w
        assert one.min_w * (1 - 1e-9) <= one.mean_w <= one.max_w * (1 + 1e-9)
        assert one.energy_wh >= 0


@settings(max_examples=60, deadline=None)
@given(days())
def test_nothing_that_is_known_is_lost_or_made_up(day):
    readings, silent = day
    known = [
        (before, after)
        for before, after in pairwise(readings)
        if after.at_us - before.at_us <= HELD.total_seconds() * SECOND
        and not any(before.at_us <= since < after.at_us for since in silent)
    ]
    slots = roll_up(readings, silent, 60)
    assert sum(one.energy_wh for one in slots) == sum(b.energy_wh - a.energy_wh for a, b in known)
    assert sum(one.known_s for one in slots) == pytest.approx(
        sum(b.at_us - a.at_us for a, b in known) / SECOND
    )


@settings(max_examples=60, deadline=None)
@given(days(), st.sampled_from([(60, 900), (900, 21_600), (21_600, 86_400)]))
def test_short_slots_make_up_long_ones(day, lengths_s):
    short_s, long_s = lengths_s
    slots = roll_up(*day, long_s)
    made = merged(roll_up(*day, short_s), short_s, long_s)
    assert [(one[:5], one.max_w) for one in made] == [(one[:5], one.max_w) for one in slots]
    for one, other in zip(made, slots, strict=True):
        assert one.mean_w == pytest.approx(other.mean_w)
        assert one.known_s == pytest.approx(other.known_s)
