import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.simulator.car import Car, EnergyCounter

spans = st.lists(st.tuples(st.floats(0.01, 10_000), st.floats(0, 22_000)), min_size=1, max_size=10)


@given(spans=spans)
def test_the_counter_counts_the_sum_of_power_times_time(spans):
    counter, now_s, sum_wh = EnergyCounter(1000.0), 0.0, 0.0
    for length_s, power_w in spans:
        counter.settle(now_s, power_w)
        now_s += length_s
        sum_wh += power_w * length_s / 3600

    assert counter.energy_at(now_s) == pytest.approx(1000.0 + sum_wh)


@given(spans=spans)
def test_the_counter_never_falls_however_often_it_is_looked_at(spans):
    counter, now_s, before_wh = EnergyCounter(0.0), 0.0, 0.0
    for length_s, power_w in spans:
        counter.settle(now_s, power_w)
        now_s += length_s
        assert counter.energy_at(now_s) >= before_wh
        before_wh = counter.energy_at(now_s)


def test_a_car_is_full_when_it_said_it_would_be():
    car = Car(capacity_wh=60_000, charge_wh=24_000)
    car.settle(100.0, car.power_w)
    full_at_s = car.full_at_s

    assert full_at_s == pytest.approx(100 + 36_000 / (11_040 * 0.9) * 3600)
    car.settle(full_at_s, 0.0)
    assert car.full
    assert car.full_at_s is None


def test_a_car_that_is_not_charged_is_never_full():
    assert Car().full_at_s is None


@given(power_w=st.floats(1, 22_000), after_s=st.floats(0, 1e7))
def test_a_battery_never_holds_more_than_it_can(power_w, after_s):
    car = Car()
    car.settle(0.0, power_w)

    assert car.charge_at(after_s) <= car.capacity_wh
