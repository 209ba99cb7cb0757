"""What the connection does beyond the contract of its buses: it chooses one."""

import pytest

from nodes.hardware.serial_bus import SerialBusConfig, SerialBusConnection
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.serial_bus import SerialBus
from oppleo_flow.devices.world import World
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.node import Claim
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON


def bus(clock, *, simulated=True, **options):
    return SerialBusConnection(
        "rs485",
        SerialBusConfig(port="/dev/no-such-port", **options),
        clock=clock,
        site=BenchSite(services={World: SimulatedWorld(clock)}),
        simulated=simulated,
    )


@pytest.mark.parametrize(
    ("clock", "baud"), [(SystemClock(), 38400), (VirtualClock(NOON), 9600)], ids=["wire", "port"]
)
@pytest.mark.parametrize("parity", ["none", "even"])
def test_a_simulated_bus_has_the_meters_of_the_world(clock, baud, parity):
    connection = bus(clock, baud=38400, parity=parity)
    connection.open()

    assert connection.read_registers(1, "holding", Block(42, 1)) == (19_001_234 >> 16,)
    assert connection.timing.baud == baud
    connection.close()


def test_a_port_that_is_not_there_is_missing():
    with pytest.raises(DeviceMissing) as missing:
        bus(SystemClock(), simulated=False).open()

    assert str(missing.value) == (
        "/dev/no-such-port: no such file or directory; is the adapter plugged in, and nobody "
        "else using it?"
    )


def test_a_connection_that_is_not_open_says_so():
    with pytest.raises(DeviceMissing) as missing:
        bus(SystemClock()).read_registers(1, "input", Block(0, 2))

    assert str(missing.value) == "connection 'rs485': is not open"


def test_the_port_is_claimed():
    config = SerialBusConfig(port="/dev/ttyUSB0")

    assert SerialBusConnection.claims(config) == [Claim("serial port /dev/ttyUSB0")]


def test_a_connection_of_a_bus_is_a_bus():
    assert issubclass(SerialBusConnection, SerialBus)


def test_the_old_name_of_timeout_is_still_read():
    old = {"port": "/dev/ttyUSB0", "answer_within": "1s"}
    new = {"port": "/dev/ttyUSB0", "timeout": "1s"}
    assert (SerialBusConnection.migrate(old, 1), SerialBusConnection.migrate({**new}, 1)) == (
        new,
        new,
    )
