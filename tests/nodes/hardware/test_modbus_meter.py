from dataclasses import replace
from datetime import timedelta

import pytest

from nodes.hardware.modbus_meter import ModbusMeter, ModbusMeterConfig
from nodes.hardware.serial_bus import SerialBusConnection
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.world import Wiring
from oppleo_flow.node import Claim
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.testing.bench import NOON
from tests.nodes.hardware.hardware import HardwareBench

IDLE = MeterReading.sample(
    meter="node",
    time=NOON,
    energy_import_wh=1_234_567,
    power_w=0.0,
    power_phases_w=(0.0,) * 3,
    current_phases_a=(0.0,) * 3,
)
SILENT = "unit 1: no answer reading holding register 0x002A"


def meter(**options):
    return HardwareBench(ModbusMeter, {"bus": "rs485", **options})


def seconds(count):
    return NOON + timedelta(seconds=count)


def test_it_reads_at_the_start_and_then_every_ten_seconds():
    with meter() as bench:
        bench.advance(25)

    assert bench.sent("reading") == [IDLE.with_(time=seconds(n)) for n in (0, 10, 20)]


def test_it_reads_what_a_car_takes():
    with meter() as bench:
        bench.world.drive_pin(5, high=False)
        bench.world.plug_in()
        bench.advance(3600)
        reading = bench.sent("reading")[-1]

    assert reading.power_w == 11_040.0
    assert reading.power_phases_w == (3680.0,) * 3
    assert reading.current_phases_a == (16.0,) * 3
    assert reading.energy_import_wh - IDLE.energy_import_wh == pytest.approx(11_040, abs=60)


def test_a_single_phase_meter():
    bench = HardwareBench(
        ModbusMeter, {"bus": "rs485", "model": "SDM120"}, wiring=Wiring(meters={1: "SDM120"})
    )
    with bench:
        bench.advance(0)

    assert bench.sent("reading") == [
        IDLE.with_(voltage_phases_v=(230.0,), power_phases_w=(0.0,), current_phases_a=(0.0,))
    ]


def test_a_silent_meter_is_unknown_since_then_and_a_fault_and_never_zero():
    with meter() as bench:
        bench.advance(5)
        bench.world.silence_meter(True)
        bench.advance(30)

        text = "unit 1: no answer reading input register 0x0000"
        assert bench.sent("reading")[1:] == [MeterUnknown("node", seconds(10), text)]
        assert bench.run().faults == {"meter-silent": text}


def test_a_meter_that_answers_again_is_no_fault_any_more():
    bench = meter()
    bench.world.silence_meter(True)
    with bench:
        bench.advance(5)
        bench.world.silence_meter(False)
        bench.advance(5)

        assert bench.sent("reading") == [
            MeterUnknown("node", NOON, SILENT),
            IDLE.with_(time=seconds(10)),
        ]
        assert bench.run().faults == {}


def test_a_unit_that_nobody_has_is_silent():
    with meter(unit_id=7) as bench:
        bench.advance(0)

    assert bench.sent("reading") == [
        MeterUnknown("node", NOON, "unit 7: no answer reading holding register 0x002A")
    ]


@pytest.fixture
def exchanged():
    """Return a bench with a meter whose register, number and silence the test sets."""

    class World:
        energy_wh, serial, silent = 5_000_000.0, 1000, False

        def meter(self, unit_id):
            shown = {"energy_import_wh": self.energy_wh, "serial": self.serial}
            return None if self.silent else replace(bench.world.meter(unit_id), **shown)

    world = World()

    class Bus(SerialBusConnection):
        type_name = "serial-bus"

        def open(self):
            self._bus = WorldSerialBus(world)

    bench = HardwareBench(
        ModbusMeter, {"bus": "rs485"}, connections={"rs485": (Bus, {"port": "x"})}
    )
    with bench:
        bench.advance(1)
        bench.meter = world
        yield bench


@pytest.mark.parametrize("energy_wh", [0.0, 4_999_000.0], ids=["to zero", "a little"])
def test_a_register_that_falls_is_unknown_and_stays_so(exchanged, energy_wh):
    exchanged.meter.energy_wh = energy_wh
    exchanged.advance(30)

    text = (
        f"unit 1: the energy fell from 5000000 to {energy_wh:.0f} Wh; "
        "if the meter was reset or exchanged, restart the flow"
    )
    assert exchanged.sent("reading")[1:] == [MeterUnknown("node", seconds(10), text)]
    assert exchanged.run().faults == {"meter-wrong": text}


def test_another_meter_after_an_outage_is_accepted_with_its_number(exchanged):
    exchanged.meter.silent = True
    exchanged.advance(10)
    exchanged.meter.silent = False
    exchanged.meter.energy_wh, exchanged.meter.serial = 1000.0, 2000
    exchanged.advance(10)

    reading = exchanged.sent("reading")[-1]
    assert (reading.energy_import_wh, reading.serial) == (1000, "2000")


def test_an_unknown_model_lists_those_there_are():
    with pytest.raises(ValueError, match="Input should be 'SDM630v2' or 'SDM120'"):
        ModbusMeterConfig(bus="rs485", model="SDM72")


def test_the_unit_is_claimed_on_its_bus():
    config = ModbusMeterConfig(bus="rs485", unit_id=3)

    assert ModbusMeter.claims(config) == [Claim("unit 3", within="rs485")]


def test_a_meter_that_falls_silent_after_it_was_wrong_is_unknown_since_the_first(exchanged):
    exchanged.meter.energy_wh = 0.0
    exchanged.advance(10)
    exchanged.meter.silent = True
    exchanged.advance(10)

    assert exchanged.sent("reading")[-1] == MeterUnknown("node", seconds(10), SILENT)
    assert exchanged.run().faults == {"meter-silent": SILENT}
