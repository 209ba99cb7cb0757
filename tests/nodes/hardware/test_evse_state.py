from datetime import timedelta

import pytest

from nodes.hardware.evse_state import EvseStateReader
from nodes.hardware.gpio import GpioConnection
from oppleo_flow.devices.evse_envelope import ONE_COLOUR, WRONG_POLARITY, LineSays
from oppleo_flow.devices.evse_led import EvseLine
from oppleo_flow.devices.evse_waveform import SMART_EVSE_3
from oppleo_flow.devices.world import Wiring
from oppleo_flow.payloads import EvseSignal, EvseState, EvseUnknown
from oppleo_flow.testing.bench import NOON
from tests.nodes.hardware.hardware import HardwareBench

NOTHING_YET = EvseUnknown(NOON, "no full period of the signal seen yet", "not-seen-yet")


def reader(**options):
    return HardwareBench(EvseStateReader, {"gpio": "pins", **options})


def test_it_follows_a_charge_from_the_first_moment_to_the_last():
    with reader() as bench:
        bench.advance(10)
        bench.world.drive_pin(5, high=False)
        bench.advance(10)
        bench.world.plug_in()
        bench.advance(10)
        bench.world.plug_out()
        bench.advance(10)

    at = [(state.signal, (state.since - NOON).total_seconds()) for state in bench.sent("state")[1:]]
    assert bench.sent("state")[0] == NOTHING_YET
    assert at == [
        (EvseSignal.ACCESS_OFF, 0.0),
        (EvseSignal.STANDBY, 10.11),
        (EvseSignal.CONNECTED, 20.0),
        (EvseSignal.CHARGING, 21.5),
        (EvseSignal.STANDBY, 30.0),
    ]


@pytest.mark.parametrize("active_low", [False, True])
def test_the_polarity_is_a_setting(active_low):
    bench = HardwareBench(
        EvseStateReader,
        {"gpio": "pins", "active_low": active_low},
        wiring=Wiring(evse_led_active_low=active_low),
    )
    with bench:
        bench.advance(1)

    assert bench.sent("state")[-1] == EvseState(EvseSignal.ACCESS_OFF, NOON)


def test_a_pin_to_which_nothing_is_wired_looks_dark_and_makes_up_no_car():
    with reader(pin=17) as bench:
        bench.world.drive_pin(5, high=False)
        bench.world.plug_in()
        bench.advance(60)

    assert bench.sent("state") == [NOTHING_YET, EvseState(EvseSignal.ACCESS_OFF, NOON)]


def test_the_wrong_polarity_is_remembered_until_the_line_makes_sense():
    with reader(active_low=True) as bench:
        bench.advance(10)
        bench.world.drive_pin(5, high=False)
        bench.advance(10)
        bench.world.plug_in(charge_percent=100)
        bench.advance(60)

    assert [getattr(state, "code", state) for state in bench.sent("state")[-1:]] == [
        "wrong-polarity"
    ]
    assert bench.sent("state")[-1] == EvseUnknown(
        NOON + timedelta(seconds=10.11), WRONG_POLARITY.reason, "wrong-polarity"
    )


def test_a_wire_on_one_colour_of_a_version_3_is_named_where_it_sees_another_colour():
    wiring = Wiring(evse_led_tap="green")
    bench = HardwareBench(EvseStateReader, {"gpio": "pins"}, wiring=wiring, hardware=SMART_EVSE_3)
    with bench:
        bench.world.shine(True)
        bench.world.drive_pin(5, high=False)
        bench.advance(1)
        bench.world.plug_in(charge_percent=40)
        bench.advance(60)

    told = bench.sent("state")[-1]
    assert (told.code, told.reason) == ("one-colour", ONE_COLOUR.reason)
    assert not any(getattr(state, "charging", False) for state in bench.sent("state"))


def flap(bench, times):
    for _ in range(times):
        bench.world.plug_in(charge_percent=100)
        bench.advance(2)
        bench.world.plug_out()
        bench.advance(2)


def test_a_car_that_flaps_is_unknown_with_what_to_check_until_it_rests():
    with reader() as bench:
        bench.world.drive_pin(5, high=False)
        bench.advance(1)
        flap(bench, 15)
        assert bench.sent("state")[-1].code == "flapping"
        assert bench.sent("state")[-1].reason.startswith("the same state has come 6 times within")
        told = len(bench.sent("state"))
        bench.advance(15)
        assert len(bench.sent("state")) == told
        bench.advance(10)

    assert bench.sent("state")[told:] == [
        EvseState(EvseSignal.STANDBY, NOON + timedelta(seconds=79))
    ]


def test_a_charge_that_begins_and_ends_does_not_flap():
    with reader() as bench:
        for _ in range(3):
            bench.world.drive_pin(5, high=False)
            bench.world.plug_in(charge_percent=40)
            bench.advance(30)
            bench.world.drive_pin(5, high=True)
            bench.advance(30)
            bench.world.plug_out()

    assert not [state for state in bench.sent("state")[1:] if isinstance(state, EvseUnknown)]


class Deaf(EvseLine):
    """A line that told one thing and then stopped looking."""

    def __init__(self, clock, changed):
        self.since_s = clock.monotonic()
        self.clock = clock
        changed(LineSays(EvseSignal.CHARGING, 1.0))

    def silent_s(self):
        return self.clock.monotonic() - self.since_s

    def close(self):
        pass


class DeafPins(GpioConnection):
    type_name = "gpio"

    def evse_line(self, pin, *, inverted, changed):
        self.line = Deaf(self.clock, changed)
        return self.line


def test_a_line_that_nobody_looks_at_is_unknown_and_a_fault_not_the_last_value():
    """Oppleo R5, R24: nobody noticed a reader whose thread had ended."""
    bench = HardwareBench(EvseStateReader, {"gpio": "pins"}, connections={"pins": DeafPins})
    with bench:
        bench.advance(31)
        assert bench.sent("state")[-1] == EvseUnknown(
            NOON + timedelta(seconds=30), "GPIO 6: not read for 30 s", "line-silent"
        )
        assert bench.run().faults == {"line-silent": "GPIO 6: not read for 30 s"}

        bench.node.context.connection("pins").line.since_s = bench.clock.monotonic() + 28
        bench.advance(30)
        assert bench.run().faults == {}
