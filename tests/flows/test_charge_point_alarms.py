"""The shipped flow on wires that lie: no made-up state, and an alarm that says what to check."""

from pathlib import Path

import pytest

from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.payloads import EvseState, EvseUnknown
from oppleo_flow.testing.house import House
from tests.flows.test_charge_point import FLOW, NOON


@pytest.fixture
def house(tmp_path: Path):
    with House(FLOW.read_text(), tmp_path, NOON) as made:
        yield made


def alarms(house: House) -> dict[str, str]:
    return {fault.code: fault.text for fault in house.look("alarm").faults}


def evse(house: House) -> EvseState | EvseUnknown:
    return house.level("evse_state", "state")


def rewire(house: House, **wires: object) -> None:
    house.world.rewire(SiteWiring.of(Wiring(**wires)))
    house.run_for(20)


def test_an_led_that_is_upside_down_is_named_before_and_after_the_first_swipe(house):
    rewire(house, evse_led_active_low=True)
    assert set(alarms(house)) == {"light-without-access"}
    assert "`active_low` of the LED right?" in alarms(house)["light-without-access"]
    house.swipe("family")
    house.run_for(20)

    assert evse(house).code == "wrong-polarity"
    assert alarms(house) == {
        "bad-line": "the LED is seen upside down: what is dim looks bright; set `active_low` the "
        "other way"
    }


def test_a_switch_wire_on_another_pin_is_an_led_that_stays_dark(house):
    rewire(house, evse_switch=26)
    house.swipe("family")
    house.run_for(20)

    assert set(alarms(house)) == {"dark-with-access"}
    assert evse(house).car_connected is None


def test_a_car_that_flaps_is_unknown_and_an_alarm_and_ends_when_it_rests(house):
    house.swipe("family")
    for _ in range(20):
        house.world.plug_in(100)
        house.run_for(2)
        house.world.plug_out()
        house.run_for(2)
    assert evse(house).code == "flapping"
    assert set(alarms(house)) == {"bad-line"}
    assert "check the plug" in alarms(house)["bad-line"]
    house.run_for(60)

    assert alarms(house) == {}
    assert isinstance(evse(house), EvseState)


def test_a_day_of_ordinary_charging_raises_no_alarm(house):
    for hour in range(6):
        house.world.plug_in(20 + 10 * hour)
        house.swipe("family")
        house.run_for(2 * 3600)
        house.swipe("family")
        house.world.plug_out()
        house.run_for(2 * 3600)

    assert [fault for fault in house.faults() if fault.node == "alarm"] == []


def test_mains_that_fail_while_it_charges_are_told_as_what_they_look_like(house):
    house.world.plug_in(20)
    house.swipe("family")
    house.run_for(60)
    house.world.cut_power(True)
    house.run_for(30)
    assert set(alarms(house)) == {"dark-with-access"}
    assert "has the EVSE mains" in alarms(house)["dark-with-access"]
    house.world.cut_power(False)
    house.run_for(120)

    assert alarms(house) == {}
