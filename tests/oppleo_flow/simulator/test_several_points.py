"""A world with two charge points on one Pi: what is done to one never touches the other."""

import json

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.world import SiteWiring, Wiring
from oppleo_flow.errors import ConfigError, DeviceError
from oppleo_flow.payloads import EvseSignal
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import NOON

LEFT = Wiring(reader="0.0")
RIGHT = Wiring(evse_switch=17, evse_led=27, red=2, green=3, blue=4, buzzer=22,
               meters={2: "SDM120"}, reader="0.1")  # fmt: skip
PAIR = SiteWiring({"left": LEFT, "right": RIGHT})


class Bench:
    def __init__(self, wiring: SiteWiring = PAIR, **options: object) -> None:
        self.clock = VirtualClock(NOON)
        self.world = SimulatedWorld(self.clock, wiring=wiring, **options)

    def run(self, seconds: float) -> None:
        until_s = self.clock.monotonic() + seconds
        while (due_s := self.world.next_event_s()) is not None and due_s <= until_s:
            self.clock.advance_to(due_s)
            self.world.fire()
        self.clock.advance_to(until_s)

    def seen(self, point: str) -> dict:
        return self.world.snapshot()["charge_points"][point]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def world(bench: Bench) -> SimulatedWorld:
    return bench.world


def charge_at_the_right(bench: Bench) -> None:
    bench.world.drive_pin(17, high=False)
    bench.world.plug_in(40, point="right")
    bench.run(30)


def test_a_car_that_charges_at_one_place_moves_that_place_only(bench):
    still = bench.seen("left")
    charge_at_the_right(bench)
    bench.run(3600)

    assert bench.seen("left") == still
    assert bench.seen("right")["evse"]["state"] == "C"
    assert bench.world.meter(1).energy_import_wh == 1_234_567
    assert bench.world.meter(2).power_phases_w == (3680.0,)
    assert bench.world.meter(2).energy_import_wh == pytest.approx(1_234_567 + 3680, rel=1e-3)


def test_each_led_line_is_on_its_own_pin(bench):
    charge_at_the_right(bench)

    assert bench.world.led_line(27).waveform.signal is EvseSignal.CHARGING
    assert bench.world.led_line(6).waveform.signal is EvseSignal.ACCESS_OFF
    assert bench.world.led_line(5) is None
    assert bench.world.read_pin(6) is False


def test_each_reader_has_its_own_card(world):
    world.swipe("office", point="right")

    assert world.reader("0.0").read() is None
    assert world.reader("0.1").read() == bytes.fromhex("04E1D2C3B4A596")
    world.swipe("family")
    assert world.reader().read() == world.reader("0.0").read() == bytes.fromhex("04A1B2C3")


def test_the_first_place_is_meant_where_none_is_named(bench):
    named, unnamed = Bench(), bench
    for at, point in ((named, "left"), (unnamed, None)):
        at.world.drive_pin(5, high=False)
        at.world.plug_in(40, point)
        at.world.swipe("family", point=point)
        at.world.silence_meter(True, point)
        at.world.break_evse(True, point)
        at.world.shine(True, point)
        at.run(0.4)

    assert named.world.snapshot() == unnamed.world.snapshot()


@pytest.mark.parametrize(
    "lever",
    [
        pytest.param(lambda world, at: world.break_evse(True, at), id="its EVSE breaks"),
        pytest.param(lambda world, at: world.shine(True, at), id="the sun shines on it"),
        pytest.param(lambda world, at: world.silence_meter(True, at), id="its meter is silent"),
        pytest.param(lambda world, at: world.plug_in(20, at), id="a car comes"),
        pytest.param(lambda world, at: world.swipe("family", point=at), id="a card is swiped"),
    ],
)
@pytest.mark.parametrize(("here", "there"), [("left", "right"), ("right", "left")])
def test_a_lever_moves_one_place_and_not_the_other(bench, lever, here, there):
    before = {name: bench.seen(name) for name in (here, there)}
    lever(bench.world, here)

    assert bench.seen(there) == before[there]
    assert bench.seen(here) != before[here]


def test_a_dead_reader_leaves_the_other_alone(world):
    world.break_reader(True, "right")

    assert world.reader("0.0").read() is None
    with pytest.raises(DeviceError):
        world.reader("0.1").read()


def test_the_mains_are_those_of_the_whole_house(bench):
    charge_at_the_right(bench)
    bench.world.cut_power(True)

    assert (bench.world.meter(1), bench.world.meter(2)) == (None, None)
    assert bench.seen("right")["car"]["power_w"] == 0.0


def test_a_meter_of_both_counts_what_both_draw():
    both = {9: "SDM630v2"}
    bench = Bench(SiteWiring({
        "left": Wiring(meters={1: "SDM630v2", **both}),
        "right": Wiring(evse_switch=17, evse_led=27, meters={2: "SDM120", **both}),
    }))  # fmt: skip
    charge_at_the_right(bench)
    bench.world.drive_pin(5, high=False)
    bench.world.plug_in(40, "left")
    bench.run(30)
    before = bench.world.meter(9)
    bench.run(3600)

    after = bench.world.meter(9)
    assert after.power_phases_w == (7360.0, 3680.0, 3680.0)
    assert after.energy_import_wh - before.energy_import_wh == pytest.approx(14_720)
    phases_wh = zip(after.energy_phases_wh, before.energy_phases_wh, strict=True)
    assert [now - then for now, then in phases_wh] == pytest.approx([7360, 3680, 3680])


def test_a_meter_of_both_is_silent_when_both_places_are_cut_off():
    bench = Bench(SiteWiring({"left": Wiring(), "right": Wiring(evse_switch=17, evse_led=27)}))
    bench.world.silence_meter(True, "left")
    assert bench.world.meter(1) is not None
    bench.world.silence_meter(True, "right")
    assert bench.world.meter(1) is None


def test_a_place_that_is_not_there_is_refused_with_those_that_are(world):
    with pytest.raises(ConfigError) as refused:
        world.plug_in(point="middle")
    assert str(refused.value) == "no charge point 'middle'; there are: left, right"


def test_a_place_without_a_reader_takes_no_card():
    world = Bench(SiteWiring({"left": LEFT, "right": Wiring.bare()})).world
    with pytest.raises(ConfigError) as refused:
        world.swipe("family", point="right")
    assert str(refused.value) == "charge point 'right': has no reader"


def test_a_place_to_which_nothing_leads_stays_as_it_is():
    bench = Bench(SiteWiring({"left": LEFT, "right": Wiring.bare()}))
    bench.world.plug_in(50, "right")
    bench.run(60)

    assert bench.seen("right")["evse"]["signal"] == "access-off"
    assert bench.seen("right")["lamp"] == {"red": 0, "green": 0, "blue": 0}


def test_rewiring_keeps_the_cars_that_stay_and_adds_the_place_that_is_new(bench):
    charge_at_the_right(bench)
    moved = SiteWiring({"right": RIGHT, "third": Wiring(evse_switch=20, evse_led=21, meters={})})
    bench.world.rewire(moved)

    assert bench.seen("right")["car"] == {"plugged": True, "charge_percent": pytest.approx(40, 1),
                                          "power_w": 3680.0}  # fmt: skip
    assert list(bench.world.snapshot()["charge_points"]) == ["right", "third"]
    assert bench.world.meter(1) is None


def test_a_place_that_gets_another_name_keeps_its_car(bench):
    charge_at_the_right(bench)
    bench.world.rewire(SiteWiring({"left": LEFT, "hedge": RIGHT}))

    assert bench.seen("hedge")["car"]["power_w"] == 3680.0


def test_each_place_begins_with_the_register_that_was_kept():
    kept = {"right": 500.0}
    world = Bench(energy_wh=70.0, register_of=kept.__getitem__).world

    assert world.registers() == {"left": 70.0, "right": 500.0}


@pytest.mark.parametrize("wiring", [SiteWiring(), PAIR], ids=["one place", "two places"])
def test_a_wiring_survives_json(wiring):
    assert SiteWiring.from_json(json.loads(json.dumps(wiring.to_json()))) == wiring


def test_the_wiring_of_one_place_needs_no_name():
    assert SiteWiring.from_json({"evse_switch": 17}).points == {"evse": Wiring(evse_switch=17)}


def test_a_wiring_without_a_place_is_refused():
    with pytest.raises(ConfigError, match="points: at least one charge point is needed"):
        SiteWiring.from_json({"points": {}})
