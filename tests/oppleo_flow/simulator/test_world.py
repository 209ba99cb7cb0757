import json

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import Wiring, eventful
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import ConfigError, DeviceError
from oppleo_flow.payloads import EvseSignal
from oppleo_flow.simulator.car import Car
from oppleo_flow.simulator.installation import EnergyHistory
from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import NOON


@pytest.fixture
def clock():
    return VirtualClock(NOON)


@pytest.fixture
def world(clock):
    return SimulatedWorld(clock)


def run(world, clock, seconds):
    """Go on from event to event, as the engine does under a virtual clock."""
    until_s = clock.monotonic() + seconds
    while (due_s := world.next_event_s()) is not None and due_s <= until_s:
        clock.advance_to(due_s)
        world.fire()
    clock.advance_to(until_s)
    world.fire()


def begin_to_charge(world, clock):
    world.drive_pin(5, high=False)
    world.plug_in(charge_percent=40)
    run(world, clock, 30)
    assert world.snapshot()["evse"]["state"] == "C"


def test_a_story_from_the_pin_to_the_meter(world, clock):
    begin_to_charge(world, clock)
    before = world.meter(1)
    run(world, clock, 3600)
    after = world.meter(1)

    assert after.energy_import_wh - before.energy_import_wh == pytest.approx(11_040)
    assert after.power_phases_w == (3680.0,) * 3
    assert after.current_phases_a == (16.0,) * 3
    assert world.led_line(6).waveform.signal is EvseSignal.CHARGING


def test_looking_often_or_seldom_gives_the_same(clock):
    often, seldom = SimulatedWorld(clock), SimulatedWorld(clock)
    for world in (often, seldom):
        world.drive_pin(5, high=False)
        world.plug_in(charge_percent=99.5)
    for _ in range(1000):
        clock.advance(1)
        often.snapshot()

    assert often.snapshot() == seldom.snapshot()
    assert seldom.meter(1).energy_import_wh == pytest.approx(1_234_567 + 300 / 0.9)


def test_a_car_stops_when_it_is_full(world, clock):
    begin_to_charge(world, clock)
    run(world, clock, 24 * 3600)

    seen = world.snapshot()
    assert seen["car"] == {"plugged": True, "charge_percent": 100.0, "power_w": 0.0}
    assert seen["evse"]["signal"] == "connected"
    assert seen["meter"]["energy_wh"] == 1_234_567 + 40_000


def test_a_silent_meter_goes_on_counting(world, clock):
    begin_to_charge(world, clock)
    before_wh = world.meter(1).energy_import_wh
    world.silence_meter(True)
    assert world.meter(1) is None
    run(world, clock, 3600)
    world.silence_meter(False)

    assert world.meter(1).energy_import_wh - before_wh == pytest.approx(11_040)


def test_without_mains_nothing_flows_and_the_meter_says_nothing(world, clock):
    begin_to_charge(world, clock)
    before_wh = world.meter(1).energy_import_wh
    world.cut_power(True)
    assert world.snapshot()["car"]["power_w"] == 0.0
    assert world.led_line(6).waveform.signal is EvseSignal.ACCESS_OFF
    run(world, clock, 3600)
    assert world.meter(1) is None
    world.cut_power(False)
    assert world.meter(1).energy_import_wh == before_wh
    run(world, clock, 60)

    assert world.snapshot()["evse"]["signal"] == "charging"


def test_a_plug_that_is_pulled_in_the_dark_is_out_when_the_mains_are_back(world, clock):
    begin_to_charge(world, clock)
    world.cut_power(True)
    world.break_evse(True)
    world.break_evse(False)
    world.plug_out()
    world.cut_power(False)
    run(world, clock, 60)

    assert world.snapshot()["evse"]["signal"] == "standby"


def test_a_dead_reader_says_so_and_sees_no_card(world):
    told = []
    world.watch(lambda: told.append("changed"))
    world.break_reader(True)
    world.swipe("family")
    with pytest.raises(DeviceError, match=r"^RC522: no answer$"):
        world.reader().read()
    world.break_reader(False)

    assert world.reader().read() == bytes.fromhex("04A1B2C3")
    assert told == ["changed"] * 3


def test_another_car_stands_at_the_cable_with_its_own_battery(world, clock):
    second = Car(capacity_wh=40_000, charge_wh=39_000, phases=1, current_a=16)
    begin_to_charge(world, clock)
    with pytest.raises(ValueError, match="a car is on the cable; pull the plug first"):
        world.park(second)
    world.plug_out()
    world.park(second)
    world.plug_in()
    run(world, clock, 60)
    assert world.meter(1).power_phases_w == (3680.0, 0.0, 0.0)
    run(world, clock, 3600)

    assert second.full


def test_a_history_knows_the_register_of_any_moment(clock):
    history = EnergyHistory()
    world = SimulatedWorld(clock, history=history)
    begin_to_charge(world, clock)
    run(world, clock, 3570)
    shown_wh = {clock.monotonic(): world.meter(1).energy_import_wh}
    world.plug_out()
    run(world, clock, 100)
    shown_wh[clock.monotonic()] = world.meter(1).energy_import_wh

    assert {at_s: history.energy_at(at_s) for at_s in shown_wh} == shown_wh
    assert history.energy_at(0.0) == 1_234_567
    with pytest.raises(ValueError, match="the history begins later"):
        history.energy_at(-1.0)


def test_a_single_phase_meter_has_a_single_phase_car(clock):
    world = SimulatedWorld(clock, wiring=Wiring(meters={1: "SDM120"}))
    begin_to_charge(world, clock)

    assert world.meter(1).power_phases_w == (3680.0,)


def test_another_meter_makes_another_installation_while_the_car_charges(world, clock):
    begin_to_charge(world, clock)
    world.rewire(Wiring(meters={1: "SDM120"}))
    before_wh = world.meter(1).energy_import_wh
    run(world, clock, 3600)

    assert world.meter(1).power_phases_w == (3680.0,)
    assert world.meter(1).energy_import_wh - before_wh == pytest.approx(3680.0)


def test_pulling_the_plug_stops_the_current(world, clock):
    begin_to_charge(world, clock)
    world.plug_out()

    assert world.snapshot()["car"]["power_w"] == 0.0
    assert world.snapshot()["evse"]["signal"] == "standby"


def test_a_card_lies_on_the_reader_for_as_long_as_it_is_held(world, clock):
    world.swipe("family", hold_s=0.5)
    assert world.reader().read() == bytes.fromhex("04A1B2C3")
    clock.advance(0.49)
    assert world.reader().read() is not None
    clock.advance(0.01)

    assert world.reader().read() is None


def test_a_card_can_be_named_by_its_uid(world):
    world.swipe("DEADBEEF")

    assert world.snapshot()["card_in_field"] == "stranger"


def test_a_card_that_is_not_in_the_pocket_is_refused(world):
    with pytest.raises(ConfigError) as refused:
        world.swipe("nobody")

    assert str(refused.value) == (
        "no card 'nobody' in the pocket; there are: family, office, stranger, visitor"
    )


def test_watchers_are_told_of_the_signal_and_the_card_and_of_nothing_else(world, clock):
    told = []

    def look():
        told.append((clock.monotonic(), world.led_line(6).waveform.signal, world.reader().read()))

    stop = world.watch(look)
    world.drive_pin(12, high=True)
    world.silence_meter(True)
    world.drive_pin(5, high=False)
    run(world, clock, 1)
    world.swipe("stranger", hold_s=0.5)
    run(world, clock, 1)
    stop()
    world.plug_in()

    assert told == [
        (0.11, EvseSignal.STANDBY, None),
        (1.0, EvseSignal.STANDBY, bytes.fromhex("DEADBEEF")),
        (1.5, EvseSignal.STANDBY, None),
    ]


def test_nothing_happens_by_itself_in_a_world_at_rest(world):
    assert world.next_event_s() is None


@pytest.mark.parametrize(
    ("active_low", "high"), [(True, False), (False, True)], ids=["low is on", "high is on"]
)
def test_the_switch_is_wired_as_the_flow_has_it(world, clock, active_low, high):
    world.rewire(Wiring(evse_switch=17, evse_switch_active_low=active_low))
    world.drive_pin(17, high=high)
    run(world, clock, 1)

    assert world.snapshot()["evse"]["access"] is True


def test_a_pin_that_nobody_drives_gives_no_access(world, clock):
    run(world, clock, 10)
    assert world.snapshot()["evse"]["access"] is False
    world.drive_pin(5, high=False)
    run(world, clock, 1)
    world.float_pin(5, pulled_up=True)
    run(world, clock, 1)

    assert world.snapshot()["evse"]["access"] is False


def test_the_led_line_is_on_its_pin(world, clock):
    world.float_pin(6, pulled_up=True)
    assert world.read_pin(6) is False
    world.drive_pin(5, high=False)
    world.plug_in(charge_percent=100)
    run(world, clock, 30)

    assert world.read_pin(6) is True
    assert world.read_pin(7) is True  # nothing hangs there but a pull-up


def test_an_active_low_led_line_is_high_while_the_led_is_dark(clock):
    world = SimulatedWorld(clock, wiring=Wiring(evse_led_active_low=True))

    assert world.read_pin(6) is True


def test_the_picture_is_plain_json(world, clock):
    begin_to_charge(world, clock)
    world.drive_duty(13, 100)
    world.drive_duty(12, 40)
    world.drive_pin(23, high=True)
    world.break_evse(True)
    world.shine(True)
    world.swipe("family")
    seen = world.snapshot()

    assert json.loads(json.dumps(seen)) == seen
    assert seen["evse"] == {
        "state": "C1",
        "signal": "error",
        "access": True,
        "broken": True,
        "solar": True,
        "led_percent": 0,
    }
    assert seen["lamp"] == {"red": 100, "green": 40, "blue": 0}
    assert seen["buzzer"] is True
    assert seen["meter"]["units"] == {"1": "SDM630v2"}
    assert [card["name"] for card in seen["cards"] if card["known"]] == ["family", "office"]


def test_quick_times_are_quicker():
    true, quick = EvseTimes(), EvseTimes.quick()

    assert all(getattr(quick, name) <= getattr(true, name) for name in true.__slots__)


def test_a_virtual_clock_needs_the_world_in_this_process(tmp_path):
    with pytest.raises(ConfigError) as refused:
        eventful(WorldClient(tmp_path / "world.sock"))

    assert str(refused.value) == (
        "simulated world: a virtual clock needs one in this process, got a WorldClient"
    )


@pytest.mark.parametrize(
    "wiring", [Wiring(), Wiring(evse_switch=4, meters={2: "SDM120", 3: "SDM630v2"})]
)
def test_a_wiring_survives_json(wiring):
    assert Wiring.from_json(json.loads(json.dumps(wiring.to_json()))) == wiring


def test_a_wire_that_is_not_there_is_refused():
    with pytest.raises(ConfigError, match="wiring: 'doorbell' is not a wire; known: "):
        Wiring.from_json({"doorbell": 4})
