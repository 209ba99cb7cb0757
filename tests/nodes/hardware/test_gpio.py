"""What the connection does beyond the contract of its chips: it chooses one."""

import pytest

from nodes.hardware.gpio import GpioConfig, GpioConnection
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.world import World
from oppleo_flow.errors import ConfigError, DeviceMissing
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON


def pins(clock, *, simulated=True, world=True):
    services = {World: SimulatedWorld(clock)} if world else {}
    return GpioConnection(
        "pins", GpioConfig(), clock=clock, site=BenchSite(services=services), simulated=simulated
    )


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(NOON)], ids=["wire", "port"])
def test_a_simulated_chip_acts_on_the_world(clock):
    connection = pins(clock)
    connection.open()
    connection.claim_output(12, high=False)
    connection.set_duty(12, 40)
    connection.claim_input(20, pull="up")

    assert connection.site.services[World].snapshot()["pins"] == {
        "12": {"output": True, "percent": 40, "edges": 2},
        "20": {"output": False, "percent": 100, "edges": 0},
    }
    connection.breathe(12, low_percent=0, high_percent=100, period_s=1000)
    connection.release(20)
    connection.close()


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(NOON)], ids=["wire", "port"])
def test_closing_leaves_outputs_as_they_are(clock):
    connection = pins(clock)
    connection.open()
    connection.claim_output(5, high=False)
    connection.close()

    assert connection.site.services[World].read_pin(5) is False


def test_a_connection_that_is_not_open_says_so():
    with pytest.raises(DeviceMissing) as missing:
        pins(SystemClock()).read(5)

    assert str(missing.value) == "connection 'pins': is not open"


def test_simulated_pins_need_a_world():
    with pytest.raises(ConfigError):
        pins(SystemClock(), world=False).open()


def test_without_simulation_a_machine_that_is_no_pi_has_no_pins():
    with pytest.raises(DeviceMissing, match=r"^GPIO: "):
        pins(SystemClock(), simulated=False).open()
