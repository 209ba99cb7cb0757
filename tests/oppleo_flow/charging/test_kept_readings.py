import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oppleo_flow.charging.kept_readings import Runs, Said, last_left_out, sift, written
from oppleo_flow.charging.roll_up import Seen, roll_up
from oppleo_flow.payloads import MeterReading, MeterUnknown

NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def reading(second: float, **values: object) -> MeterReading:
    return MeterReading.sample(time=NOON + second * SECOND, **values)


def silent(second: float, reason: str = "no answer") -> MeterUnknown:
    return MeterUnknown("meter", NOON + second * SECOND, reason)


def kept(said: list[Said], runs: Runs | None = None) -> list[Said]:
    return sift(runs or {}, said, "changed")[0]


def equal(*seconds: float, **values: object) -> list[MeterReading]:
    return [reading(second, **values) for second in seconds]


@pytest.mark.parametrize(
    "new",
    [
        pytest.param({"energy_import_wh": 1_234_568}, id="the energy"),
        pytest.param({"energy_phases_wh": (411_523, 411_522, 411_522)}, id="that of a phase"),
        pytest.param({"power_w": 11_040.1}, id="the power"),
        pytest.param({"power_phases_w": (3680.0, 3680.0, 3680.1)}, id="the power of a phase"),
        pytest.param({"current_phases_a": (16.0, 16.0, 16.01)}, id="a current"),
        pytest.param({"serial": "2"}, id="the meter"),
    ],
)
def test_what_is_new_is_kept_and_the_last_one_before_it(new):
    changed = reading(30, **new)
    assert kept([*equal(0, 10, 20), changed]) == [*equal(0, 20), changed]


@pytest.mark.parametrize(
    "nothing_new",
    [
        pytest.param({"voltage_phases_v": (231.0, 230.0, 229.0)}, id="voltages"),
        pytest.param({"frequency_hz": 49.98}, id="the frequency"),
        pytest.param({"frequency_hz": None}, id="a frequency that is not told"),
    ],
)
def test_voltages_and_the_frequency_alone_are_nothing_new(nothing_new):
    """§2.4 of the original."""
    assert kept([*equal(0, 10), reading(20, **nothing_new)]) == equal(0)


def test_a_change_between_two_readings_leaves_nothing_out():
    said = [reading(10 * n, energy_import_wh=n) for n in range(10)]
    assert kept(said) == said


def test_one_an_hour_is_kept_of_what_does_not_change():
    seconds = [one.time - NOON for one in kept(equal(*range(0, 3 * 86_400, 10)))]
    assert len(seconds) == 72
    assert {later - earlier for earlier, later in itertools.pairwise(seconds)} == {
        timedelta(hours=1)
    }


def test_a_day_without_anything_new_is_kept_as_an_hour_is():
    """The original compares the seconds of a difference only, and so forgets its days."""
    _, runs = sift({}, equal(0, 10), "changed")
    late = reading(86_400 + 20)
    assert kept([late], runs) == [
        reading(10),
        silent(10, "no reading came"),
        late,
    ]


@pytest.mark.parametrize("every_s", [60, 900, 2400, 3600])
def test_readings_that_come_seldom_are_never_more_than_an_hour_apart(every_s):
    times = [one.time for one in kept(equal(*range(0, 86_400, every_s)))]
    apart = {later - earlier for earlier, later in itertools.pairwise(times)}
    assert max(apart) <= timedelta(hours=1)


def test_a_silence_is_kept_with_the_last_reading_before_it_and_the_first_after_it():
    said = [*equal(0, 10, 20), silent(30), silent(30), reading(60), reading(70)]
    assert kept(said) == [*equal(0, 20), silent(30), reading(60)]


def test_a_time_in_which_no_reading_came_is_a_silence():
    assert kept([*equal(0, 10, 20), *equal(400, 410)]) == [
        *equal(0, 20),
        silent(20, "no reading came"),
        reading(400),
    ]


def test_a_clock_that_is_put_back_loses_no_reading():
    said = [*equal(0, 10, 20), *equal(5, 15)]
    assert kept(said) == [*equal(0, 20), reading(5)]


def test_all_of_them_can_be_kept():
    said = [*equal(0, 10, 20), silent(30), *equal(60, 70)]
    assert sift({}, said, "all")[0] == said


def test_meters_are_told_apart():
    house = reading(5, meter="house")
    assert kept([reading(0), house, reading(10), house.with_(time=NOON + 15 * SECOND)]) == [
        reading(0),
        house,
    ]


def test_what_was_left_out_can_be_kept_after_all():
    _, runs = sift({}, equal(0, 10), "changed")
    assert kept([reading(20)], written(runs)) == []
    assert kept([reading(20, energy_import_wh=2)], written(runs)) == [
        reading(20, energy_import_wh=2)
    ]


said_by_a_meter = st.lists(
    st.tuples(
        st.one_of(st.just(10.0), st.floats(1, 4_000)),
        st.sampled_from([0, 0, 0, 1, 25]),
        st.sampled_from([0.0, 0.0, 0.0, 7_000.0]),
        st.booleans(),
    ),
    max_size=80,
)


@settings(max_examples=80, deadline=None)
@given(said_by_a_meter, st.integers(1, 20))
def test_what_is_left_out_changes_no_minute(story, batch):
    said, at, energy = [], 0.0, 0
    for gap, rise, power, is_silent in story:
        at, energy = at + gap, energy + rise
        if is_silent and rise:
            said.append(silent(at))
        else:
            said.append(reading(at, energy_import_wh=energy, power_w=power))
    everything, some = [], []
    for keep, into in (("all", everything), ("changed", some)):
        runs: Runs = {}
        for first in range(0, len(said), batch):
            items, runs = sift(runs, said[first : first + batch], keep)
            into.extend(items)
        into.extend(last_left_out(runs))
    assert len(some) <= len(everything)
    whole, less = rolled(everything), rolled(some)
    assert [(one[:5], one.max_w) for one in less] == [(one[:5], one.max_w) for one in whole]
    assert [one.known_s for one in less] == pytest.approx([one.known_s for one in whole])


def rolled(said: list[Said]) -> list:
    def us(at: datetime) -> int:
        return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    seen = [
        Seen(us(one.time), one.energy_import_wh, one.power_w)
        for one in said
        if isinstance(one, MeterReading)
    ]
    return roll_up(seen, [us(one.since) for one in said if isinstance(one, MeterUnknown)], 60)
