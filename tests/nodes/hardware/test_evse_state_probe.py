"""What a probe says of a SmartEVSE's LED line: it looks on until the line tells something."""

from types import SimpleNamespace

import pytest

from nodes.hardware.evse_state import EvseStateConfig, EvseStateReader
from nodes.hardware.gpio import GpioConfig, GpioConnection
from oppleo_flow import DeviceError
from oppleo_flow.cli.connecting import Looking
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.evse_envelope import WRONG_POLARITY
from oppleo_flow.devices.world import Wiring, World
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite


def probed(world):
    site = BenchSite(services={World: world})
    pins = GpioConnection("pins", GpioConfig(), clock=SystemClock(), site=site, simulated=True)
    pins.open()
    try:
        looking = Looking(SimpleNamespace(id="evse_state"), site, {"pins": pins})
        return EvseStateReader(EvseStateConfig(gpio="pins"), looking).probe()
    finally:
        pins.close()


def test_it_says_what_the_line_says():
    assert probed(SimulatedWorld(SystemClock())) == "GPIO 6: the LED line says access-off"


def test_a_line_that_makes_no_sense_is_an_error_that_says_what_to_check():
    world = SimulatedWorld(SystemClock(), wiring=Wiring(evse_led_active_low=True))
    world.drive_pin(5, False)  # access, and no car: dim, or bright upside down
    with pytest.raises(DeviceError) as error:
        probed(world)
    assert str(error.value) == f"GPIO 6: {WRONG_POLARITY.reason}"
