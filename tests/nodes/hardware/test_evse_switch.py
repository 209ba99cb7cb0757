import pytest

from nodes.hardware.evse_switch import EvseSwitch
from nodes.hardware.gpio import GpioConnection
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.node import Claim, SafePin
from oppleo_flow.payloads import SwitchRequest, SwitchState
from tests.nodes.hardware.hardware import HardwareBench

ON = SwitchRequest(on=True, reason="session of 'family'")
OFF = SwitchRequest(on=False, reason="session ended")


def switch(**options):
    return HardwareBench(EvseSwitch, {"gpio": "pins", **options})


@pytest.mark.parametrize(
    ("active_low", "off_level"), [(True, True), (False, False)], ids=["low is on", "high is on"]
)
def test_it_starts_without_access(active_low, off_level):
    with switch(active_low=active_low) as bench:
        bench.advance(0)

        assert bench.world.read_pin(5) is off_level
        assert bench.sent("state") == [SwitchState(on=False, reason="start")]


@pytest.mark.parametrize(
    ("active_low", "on_level"), [(True, False), (False, True)], ids=["low is on", "high is on"]
)
def test_it_drives_the_pin_and_tells_what_the_pin_does(active_low, on_level):
    with switch(active_low=active_low) as bench:
        bench.send(ON)
        assert bench.world.read_pin(5) is on_level

        bench.send(OFF)
        assert bench.world.read_pin(5) is not on_level

    assert bench.sent("state")[1:3] == [
        SwitchState(on=True, reason="session of 'family'"),
        SwitchState(on=False, reason="session ended"),
    ]


def test_access_reaches_the_evse():
    with switch() as bench:
        bench.send(ON)
        bench.advance(1)

        assert bench.world.snapshot()["evse"]["access"] is True


def test_the_pin_is_a_setting():
    with switch(pin=17) as bench:
        bench.send(ON)

        assert bench.world.read_pin(17) is False


def test_a_stop_takes_access_away_and_leaves_the_pin_there():
    with switch() as bench:
        bench.send(ON)

    assert bench.world.read_pin(5) is True
    assert bench.sent("state")[-1] == SwitchState(on=False, reason="the runtime stops")


def test_a_fault_of_the_flow_takes_access_away():
    with switch() as bench:
        bench.send(ON)
        bench.node.fault("made-up", "something is wrong")
        bench.advance(0)

        assert bench.world.read_pin(5) is True
        assert bench.sent("state")[-1] == SwitchState(on=False, reason="something is wrong")


class ShortedPin(GpioConnection):
    """Pins of which one stays high whatever drives it."""

    type_name = "gpio"

    def read(self, pin):
        return True


def test_a_pin_that_does_not_follow_is_an_error_and_driven_safe():
    with HardwareBench(EvseSwitch, {"gpio": "pins"}, connections={"pins": ShortedPin}) as bench:
        bench.send(ON)
        run = bench.run()

    assert [failure.message for failure in run.failures] == [
        "GPIO 5: reads high after it was driven low; is something else driving it, or shorting it?"
    ]
    assert run.made_safe is not None
    assert bench.world.read_pin(5) is True
    assert all(state.on is False for state in bench.sent("state"))


@pytest.mark.parametrize(("active_low", "high"), [(True, True), (False, False)])
def test_the_guardian_is_told_the_level_without_access(active_low, high):
    config = switch(pin=4, active_low=active_low).node.config

    assert EvseSwitch.safe_pins(config, "off") == [SafePin(4, high=high, within="pins")]


def test_the_pin_is_claimed():
    assert EvseSwitch.claims(switch(pin=4).node.config) == [Claim("GPIO 4")]


def test_a_connection_of_pins_is_a_chip():
    assert issubclass(GpioConnection, GpioChip)
