import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.meter_twin import WorldSerialBus, read_face
from oppleo_flow.devices.meters import (
    MODELS,
    Meter,
    MeterValues,
    implausible,
    meter_model,
)
from oppleo_flow.devices.modbus_blocks import Block, LineTiming
from oppleo_flow.devices.serial_bus import RegisterRefused, SerialBus
from oppleo_flow.devices.world import MeterFace, Wiring
from oppleo_flow.errors import ConfigError, DeviceError
from tests.oppleo_flow.devices.worlds import still_world

GOOD = MeterValues((230.0, 230.0, 230.0), (16.0,) * 3, (3680.0,) * 3, 50.0, 1_234_567)


class Registers(SerialBus):
    """A bus with one device, whose registers a test fills in; others it refuses."""

    timing = LineTiming(9600)

    def __init__(self, values=(), *, most=80, prefix=None, serial=None):
        self.values = dict(values)
        self.most = most
        self.holding = {}
        if prefix is not None:
            self.holding[0x1E, 2] = struct.unpack(">HH", struct.pack(">f", prefix))
        for word, number in (serial or {}).items():
            self.holding[word, 1] = (number,)
        self.asked = []

    def read_registers(self, unit_id, table, block):
        self.asked.append(block)
        if table == "holding":
            if (block.start, block.count) not in self.holding:
                raise RegisterRefused("refused")
            return self.holding[block.start, block.count]
        if block.count > self.most:
            raise RegisterRefused("refused")
        floats = [self.values.get(a, 0.0) for a in range(block.start, block.end, 2)]
        return struct.unpack(f">{block.count}H", struct.pack(f">{len(floats)}f", *floats))

    def close(self):
        pass


SDM630 = {
    **{0x00: 229.5, 0x02: 230.5, 0x04: 231.5},
    **{0x06: 16.0, 0x08: 15.5, 0x0A: 15.25},
    **{0x0C: 3672.0, 0x0E: 3572.75, 0x10: 3530.4},
    **{0x46: 49.98, 0x48: 8123.456},
}


def meter(bus, model="SDM630v2"):
    return Meter(bus, 1, MODELS[model])


def test_the_registers_of_an_sdm630_are_those_of_its_document():
    values = meter(Registers(SDM630)).read()

    assert values == MeterValues(
        voltage_phases_v=(229.5, 230.5, 231.5),
        current_phases_a=(16.0, 15.5, 15.25),
        power_phases_w=(3672.0, 3572.8, 3530.4),
        frequency_hz=49.98,
        energy_import_wh=8_123_456,
    )


def test_the_registers_of_an_sdm120_are_those_of_its_document():
    values = meter(Registers(SDM630), "SDM120").read()

    assert values == MeterValues((229.5,), (16.0,), (3672.0,), 49.98, 8_123_456)


def test_an_unknown_model_lists_those_there_are():
    with pytest.raises(ConfigError) as unknown:
        meter_model("SDM72")

    assert str(unknown.value) == "unknown meter model 'SDM72'; known: SDM630v2, SDM120"


@pytest.mark.parametrize(
    ("prefix", "energy_wh"),
    [
        pytest.param(None, 8_123_456, id="firmware without the setting counts in kWh"),
        pytest.param(0.0, 8_123_456, id="kWh"),
        pytest.param(1.0, 8_123_456_055, id="MWh"),
    ],
)
def test_the_energy_has_the_unit_that_the_meter_is_set_to(prefix, energy_wh):
    assert meter(Registers(SDM630, prefix=prefix)).read().energy_import_wh == energy_wh


def test_an_energy_unit_that_nobody_knows_is_refused():
    with pytest.raises(DeviceError) as refused:
        meter(Registers(SDM630, prefix=7.0)).read()

    assert str(refused.value) == ("unit 1: energy prefix: 0 (kWh) or 1 (MWh) is needed, got 7")


@pytest.mark.parametrize(
    ("model", "serial", "text"),
    [
        pytest.param(
            "SDM630v2", {42: 289, 44: 61_266}, "19001170", id="SDM630, as Oppleo reads it"
        ),
        pytest.param("SDM120", {0xFC00: 289, 0xFC01: 61_266}, "19001170", id="SDM120"),
        pytest.param("SDM630v2", {42: 0, 44: 0}, None, id="zero is no number"),
        pytest.param("SDM120", {}, None, id="a model that refuses has none to tell"),
    ],
)
def test_the_serial_number(model, serial, text):
    assert meter(Registers(serial=serial), model).read_serial() == text


def test_a_copy_that_does_not_read_across_gaps_is_read_value_by_value_from_then_on():
    bus = Registers(SDM630, most=10)
    reader = meter(bus)
    assert reader.read().energy_import_wh == 8_123_456
    bus.asked.clear()

    assert reader.read().energy_import_wh == 8_123_456
    assert {block.count for block in bus.asked} == {2}


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("address", sorted(SDM630))
def test_what_is_not_a_number_makes_no_reading(address, broken):
    with pytest.raises(DeviceError) as error:
        meter(Registers({**SDM630, address: broken})).read()

    assert str(error.value) == f"unit 1: register 0x{address:04X}: not a number"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({0x00: 0.0, 0x02: 0.0, 0x04: 0.0},
                     "voltage: no phase has any; is the word order of the meter reversed?",
                     id="no voltage at all"),
        pytest.param({0x02: 120.0}, "voltage L2: 180 to 260 V is plausible, got 120",
                     id="half a voltage"),
        pytest.param({0x46: 12.5}, "frequency: 45 to 65 Hz is plausible, got 12.5",
                     id="a slow net"),
        pytest.param({0x0A: 400.0}, "current L3: up to 150 A is plausible, got 400",
                     id="more than the fuse"),
        pytest.param({0x0C: 1e6}, "power L1: up to 50000 W is plausible, got 1e+06",
                     id="more than the street"),
        pytest.param({0x48: -1.0},
                     "energy: a total that is not negative is plausible, got -1000 Wh",
                     id="a register below zero"),
    ],
)  # fmt: skip
def test_what_cannot_be_makes_no_reading(change, message):
    with pytest.raises(DeviceError) as error:
        meter(Registers({**SDM630, **change})).read()

    assert str(error.value) == f"unit 1: {message}"


def test_a_phase_that_is_not_connected_is_plausible():
    assert meter(Registers({**SDM630, 0x02: 0.0, 0x04: 3.1})).read().voltage_phases_v[0] == 229.5


def test_a_frequency_in_tenths_is_understood():
    assert meter(Registers({**SDM630, 0x46: 499.8})).read().frequency_hz == 49.98


def test_a_reversed_word_order_is_seen():
    class Reversed(Registers):
        def read_registers(self, unit_id, table, block):
            words = super().read_registers(unit_id, table, block)
            return tuple(w for pair in zip(words[1::2], words[::2], strict=True) for w in pair)

    with pytest.raises(DeviceError, match="word order"):
        meter(Reversed(SDM630)).read()


@given(energy_wh=st.integers(0, 16_000_000))
def test_energy_keeps_its_watt_hours_through_the_float(energy_wh):
    # A float32 of kWh holds single Wh up to 16 MWh.
    face = MeterFace("SDM120", (230.0,), (0.0,), (0.0,), 50.0, float(energy_wh), 1)
    registers = read_face(face, "input", Block(0x48, 2))
    assert registers is not None

    (kwh,) = struct.unpack(">f", struct.pack(">HH", *registers))
    assert round(kwh * 1000) == energy_wh


@pytest.mark.parametrize("model", MODELS)
def test_the_twin_shows_what_the_world_has(model):
    world = still_world(wiring=Wiring(meters={3: model}))

    values = Meter(WorldSerialBus(world), 3, MODELS[model]).read()

    assert implausible(values) is None
    assert values.energy_import_wh == 1_234_567
    assert len(values.voltage_phases_v) == MODELS[model].phases
