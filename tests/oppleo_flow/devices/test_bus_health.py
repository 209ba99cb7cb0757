from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.bus_health import LATEST_S, Device
from oppleo_flow.devices.serial_bus import Tally
from oppleo_flow.errors import DeviceTimeout

SILENT = DeviceTimeout("unit 1: no answer")


def test_a_device_that_failed_once_is_asked_again_at_once():
    device = Device()
    device.failed(SILENT, took_s=0.5, now_s=10.0)

    assert (device.failing, device.error) == (1, SILENT)
    assert not device.rests(10.0)


@given(took_s=st.floats(0.001, 5), times=st.integers(2, 50))
def test_one_that_goes_on_failing_has_a_tenth_of_the_bus_at_most(took_s, times):
    device, now_s, asking_s, after_first_s = Device(), 0.0, 0.0, 0.0
    for number in range(times):
        while device.rests(now_s):
            now_s += took_s / 10
        now_s += took_s
        device.failed(SILENT, took_s, now_s)
        if number:
            asking_s += took_s
        else:
            after_first_s = now_s
    while device.rests(now_s):
        now_s += took_s / 10

    assert asking_s <= 0.101 * (now_s - after_first_s)


def test_it_never_rests_longer_than_a_minute():
    device = Device()
    for _ in range(2):
        device.failed(SILENT, took_s=100.0, now_s=0.0)

    assert device.rests(59.9)
    assert not device.rests(60.0)


def test_one_that_works_again_does_not_rest():
    device = Device()
    for _ in range(2):
        device.failed(SILENT, took_s=1.0, now_s=0.0)
    device.worked()

    assert (device.rests(0.1), device.failing, device.error) == (False, 0, None)


@given(lengths=st.lists(st.integers(1, 125), max_size=10), after_s=st.floats(0, 4.9))
def test_no_length_that_is_owed_is_asked_before_the_device_is_in_step(lengths, after_s):
    device = Device()
    for length in lengths:
        device.owe(length, 0.0)

    assert all(device.owes(length, after_s) for length in lengths)
    assert device.another_length(after_s) not in lengths


def test_an_answer_of_another_length_settles_everything():
    device = Device()
    device.owe(2, 0.0)
    device.owe(18, 0.0)
    assert device.another_length(0.0) == 4
    device.settle()

    assert not device.owes_anything(0.0)


def test_nothing_is_owed_for_ever():
    device = Device()
    for length in (2, 4, 6, 8, 10):
        device.owe(length, 0.0)
    assert device.another_length(LATEST_S - 0.1) is None

    assert device.another_length(LATEST_S) == 2


def test_what_happens_is_counted():
    device = Device()
    assert device.tally.lost_share == 0.0
    device.count(asked=1, answered=1)
    device.count(asked=1, silent=1)

    assert device.tally == Tally(asked=2, answered=1, silent=1)
    assert device.tally.lost_share == 0.5
