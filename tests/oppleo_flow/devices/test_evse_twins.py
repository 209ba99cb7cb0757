"""The port twin of the LED line says at once what a sampler of the same pin says in the end."""

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.devices.evse_envelope import EvseDecoder, LineSays
from oppleo_flow.devices.evse_led import SAMPLE_EVERY_S, SAMPLES_PER_WINDOW, WINDOW_EVERY_S
from oppleo_flow.devices.evse_waveform import SMART_EVSE_2, SMART_EVSE_3
from oppleo_flow.devices.rpi_gpio_twin import WorldPins
from oppleo_flow.devices.world import Wiring
from oppleo_flow.simulator.smart_evse import EvseTimes
from oppleo_flow.simulator.world import SimulatedWorld
from tests.oppleo_flow.devices.worlds import NOON

FOR_EVER = EvseTimes(debounce_s=0.0, before_pilot_s=0.0, charge_delay_s=1e6, car_asks_s=0.0)


def access(world):
    world.drive_pin(5, high=False)


def car(world):
    access(world)
    world.plug_in(charge_percent=40)


def sun(world):
    world.shine(True)
    car(world)


def full(world):
    access(world)
    world.plug_in(charge_percent=100)


def delay(world):
    world.plug_in(charge_percent=40)
    access(world)
    world.fire()


def error(world):
    world.break_evse(True)


SITUATIONS = [lambda world: None, access, car, sun, full, delay, error]
NAMES = ["no access", "no car", "charging", "charging by the sun", "full", "charge delay", "error"]


def sampled(world: SimulatedWorld, clock: VirtualClock, *, inverted: bool) -> LineSays:
    """Sample pin 6 for ten seconds."""
    decoder = EvseDecoder()
    until_s = clock.monotonic() + 10
    while clock.monotonic() < until_s:
        began_s, highs = clock.monotonic(), 0
        for _ in range(SAMPLES_PER_WINDOW):
            highs += world.read_pin(6)
            clock.advance(SAMPLE_EVERY_S + 0.00013)
        share = highs / SAMPLES_PER_WINDOW
        says = decoder.add(clock.monotonic(), 1 - share if inverted else share)
        clock.advance_to(max(clock.monotonic(), began_s + WINDOW_EVERY_S))
    return says


@pytest.mark.parametrize("situation", SITUATIONS, ids=NAMES)
@pytest.mark.parametrize(
    ("wiring", "hardware"),
    [
        pytest.param(Wiring(), SMART_EVSE_2, id="v2"),
        pytest.param(Wiring(), SMART_EVSE_3, id="v3"),
        pytest.param(Wiring(evse_led_active_low=True), SMART_EVSE_2, id="the wrong polarity"),
        pytest.param(Wiring(evse_led_tap="green"), SMART_EVSE_3, id="green only"),
        pytest.param(Wiring(evse_led_tap="red"), SMART_EVSE_3, id="red only"),
        pytest.param(Wiring(evse_led=None), SMART_EVSE_2, id="a cut wire"),
    ],
)
@pytest.mark.parametrize("inverted", [False, True], ids=["lit is high", "lit is low"])
def test_both_twins_say_the_same(situation, wiring, hardware, inverted):
    clock = VirtualClock(NOON)
    world = SimulatedWorld(clock, wiring=wiring, hardware=hardware, times=FOR_EVER)
    situation(world)
    told: list[LineSays] = []
    line = WorldPins(world).evse_line(6, inverted=inverted, changed=told.append)
    says = sampled(world, clock, inverted=inverted)
    line.close()

    assert (told[-1].signal, told[-1].code) == (says.signal, says.code)
