import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.meter_faults import MeterExchanged, MeterWrong, RegisterFell
from oppleo_flow.devices.register_watch import RegisterWatch

MOST_W = 36_000.0


@pytest.fixture
def watch():
    made = RegisterWatch(1, MOST_W)
    made.check("7", 5_000_000, 0.0)
    return made


@given(powers=st.lists(st.tuples(st.floats(0, MOST_W), st.floats(1, 3600)), max_size=30))
def test_what_a_meter_can_measure_is_never_refused(powers):
    watch, energy_wh, at_s = RegisterWatch(1, MOST_W), 5_000_000.0, 0.0
    watch.check("7", round(energy_wh), at_s)
    for power_w, seconds in powers:
        at_s += seconds
        energy_wh += power_w * seconds / 3600
        watch.check("7", round(energy_wh), at_s)


def test_a_register_that_falls_is_refused_until_it_is_above_again(watch):
    with pytest.raises(RegisterFell) as fell:
        watch.check("7", 4_999_999, 10.0)

    assert str(fell.value) == "unit 1: the energy fell from 5000000 to 4999999 Wh"
    with pytest.raises(RegisterFell):
        watch.check("7", 0, 20.0)
    watch.check("7", 5_000_001, 30.0)


def test_a_register_that_jumps_is_refused(watch):
    with pytest.raises(MeterWrong) as jumped:
        watch.check("7", 5_002_000, 10.0)

    assert str(jumped.value) == (
        "unit 1: the energy rose from 5000000 to 5002000 Wh in 10 s; 1110 Wh is the most that is "
        "plausible"
    )


def test_after_an_outage_a_register_may_have_gone_on(watch):
    watch.check("7", 5_030_000, 3600.0)


@pytest.mark.parametrize(
    ("serial", "energy_wh", "text"),
    [
        pytest.param("8", 0, "unit 1: serial number: 7 before, got 8", id="a new meter"),
        pytest.param("8", 9_000_000, "unit 1: serial number: 7 before, got 8", id="a used one"),
        pytest.param(
            None, 5_000_000, "unit 1: serial number: 7 before, got none", id="one without a number"
        ),
    ],
)
def test_another_meter_is_told_once_and_then_counts_from_where_it_is(
    watch, serial, energy_wh, text
):
    with pytest.raises(MeterExchanged) as exchanged:
        watch.check(serial, energy_wh, 10.0)

    assert str(exchanged.value) == text
    watch.check(serial, energy_wh + 10, 20.0)
    with pytest.raises(RegisterFell):
        watch.check(serial, energy_wh, 30.0)


def test_a_meter_without_a_number_is_watched_too():
    watch = RegisterWatch(1, MOST_W)
    watch.check(None, 100, 0.0)
    watch.check(None, 110, 10.0)

    with pytest.raises(RegisterFell):
        watch.check(None, 0, 20.0)
