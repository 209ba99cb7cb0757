"""What Oppleo gets wrong with the EVSE's switch and state cannot happen here.

Each test names the defect by its number in the list of weaknesses.
"""

import pytest

from nodes.hardware.evse_state import EvseStateReader
from nodes.hardware.evse_switch import EvseSwitch
from nodes.hardware.gpio import GpioConnection
from nodes.hardware.rgb_led import RgbLed
from oppleo_flow.devices.evse_led import SampledEvseLine
from oppleo_flow.devices.gpio import RpiGpio
from oppleo_flow.errors import DeviceError
from oppleo_flow.node import SafePin
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown, SwitchRequest, SwitchState
from oppleo_flow.testing.bench import NOON
from tests.nodes.hardware.hardware import HardwareBench
from tests.oppleo_flow.devices.worlds import Waiter

ON = SwitchRequest(on=True, reason="session of 'family'")


def switch(**options):
    return HardwareBench(EvseSwitch, {"gpio": "pins"}, **options)


def edges(bench) -> int:
    return bench.world.snapshot()["pins"]["5"]["edges"]


def test_a_stop_leaves_the_pin_safe_and_tells_who_could_not_stop_what_is_safe():
    """R6: the pin kept its level on stop and crash, so charging went on uncontrolled."""
    with switch() as bench:
        bench.send(ON)
        assert bench.world.read_pin(5) is False

    assert bench.world.read_pin(5) is True
    assert EvseSwitch.safe_pins(bench.node.config, "off") == [SafePin(5, high=True, within="pins")]


def test_a_start_does_not_move_the_pin():
    """R6: the pin was pulsed at each start, so cars saw interruptions."""
    with switch() as bench:
        bench.advance(60)

        assert edges(bench) == 0


class NoPins(GpioConnection):
    """The connection of a machine whose library is missing."""

    type_name = "gpio"

    def open(self):
        self._open_chip = RpiGpio.installed()


@pytest.mark.parametrize("node", [EvseSwitch, EvseStateReader])
def test_without_the_library_there_is_a_fault_and_no_state_at_all(node):
    """R7: a library that is missing was replaced by a stub that read random levels."""
    with HardwareBench(node, {"gpio": "pins"}, connections={"pins": NoPins}) as bench:
        bench.advance(3600)
        run = bench.run()

    assert set(run.faults) == {"not-started"}
    assert "GPIO: " in run.faults["not-started"]
    assert bench.sent("state") == []


def test_an_error_of_the_evse_is_shown_and_its_end_too():
    """R8: the EVSE's error was ignored, and an error on the LED was never cleared."""
    with HardwareBench(RgbLed, {"gpio": "pins"}) as bench:
        bench.send(EvseState(EvseSignal.ERROR, NOON))
        bench.advance(1)
        assert bench.sent("shown")[-1].name == "error"
        bench.send(EvseState(EvseSignal.STANDBY, NOON))
        bench.advance(1)

        assert bench.sent("shown")[-1].name != "error"


def test_a_line_that_goes_quiet_is_read_as_it_is():
    """R9: without edges the last value was held for ever, charging for one."""
    with HardwareBench(EvseStateReader, {"gpio": "pins"}) as bench:
        bench.world.drive_pin(5, high=False)
        bench.world.plug_in(charge_percent=40)
        bench.advance(60)
        assert bench.sent("state")[-1].charging
        bench.world.drive_pin(5, high=True)
        bench.advance(60)

    assert bench.sent("state")[-1].signal is EvseSignal.ACCESS_OFF
    assert bench.sent("state")[-1].car_connected is None


def test_asking_again_and_again_tells_once():
    """R14: with the switch disabled `evse_enabled` was sent every two seconds."""
    with switch() as bench:
        for _ in range(1000):
            bench.send(ON)
            bench.advance(2)

        assert bench.sent("state") == [
            SwitchState(on=False, reason="start"),
            SwitchState(on=True, reason="session of 'family'"),
        ]
        assert edges(bench) == 1


class BrokenOnce(GpioConnection):
    """Pins of which the LED's cannot be read at first."""

    type_name = "gpio"

    def evse_line(self, pin, *, inverted, changed):
        self.tried = iter([DeviceError(f"GPIO {pin}: the chip is gone")])
        return SampledEvseLine(self._read_led, inverted=inverted, changed=changed)

    def _read_led(self):
        for error in self.tried:
            raise error
        return True


def test_a_reader_that_fails_says_so_and_tries_again():
    """R24: when GPIO or its daemon failed, the reader's thread ended without a word."""
    told = Waiter()
    pins = BrokenOnce.__new__(BrokenOnce)
    line = pins.evse_line(6, inverted=False, changed=told)
    told.wait_for(lambda says: bool(says) and says[-1].signal is EvseSignal.CONNECTED)
    line.close()

    assert (told.told[0].code, told.told[0].reason) == ("unreadable", "GPIO 6: the chip is gone")


class TakenPins(GpioConnection):
    """Pins that another program has."""

    type_name = "gpio"

    def evse_line(self, pin, *, inverted, changed):
        raise DeviceError(f"GPIO {pin}: GPIO busy; another program has it")

    def claim_output(self, pin, *, high):
        raise DeviceError(f"GPIO {pin}: GPIO busy; another program has it")


@pytest.mark.parametrize(("node", "pin"), [(EvseStateReader, 6), (EvseSwitch, 5)])
def test_a_pin_that_is_taken_is_a_fault_and_makes_up_no_state(node, pin):
    """R24: a reader that could not begin was never noticed."""
    with HardwareBench(node, {"gpio": "pins"}, connections={"pins": TakenPins}) as bench:
        bench.advance(60)
        run = bench.run()

    assert run.faults == {"not-started": f"GPIO {pin}: GPIO busy; another program has it"}
    assert all(isinstance(state, EvseUnknown) for state in bench.sent("state"))
