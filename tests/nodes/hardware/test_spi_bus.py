"""What the connection does beyond the contract of its readers: it chooses one."""

import pytest
from pydantic import ValidationError

from nodes.hardware.spi_bus import SpiBusConfig, SpiBusConnection
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.spi_bus import SpiBus
from oppleo_flow.devices.world import World
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.node import Claim
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON


def spi(clock, *, simulated=True):
    return SpiBusConnection(
        "spi",
        SpiBusConfig(),
        clock=clock,
        site=BenchSite(services={World: SimulatedWorld(clock)}),
        simulated=simulated,
    )


@pytest.mark.parametrize("clock", [SystemClock(), VirtualClock(NOON)], ids=["wire", "port"])
def test_a_simulated_bus_has_the_reader_of_the_world(clock):
    connection = spi(clock)
    connection.open()
    reader = connection.card_reader()
    connection.site.services[World].swipe("office", hold_s=1000)

    assert reader.poll() == bytes.fromhex("04E1D2C3B4A596")
    reader.close()
    connection.close()


def test_the_gain_of_the_receiver_is_a_setting():
    site = BenchSite(services={World: SimulatedWorld(SystemClock())})
    config = SpiBusConfig(gain_db=48)
    connection = SpiBusConnection("spi", config, clock=SystemClock(), site=site, simulated=True)
    connection.open()
    connection.card_reader()

    assert connection._bus.chip.read(0x26) == 0x78


def test_a_gain_that_the_chip_does_not_have_is_refused():
    with pytest.raises(ValidationError, match="Input should be 18, 23, 33, 38, 43 or 48"):
        SpiBusConfig(gain_db=40)


def test_without_simulation_a_machine_that_is_no_pi_has_no_reader():
    connection = spi(SystemClock(), simulated=False)
    connection.open()

    with pytest.raises(DeviceMissing, match=r"^SPI 0\.0: "):
        connection.card_reader()


def test_a_connection_that_is_not_open_says_so():
    with pytest.raises(DeviceMissing) as missing:
        spi(SystemClock()).card_reader()

    assert str(missing.value) == "connection 'spi': is not open"


def test_the_pins_of_the_bus_the_chip_select_and_the_reset_are_claimed():
    # Among them the pins that a user is likely to take for an LED.
    assert SpiBusConnection.claims(SpiBusConfig()) == [
        *(Claim("GPIO 9"), Claim("GPIO 10"), Claim("GPIO 11")),
        *(Claim("GPIO 25"), Claim("GPIO 8")),
    ]


def test_two_readers_share_the_wires_of_the_bus_and_nothing_else():
    left, right = (
        SpiBusConnection.claims(SpiBusConfig(device=device, reset_pin=25 - device))
        for device in (0, 1)
    )
    both = [claim for claim in left if claim in right]
    assert [(claim.wire, claim.part_of) for claim in both] == [
        ("MISO", "SPI 0"),
        ("MOSI", "SPI 0"),
        ("SCK", "SPI 0"),
    ]


def test_a_chip_select_without_a_pin_of_its_own_is_claimed_by_its_number():
    assert Claim("SPI 0.2") in SpiBusConnection.claims(SpiBusConfig(device=2))


def test_a_connection_of_a_bus_is_a_bus():
    assert issubclass(SpiBusConnection, SpiBus)
