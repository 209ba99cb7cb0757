import pickle
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from nodes.hardware.modbus_meter import ModbusMeter, ModbusMeterConfig
from nodes.hardware.serial_bus import SerialBusConnection
from oppleo_flow.devices import profile_files
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.serial_bus import Tally
from oppleo_flow.devices.world import Wiring
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.node import Claim
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.car import Car
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
SILENT = "unit 1: no answer reading input register 0x0000"
CHECK_SILENT = (
    "check that the meter has power, that its wires A and B are tight, and that its address, speed "
    "and parity are those of the flow (from the factory: unit 1, 9600 8N1)"
)


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
        IDLE.with_(
            voltage_phases_v=(230.0,),
            power_phases_w=(0.0,),
            current_phases_a=(0.0,),
            energy_phases_wh=(),
        )
    ]


def test_the_energy_of_each_phase_is_that_of_the_car_on_it():
    with meter() as bench:
        bench.world.park(Car(capacity_wh=40_000, phases=1, current_a=16))
        bench.world.drive_pin(5, high=False)
        bench.world.plug_in()
        bench.advance(3600)
        reading = bench.sent("reading")[-1]

    rises = [
        now - before
        for now, before in zip(reading.energy_phases_wh, IDLE.energy_phases_wh, strict=True)
    ]
    assert rises == [reading.energy_import_wh - IDLE.energy_import_wh, 0, 0]


def test_a_silent_meter_is_unknown_since_then_and_a_fault_and_never_zero():
    with meter() as bench:
        bench.advance(5)
        bench.world.silence_meter(True)
        bench.advance(30)

        assert bench.sent("reading")[1:] == [MeterUnknown("node", seconds(10), SILENT)]
        assert bench.run().faults == {"meter-silent": f"{SILENT}; {CHECK_SILENT}"}


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
        MeterUnknown("node", NOON, "unit 7: no answer reading input register 0x0000")
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

    text = f"unit 1: the energy fell from 5000000 to {energy_wh:.0f} Wh"
    check = "if the meter was reset or exchanged, restart the flow, so that it counts from here"
    assert exchanged.sent("reading")[1:] == [MeterUnknown("node", seconds(10), text)]
    assert exchanged.run().faults == {"meter-register-fell": f"{text}; {check}"}


def test_a_register_that_jumps_is_unknown_until_that_much_can_have_been_used(exchanged):
    exchanged.meter.energy_wh += 10_000
    exchanged.advance(10)

    text = (
        "unit 1: the energy rose from 5000000 to 5010000 Wh in 10 s; 1286 Wh is the most that is "
        "plausible"
    )
    assert exchanged.sent("reading")[1:] == [MeterUnknown("node", seconds(10), text)]
    exchanged.advance(400)
    assert exchanged.sent("reading")[-1].energy_import_wh == 5_010_000


def test_another_meter_after_an_outage_is_told_and_then_read_with_its_number(exchanged):
    exchanged.meter.silent = True
    exchanged.advance(10)
    exchanged.meter.silent = False
    exchanged.meter.energy_wh, exchanged.meter.serial = 1000.0, 2000
    exchanged.advance(10)

    text = "unit 1: serial number: 1000 before, got 2000"
    assert exchanged.sent("reading")[-1] == MeterUnknown("node", seconds(10), text)
    assert list(exchanged.run().faults) == ["meter-exchanged"]
    exchanged.advance(10)
    reading = exchanged.sent("reading")[-1]
    assert (reading.energy_import_wh, reading.serial) == (1000, "2000")
    assert exchanged.run().faults == {}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        pytest.param(
            {"model": "SDM630"},
            "unknown meter model 'SDM630'; did you mean 'SDM630v2'? known: generic, SDM120, "
            "SDM220, SDM230, SDM630v2, SDM72D-M",
            id="a model that there is no profile of",
        ),
        pytest.param(
            {"model": "SDM72D-M", "also": ["power_factor"]},
            "Eastron SDM72D-M has no 'power_factor'; it has total_power, energy_import, "
            "energy_export, energy_total",
            id="a value that the model does not have",
        ),
    ],
)
def test_what_no_profile_has_is_refused(options, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        ModbusMeterConfig(bus="rs485", **options)


@pytest.mark.parametrize(
    ("tally", "status"),
    [
        pytest.param(Tally(asked=99, silent=50), "0 W, 1234.6 kWh", id="too few to tell"),
        pytest.param(Tally(asked=200, silent=9), "0 W, 1234.6 kWh", id="few are lost"),
        pytest.param(
            Tally(asked=200, silent=9, garbled=9),
            "0 W, 1234.6 kWh; 9% of the questions were lost",
            id="many are lost",
        ),
    ],
)
def test_a_line_that_loses_many_questions_is_told_though_the_meter_is_read(tally, status):
    class LossyBus(SerialBusConnection):
        type_name = "serial-bus"

        def tally(self, unit_id):
            return tally

    lossy = {"rs485": (LossyBus, {"port": "x"})}
    with HardwareBench(ModbusMeter, {"bus": "rs485"}, connections=lossy) as bench:
        bench.advance(0)
        told = bench.run().status

    assert told == status


def test_the_settings_can_be_kept_with_the_profile_that_they_were_checked_by():
    config = ModbusMeterConfig(bus="rs485", model="SDM120", also=["power_factor"])
    kept = pickle.loads(pickle.dumps(config))

    assert kept == config
    assert kept.selection().values == config.selection().values


OWN = (Path(profile_files.__file__).parent / "meter_profiles" / "SDM120.yaml").read_text()


@pytest.fixture
def site(tmp_path):
    """Return a site that has a profile of its own, of a meter that is an SDM120 but for a name."""
    meters = tmp_path / "nodes" / "meters"
    meters.mkdir(parents=True)
    (meters / "acme-1.yaml").write_text(OWN.replace("Eastron SDM120-Modbus", "Acme One"))
    (tmp_path / "oppleo.yaml").write_text("charge_point: home\nflow: f.yaml\n")
    return tmp_path


FLOW = """\
flow: f
format: 1
connections: {rs485: {type: serial-bus, port: /dev/ttyUSB0}}
nodes:
  meter: {type: modbus-meter, bus: rs485, model: acme-1, also: [power_factor]}
"""


def complaints(site, text=FLOW):
    settings = CheckSettings(
        site_names=lambda kind: profile_files.own_profiles(site / "nodes"), simulate=True
    )
    checked = check_text(text, "f.yaml", Registry(["nodes"]), settings)
    return [(error.place.line, error.message) for error in checked.errors]


def test_a_site_may_have_a_profile_of_its_own(site):
    assert complaints(site) == []


def test_a_profile_that_is_wrong_is_told_with_its_line_when_the_flow_is_checked(site):
    file = site / "nodes" / "meters" / "acme-1.yaml"
    file.write_text(OWN.replace("unit: Hz", "unit: hertz"))

    [(line, message)] = complaints(site)

    assert line == 5
    assert message.startswith(f"'model': {file}:15:27: values.frequency.unit: one of V, A,")


def test_a_value_that_its_own_profile_does_not_have_is_told_when_the_flow_is_checked(site):
    [(_, message)] = complaints(site, FLOW.replace("power_factor", "total_power"))

    assert message.startswith("Acme One has no 'total_power'; it has voltage, current,")


def test_the_unit_is_claimed_on_its_bus():
    config = ModbusMeterConfig(bus="rs485", unit_id=3)

    assert ModbusMeter.claims(config) == [Claim("unit 3", within="rs485")]


def test_a_meter_that_falls_silent_after_it_was_wrong_is_unknown_since_the_first(exchanged):
    exchanged.meter.energy_wh = 0.0
    exchanged.advance(10)
    exchanged.meter.silent = True
    exchanged.advance(10)

    assert exchanged.sent("reading")[-1] == MeterUnknown("node", seconds(10), SILENT)
    assert list(exchanged.run().faults) == ["meter-silent"]
