"""The defects of the original around its meter, by their number, and that none can happen here."""

import os
from datetime import timedelta
from pathlib import Path

import pytest

from nodes.hardware.modbus_meter import ModbusMeter, ModbusMeterConfig
from nodes.hardware.serial_bus import SerialBusConfig, SerialBusConnection
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.world import World
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.payloads import MeterReading, MeterUnknown
from oppleo_flow.simulator.world import SimulatedWorld
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON
from oppleo_flow.testing.house import House
from tests.nodes.hardware.hardware import HardwareBench

FLOW = Path(__file__).parents[3] / "flows" / "charge-point.yaml"


def meter(**options):
    return HardwareBench(ModbusMeter, {"bus": "rs485", **options})


def test_a_failed_read_is_never_a_zero():
    """D1: a failed Modbus read is replaced by 0 and used."""
    with meter(every="1s") as bench:
        for trouble in ("cut-wire", "noise", "not-a-number", "zeros", None):
            bench.world.trouble_meter(trouble)
            bench.advance(3)

    for item in bench.sent("reading"):
        assert isinstance(item, MeterUnknown) or item.energy_import_wh == 1_234_567
    assert isinstance(bench.sent("reading")[-1], MeterReading)


@pytest.mark.parametrize("baud", [9600, 38400])
def test_the_time_out_is_long_enough_for_a_slow_meter_and_a_long_answer(baud):
    """D2: the default time-out is 0.05 s, which makes failed reads likely."""
    assert ModbusMeterConfig(bus="rs485").every >= 1
    assert SerialBusConfig(port="/dev/ttyUSB0").timeout == 0.25
    line = MeterLine(SimulatedWorld(SystemClock()), turnaround_s=0.1)
    bus = ModbusRtuBus(line.path, baud=baud)  # 80 registers take 180 ms at 9600 Bd, and it thinks

    assert len(bus.read_registers(1, "input", Block(0, 80))) == 80
    assert bus.tally(1).silent == 0
    bus.close()
    line.close()


def test_a_session_without_a_meter_has_no_energy_instead_of_none_used(tmp_path):
    """D3: with the meter disabled start and end are 0, and every session is of 0 kWh."""
    kind = "    type: modbus-meter\n"
    flow, _, _ = FLOW.read_text().partition("\ntests:")
    text = flow.replace(kind, f"{kind}    disabled: true\n")
    with House(text, tmp_path, NOON) as house:
        house.swipe("family")
        house.world.plug_in(charge_percent=20)
        house.run_for(3600)
        house.swipe("family")
        house.run_for(60)
        with house.open_ledger() as ledger:
            sessions = ledger.sessions.between(NOON, NOON + timedelta(days=1))

    for session in sessions:
        assert session.meter_start_wh is None
        assert session.energy_wh is None
    assert len(sessions) == 1


def test_energy_is_kept_in_watt_hours():
    """D4: energy is rounded to 0.1 kWh at the source."""
    with meter(every="1s") as bench:
        bench.world.drive_pin(5, high=False)
        bench.world.plug_in()
        bench.advance(60)
        energies = [item.energy_import_wh for item in bench.sent("reading")]

    assert all(isinstance(energy, int) for energy in energies)
    assert energies[-1] - energies[-2] == pytest.approx(11_040 / 3600, abs=1)


def test_a_meter_is_known_by_its_own_number_not_by_the_charge_points():
    """D13: changing the charger's id copies the device, and the wrong one may be read."""
    site = BenchSite(charge_point="another")
    with HardwareBench(ModbusMeter, {"bus": "rs485"}) as bench:
        bench.advance(0)
        [reading] = bench.sent("reading")

    assert (reading.meter, reading.serial) == ("node", "19001234")
    assert site.charge_point not in (reading.meter, reading.serial)


def test_a_library_or_adapter_that_is_missing_is_said_and_not_made_up(tmp_path):
    """R7: a missing hardware library becomes a stub with random input, without a warning."""
    connection = SerialBusConnection(
        "rs485",
        SerialBusConfig(port=str(tmp_path / "adapter")),
        clock=SystemClock(),
        site=BenchSite(services={World: SimulatedWorld(SystemClock())}),
        simulated=False,
    )
    with pytest.raises(DeviceMissing):
        connection.open()
    assert not os.path.lexists(tmp_path / "adapter")


def test_an_adapter_that_is_lost_ends_no_thread_and_needs_no_restart():
    """R1, R5, R24: a read error ends a thread silently, and only a restart helps."""
    with meter() as bench:
        bench.advance(5)
        bench.world.trouble_meter("unplugged")
        bench.advance(3600)
        assert list(bench.run().faults) == ["bus-missing"]
        bench.world.trouble_meter(None)
        bench.advance(10)

        assert bench.run().faults == {}
        assert bench.sent("reading")[-1].time == NOON + timedelta(seconds=3610)


def test_the_period_of_the_readings_does_not_drift():
    """§2.4: the original's real period is the interval and the duration of a poll."""
    with meter(every="10s") as bench:
        bench.advance(3600)

    times = [item.time for item in bench.sent("reading")]
    assert times == [NOON + timedelta(seconds=10 * n) for n in range(361)]
