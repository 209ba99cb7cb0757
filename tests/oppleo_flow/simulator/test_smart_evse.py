import pytest

from oppleo_flow.payloads import EvseSignal
from oppleo_flow.simulator.smart_evse import EvseTimes, SmartEvse

TIMES = EvseTimes()  # those of the devices


class Bench:
    """An EVSE that is stepped from event to event; `went` keeps when it was in which state."""

    def __init__(self):
        self.evse = SmartEvse(TIMES)
        self.now_s = 0.0

    def run(self, seconds):
        """Return the states entered, and when."""
        went = []
        until_s = self.now_s + seconds
        while (due_s := self.evse.next_event_s) is not None and due_s <= until_s:
            before = (self.evse.state, self.evse.signal)
            self.evse.step(due_s)
            after = (self.evse.state, self.evse.signal)
            if after != before:
                went.append((round(due_s, 2), *after))
        self.now_s = until_s
        return went

    def switch(self, closed):
        self.evse.set_switch(closed, self.now_s)

    def plug(self, wants=True):
        self.evse.set_demand(wants, self.now_s)
        self.evse.plug_in(self.now_s)


@pytest.fixture
def bench():
    return Bench()


@pytest.fixture
def charging(bench):
    bench.switch(True)
    bench.run(1)
    bench.plug()
    bench.run(9)
    assert bench.evse.state == "C"
    return bench  # it is 10 s now


def test_without_access_it_is_dark_whether_a_car_is_there_or_not(bench):
    assert bench.evse.signal is EvseSignal.ACCESS_OFF
    bench.plug()

    assert bench.run(100) == []
    assert (bench.evse.state, bench.evse.signal) == ("B1", EvseSignal.ACCESS_OFF)


def test_access_counts_once_the_switch_was_closed_for_a_moment(bench):
    bench.switch(True)

    assert bench.run(1) == [(0.11, "A", EvseSignal.STANDBY)]


def test_a_pulse_on_the_switch_that_is_too_short_changes_nothing(bench):
    bench.switch(True)
    bench.run(0.1)
    bench.switch(False)

    assert bench.run(10) == []
    assert bench.evse.access is False


def test_a_car_that_comes_to_an_open_charger_charges_as_soon_as_it_asks(bench):
    bench.switch(True)
    bench.run(1)
    bench.plug()

    assert (bench.evse.state, bench.evse.signal) == ("B", EvseSignal.CONNECTED)
    assert bench.run(10) == [(2.5, "C", EvseSignal.CHARGING)]
    assert bench.evse.delivers


def test_access_for_a_car_that_waits_takes_the_pilot_pause_and_the_charge_delay(bench):
    bench.plug()
    bench.switch(True)

    assert bench.run(60) == [
        (0.11, "B1", EvseSignal.CONNECTED),
        (3.11, "delay", EvseSignal.WAITING),
        (18.11, "B", EvseSignal.CONNECTED),
        (19.61, "C", EvseSignal.CHARGING),
    ]


def test_access_off_asks_the_car_to_stop_before_the_contactor_opens(charging):
    charging.switch(False)

    assert charging.run(0.5) == [(10.11, "C1", EvseSignal.ACCESS_OFF)]
    assert charging.evse.delivers
    assert charging.run(60) == [(11.11, "B1", EvseSignal.ACCESS_OFF)]
    assert not charging.evse.delivers


def test_a_car_that_does_not_stop_is_cut_off_after_six_seconds():
    bench = Bench()
    bench.evse = SmartEvse(EvseTimes(car_stops_s=100.0))
    bench.switch(True)
    bench.run(1)
    bench.plug()
    bench.run(9)
    bench.switch(False)

    assert bench.run(60)[-1] == (16.11, "B1", EvseSignal.ACCESS_OFF)


def test_access_that_comes_back_while_the_car_stops_begins_again(charging):
    charging.switch(False)
    charging.run(0.5)
    charging.switch(True)

    assert [state for _, state, _ in charging.run(60)] == ["C1", "B1", "delay", "B", "C"]


def test_a_full_car_stays_connected(charging):
    charging.evse.set_demand(False, charging.now_s)

    assert (charging.evse.state, charging.evse.signal) == ("B", EvseSignal.CONNECTED)
    assert charging.run(1000) == []


def test_pulling_the_plug_ends_all(charging):
    charging.evse.plug_out(charging.now_s)

    assert (charging.evse.state, charging.evse.signal) == ("A", EvseSignal.STANDBY)
    assert charging.run(1000) == []


def test_an_error_takes_the_current_away_and_recovers_through_the_delay(charging):
    charging.evse.set_broken(True, charging.now_s)
    assert [state for _, state, _ in charging.run(60)] == ["B1"]
    assert charging.evse.signal is EvseSignal.ERROR

    charging.evse.set_broken(False, charging.now_s)
    assert [state for _, state, _ in charging.run(60)] == ["delay", "B", "C"]


def test_too_little_current_or_no_sun_makes_a_car_wait_with_flashes(charging):
    charging.evse.set_short(True, charging.now_s)
    assert (charging.evse.state, charging.evse.signal) == ("C1", EvseSignal.WAITING)
    assert charging.run(90) == [(11.0, "B1", EvseSignal.WAITING)]
    charging.evse.set_short(False, charging.now_s)

    assert charging.run(100) == [
        (103.0, "delay", EvseSignal.WAITING),
        (118.0, "B", EvseSignal.CONNECTED),
        (119.5, "C", EvseSignal.CHARGING),
    ]


def test_nobody_waits_for_current_without_a_car_or_without_access(bench):
    bench.evse.set_short(True, 0.0)
    bench.plug()
    assert bench.evse.signal is EvseSignal.ACCESS_OFF
    bench.evse.plug_out(0.0)
    bench.switch(True)
    bench.run(1)

    assert bench.evse.signal is EvseSignal.STANDBY


def test_solar_mode_charges_with_another_signal(charging):
    charging.evse.mode = "solar"

    assert charging.evse.signal is EvseSignal.CHARGING_SOLAR


@pytest.mark.parametrize(
    ("wire", "access"), [(None, True), (False, False)], ids=["no wire", "a wire that is open"]
)
def test_access_over_the_network_outlives_a_power_cut_unless_a_wire_speaks_against_it(wire, access):
    evse = SmartEvse(EvseTimes(debounce_s=0.0))
    evse.set_switch(wire, 0.0)
    evse.set_mode("smart", 0.0)
    assert evse.access is True
    evse.set_powered(False, 1.0)
    evse.set_switch(wire, 1.0)
    assert evse.access is False
    evse.set_powered(True, 2.0)
    evse.set_switch(wire, 2.0)
    evse.step(2.0)

    assert (evse.access, evse.mode) == (access, "smart")


def test_the_wire_and_the_network_each_change_access_whichever_comes_last():
    evse = SmartEvse(EvseTimes(debounce_s=0.0))
    evse.set_switch(True, 0.0)
    evse.step(0.0)
    assert evse.access is True
    evse.set_mode("off", 1.0)
    evse.set_switch(True, 1.0)
    evse.step(1.0)
    assert evse.access is False
    evse.set_switch(False, 2.0)
    evse.step(2.0)
    evse.set_mode("normal", 3.0)

    assert evse.access is True
