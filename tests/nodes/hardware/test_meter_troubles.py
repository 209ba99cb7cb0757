"""What a meter node says of everything that may be wrong with its meter, wires and adapter."""

from datetime import timedelta

import pytest

from nodes.hardware.modbus_meter import ModbusMeter
from oppleo_flow.devices.world import Wiring
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.testing.bench import NOON
from tests.nodes.hardware.hardware import HardwareBench

FACTORY = "(from the factory: unit 1, 9600 8N1)"
AT = "reading input register 0x0000"
SILENT = (
    "check that the meter has power, that its wires A and B are tight, and that its address, speed "
    f"and parity are those of the flow {FACTORY}"
)
SHARED = (
    "give each device an address of its own, and let only this program ask on the bus: a SmartEVSE "
    "that reads the same meter needs a bus of its own"
)
WRONG = "compare with the meter's own display, and check `model`"

FAULTS = [
    pytest.param("late", "meter-silent", f"unit 1: no answer {AT}", SILENT, id="late answers"),
    pytest.param("cut-wire", "meter-silent", f"unit 1: no answer {AT}", SILENT, id="a cut wire"),
    pytest.param(
        "stuck-adapter", "meter-silent", f"unit 1: no answer {AT}", SILENT, id="a stuck adapter"
    ),
    pytest.param(
        "noise",
        "line-garbled",
        f"unit 1: a garbled answer {AT}",
        f"check that speed and parity are those of the meter {FACTORY}, that no two devices have "
        "one address, and that the cable has 120 ohm at both ends, away from mains wires",
        id="noise",
    ),
    pytest.param(
        "no-bias",
        "line-noise",
        f"unit 1: no answer on a line that is never silent {AT}",
        "check that A and B are not exchanged, that the ground wire is there, and that one adapter "
        "holds the line at rest with bias resistors",
        id="A and B exchanged",
    ),
    pytest.param(
        "second-master",
        "line-shared",
        f"unit 1: another master asked on the bus while {AT}",
        SHARED,
        id="another master",
    ),
    pytest.param(
        "shared-address",
        "line-shared",
        f"unit 1: a second device of this address answered while {AT}",
        SHARED,
        id="two meters on one address",
    ),
    pytest.param(
        "unplugged",
        "bus-missing",
        "simulated adapter: no such file or directory",
        "is the adapter plugged in, and nobody else using it?",
        id="no adapter",
    ),
    pytest.param(
        "not-a-number", "meter-wrong", "unit 1: register 0x0000: not a number", WRONG, id="NaN"
    ),
    pytest.param("zeros", "meter-wrong", "unit 1: voltage: no phase has any", WRONG, id="zeros"),
    pytest.param(
        "all-ones", "meter-wrong", "unit 1: register 0x0000: not a number", WRONG, id="all ones"
    ),
    pytest.param(
        "refusing",
        "meter-refuses",
        "unit 1: refused reading input register 0x0002",
        "check that `model` is what the meter is",
        id="a meter that refuses",
    ),
    pytest.param(
        "other-model",
        "meter-model",
        "unit 1: is no Eastron SDM630-Modbus V2: register 0x002A does not have the average voltage "
        "of a three-phase SDM630",
        "set `model` to what is printed on the meter",
        id="another model",
    ),
]


def meter(**options):
    return HardwareBench(ModbusMeter, {"bus": "rs485", **options})


@pytest.mark.parametrize(("trouble", "code", "reason", "check"), FAULTS)
def test_it_is_unknown_and_a_fault_that_says_what_to_check(trouble, code, reason, check):
    bench = meter()
    bench.world.trouble_meter(trouble)
    with bench:
        bench.advance(30)

        [unknown] = bench.sent("reading")
        assert (unknown.since, unknown.reason.partition("; ")[0]) == (NOON, reason)
        assert bench.run().faults == {code: f"{reason}; {check}"}


@pytest.mark.parametrize(("trouble", "code", "reason", "check"), FAULTS)
def test_when_it_is_over_the_next_reading_is_right(trouble, code, reason, check):
    bench = meter()
    bench.world.trouble_meter(trouble)
    with bench:
        bench.advance(5)
        bench.world.trouble_meter(None)
        bench.advance(5)

        assert isinstance(bench.sent("reading")[-1], MeterReading)
        assert bench.run().faults == {}


@pytest.mark.parametrize(
    "trouble", ["echo", "words-swapped", "megawatt-hours", "stingy", "tenfold", "unsigned"]
)
def test_what_can_be_understood_is_no_fault(trouble):
    bench = meter()
    bench.world.trouble_meter(trouble)
    with bench:
        bench.advance(0)

        [reading] = bench.sent("reading")
        assert (reading.energy_import_wh, reading.frequency_hz) == (1_234_567, 50.0)
        assert bench.run().faults == {}


def test_words_in_reverse_that_the_meter_does_not_tell_of_are_a_fault():
    bench = HardwareBench(
        ModbusMeter, {"bus": "rs485", "model": "SDM120"}, wiring=Wiring(meters={1: "SDM120"})
    )
    bench.world.trouble_meter("words-swapped")
    with bench:
        bench.advance(0)

        text = "unit 1: voltage: no phase has any; in the other word order all would be plausible"
        check = (
            "set the register order of the meter back to normal, or `word_order: low-first` in a "
            "profile of your own"
        )
        assert bench.sent("reading") == [MeterUnknown("node", NOON, text)]
        assert bench.run().faults == {"meter-word-order": f"{text}; {check}"}


def test_a_register_that_begins_anew_is_a_fault():
    with meter() as bench:
        bench.advance(5)
        bench.world.trouble_meter("reset")
        bench.advance(60)

        text = "unit 1: the energy fell from 1234567 to 0 Wh"
        check = "if the meter was reset or exchanged, restart the flow, so that it counts from here"
        at = NOON + timedelta(seconds=10)
        assert bench.sent("reading")[1:] == [MeterUnknown("node", at, text)]
        assert bench.run().faults == {"meter-register-fell": f"{text}; {check}"}


def test_a_meter_that_was_exchanged_in_an_outage_is_told():
    with meter() as bench:
        bench.advance(5)
        bench.world.silence_meter(True)
        bench.advance(10)
        bench.world.silence_meter(False)
        bench.world.trouble_meter("exchanged")
        bench.advance(10)

        text = "unit 1: serial number: 19001234 before, got 20000000"
        assert bench.sent("reading")[-1].reason == text
        assert list(bench.run().faults) == ["meter-exchanged"]
        bench.advance(10)
        assert (bench.sent("reading")[-1].energy_import_wh, bench.run().faults) == (0, {})
