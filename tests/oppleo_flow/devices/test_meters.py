import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.devices.meter_faults import MeterWrong, WrongModel, WrongWordOrder
from oppleo_flow.devices.meter_profile import Selection
from oppleo_flow.devices.meter_registers import RegisterImage
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.meters import Meter, MeterValues
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.profile_files import built_in_models, meter_profile
from oppleo_flow.devices.register_words import words_of
from oppleo_flow.devices.serial_bus import RegisterRefused
from oppleo_flow.devices.world import MeterFace, Wiring
from oppleo_flow.errors import ConfigError, DeviceError, DeviceTimeout
from tests.oppleo_flow.devices.register_bus import SDM120, SDM630, Registers, meter, read
from tests.oppleo_flow.devices.worlds import still_world


def test_the_registers_of_an_sdm630_are_those_of_its_document():
    assert read(SDM630) == MeterValues(
        serial=None,
        power_w=10_775.2,
        power_phases_w=(3672.0, 3572.8, 3530.4),
        voltage_phases_v=(229.5, 230.5, 231.5),
        current_phases_a=(16.0, 15.5, 15.25),
        frequency_hz=49.98,
        energy_wh=8_123_456,
        energy_phases_wh=(),
        also={},
    )


@pytest.mark.parametrize("model", ["SDM120", "SDM220", "SDM230"])
def test_the_registers_of_a_meter_of_one_phase_are_those_of_its_document(model):
    assert read(SDM120, model) == MeterValues(
        None, 3672.0, (3672.0,), (229.5,), (16.0,), 49.98, 8_123_456, (), {}
    )


def test_a_meter_that_tells_sums_only_has_no_phases():
    values = read({0x34: 10_775.0, 0x48: 8123.456}, "SDM72D-M")

    assert values == MeterValues(None, 10_775.0, (), (), (), None, 8_123_456, (), {})


def test_the_total_that_oppleo_read_can_be_chosen():
    assert meter(Registers(SDM630), register="total").read().energy_wh == 8_200_500


def test_more_is_read_when_asked_for():
    values = meter(Registers(SDM120), "SDM120", also=["power_factor", "frequency"]).read()

    assert values.also == {"power_factor": (0.98,), "frequency": (49.98,)}


def test_what_a_model_does_not_have_is_refused():
    with pytest.raises(ConfigError) as refused:
        Selection(meter_profile("SDM72D-M"), also=["voltage"])

    assert str(refused.value) == (
        "Eastron SDM72D-M has no 'voltage'; it has total_power, energy_import, energy_export, "
        "energy_total"
    )


@pytest.mark.parametrize(
    ("prefix", "energy_wh"),
    [
        pytest.param(None, 8_123_456, id="firmware without the setting counts in kWh"),
        pytest.param(0.0, 8_123_456, id="kWh"),
        pytest.param(1.0, 8_123_456_055, id="MWh"),
    ],
)
def test_the_energy_has_the_unit_that_the_meter_is_set_to(prefix, energy_wh):
    assert read(SDM630, prefix=prefix).energy_wh == energy_wh


def test_an_energy_unit_that_nobody_knows_is_refused():
    with pytest.raises(MeterWrong) as refused:
        read(SDM630, prefix=7.0)

    assert str(refused.value) == "unit 1: energy prefix: 0 (kWh) or 1 (MWh) is needed, got 7"


@pytest.mark.parametrize(
    ("model", "serial", "text"),
    [
        pytest.param(
            "SDM630v2", {42: 289, 44: 61_266}, "19001170", id="SDM630, as Oppleo reads it"
        ),
        pytest.param("SDM630v2", {0xFC00: 19_001_170}, "19001170", id="SDM630 of newer firmware"),
        pytest.param("SDM120", {0xFC00: 19_001_170}, "19001170", id="SDM120"),
        pytest.param("SDM630v2", {42: 0, 44: 0}, None, id="zero is no number"),
        pytest.param("SDM630v2", {42: 289}, None, id="half a number is none"),
        pytest.param("SDM120", {}, None, id="a model that refuses has none to tell"),
    ],
)
def test_the_serial_number(model, serial, text):
    values = SDM630 if model == "SDM630v2" else SDM120
    assert read(values, model, serial=serial).serial == text


def test_a_copy_that_does_not_answer_for_its_settings_has_none():
    values = read(SDM630, silent_settings=True)

    assert (values.serial, values.energy_wh) == (None, 8_123_456)


def test_a_meter_that_told_its_number_once_is_not_taken_for_one_that_has_none():
    bus = Registers(SDM630, serial={0xFC00: 19_001_170}, silent_settings=True)
    reader = meter(bus)
    reader.read()
    bus.values[0x00] = float("nan")
    with pytest.raises(MeterWrong):
        reader.read()
    bus.values[0x00] = 229.5
    del bus.holding[0xFC00, 2]

    with pytest.raises(DeviceTimeout):
        reader.read()


def test_what_a_meter_is_is_asked_once_and_again_after_a_failure():
    bus = Registers(SDM630, serial={42: 289, 44: 61_266})
    reader = meter(bus)
    reader.read()
    bus.asked.clear()

    reader.read()
    assert bus.asked == [Block(0, 18), Block(70, 4), Block(0x15A, 6)]
    bus.values[0x46] = 0.0
    with pytest.raises(MeterWrong):
        reader.read()
    bus.values[0x46] = 50.0
    bus.asked.clear()
    reader.read()
    assert bus.asked[0] == Block(0, 2)
    assert Block(42, 1) in bus.asked


@pytest.mark.parametrize(
    ("odd", "longest"),
    [
        pytest.param({"most": 10}, 10, id="one that gives ten registers at once"),
        pytest.param({"gapless": True}, 10, id="one that has nothing in the gaps"),
        pytest.param({"most": 2}, 2, id="one that gives value by value"),
    ],
)
def test_a_copy_that_gives_less_is_read_in_shorter_blocks_from_then_on(odd, longest):
    bus = Registers(SDM630, **odd)
    reader = meter(bus, also=["total_power"])
    assert reader.read().energy_wh == 8_123_456
    bus.asked.clear()

    assert reader.read().energy_wh == 8_123_456
    assert max(block.count for block in bus.asked) == longest
    assert reader.plan == bus.asked


def test_a_meter_that_refuses_single_values_is_no_such_model():
    class Refusing(Registers):
        def read_registers(self, unit_id, table, block):
            if block.start > 0:
                raise RegisterRefused("unit 1: refused")
            return super().read_registers(unit_id, table, block)

    with pytest.raises(RegisterRefused):
        meter(Refusing(SDM630, most=2)).read()


@pytest.mark.parametrize("broken", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("address", sorted(SDM630.keys() - {0x2A, 0x34, 0x156}))
def test_what_is_not_a_number_makes_no_reading(address, broken):
    with pytest.raises(MeterWrong) as error:
        read({**SDM630, address: broken})

    assert str(error.value) == f"unit 1: register 0x{address:04X}: not a number"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param({0x00: 0.0, 0x02: 0.0, 0x04: 0.0}, "voltage: no phase has any",
                     id="no voltage at all"),
        pytest.param({0x02: 120.0}, "voltage L2: 180 to 260 V is plausible, got 120",
                     id="half a voltage"),
        pytest.param({0x46: 12.5}, "frequency: 45 to 65 Hz is plausible, got 12.5",
                     id="a slow net"),
        pytest.param({0x0A: 400.0}, "current L3: -120 to 120 A is plausible, got 400",
                     id="more than the fuse"),
        pytest.param({0x0C: 1e6}, "power L1: -31200 to 31200 W is plausible, got 1e+06",
                     id="more than the street"),
        pytest.param({0x48: -1.0}, "energy_import: 0 to 9999999 kWh is plausible, got -1",
                     id="a register below zero"),
    ],
)  # fmt: skip
def test_what_cannot_be_makes_no_reading(change, message):
    with pytest.raises(MeterWrong) as error:
        read({**SDM630, **change})

    assert str(error.value) == f"unit 1: {message}"


def test_a_phase_that_is_not_connected_is_plausible():
    assert read({**SDM630, 0x02: 0.0, 0x04: 3.1}).voltage_phases_v[0] == 229.5


def test_a_frequency_in_tenths_is_understood():
    assert read({**SDM630, 0x46: 499.8}).frequency_hz == 49.98


def test_a_current_has_the_sign_of_the_power():
    exporting = {**SDM630, 0x0C: -3672.0}

    assert read(exporting).current_phases_a == (-16.0, 15.5, 15.25)
    assert read({**exporting, 0x06: -16.0}).current_phases_a == (-16.0, 15.5, 15.25)


# -- word order and model ---------------------------------------------------------------------


def test_a_meter_that_tells_its_reversed_word_order_is_understood():
    bus = Registers(SDM630, reversed=True)
    bus.holding[0x28, 2] = words_of(2141.0, "float32", "low-first")

    assert meter(bus).read().energy_wh == 8_123_456


def test_a_reversed_word_order_that_the_meter_does_not_tell_makes_no_reading():
    with pytest.raises(WrongWordOrder) as wrong:
        read(SDM630, reversed=True)

    assert str(wrong.value) == (
        "unit 1: voltage: no phase has any; in the other word order all would be plausible"
    )


def test_a_meter_of_sums_that_reverses_its_words_makes_no_reading():
    with pytest.raises(DeviceError):
        read({0x34: 10_775.0, 0x48: 8123.456}, "SDM72D-M", reversed=True)


@pytest.mark.parametrize(
    ("model", "values", "message"),
    [
        pytest.param("SDM630v2", SDM120,
                     "unit 1: is no Eastron SDM630-Modbus V2: register 0x002A does not have the "
                     "average voltage of a three-phase SDM630", id="one phase instead of three"),
        pytest.param("SDM120", SDM630,
                     "unit 1: is no Eastron SDM120-Modbus: register 0x0002 has 230.5, the voltage "
                     "L2 of a three-phase meter", id="three phases instead of one"),
        pytest.param("SDM72D-M", SDM630,
                     "unit 1: is no Eastron SDM72D-M: register 0x0000 has 229.5, the voltage L1 "
                     "of another model", id="an SDM630 instead of an SDM72D-M"),
    ],
)  # fmt: skip
def test_a_meter_of_another_model_makes_no_reading(model, values, message):
    with pytest.raises(WrongModel) as wrong:
        read(values, model)

    assert str(wrong.value) == message


# -- the twin ---------------------------------------------------------------------------------


@given(energy_wh=st.integers(0, 16_000_000))
def test_energy_keeps_its_watt_hours_through_the_float(energy_wh):
    # A float32 of kWh holds single Wh up to 16 MWh.
    face = MeterFace("SDM120", (230.0,), (0.0,), (0.0,), 50.0, float(energy_wh), (0.0,), 1)
    registers = RegisterImage().read(face, "input", Block(0x48, 2))
    assert registers is not None

    (kwh,) = struct.unpack(">f", struct.pack(">HH", *registers))
    assert round(kwh * 1000) == energy_wh


@pytest.mark.parametrize("model", built_in_models())
def test_the_twin_shows_what_the_world_has(model):
    world = still_world(wiring=Wiring(meters={3: model}))
    world.drive_pin(5, high=False)
    profile = meter_profile(model)

    values = Meter(WorldSerialBus(world), 3, Selection(profile, also=[*profile.values])).read()

    assert values.energy_wh == 1_234_567
    assert values.also.keys() == profile.values.keys()
    phases = profile.phases if "power" in profile.values else 0
    assert len(values.power_phases_w) == phases


@given(
    volts=st.tuples(*[st.floats(181, 259, width=32)] * 3),
    watts=st.tuples(*[st.floats(-31_000, 31_000, width=32)] * 3),
    energy_wh=st.integers(0, 9_000_000),
    order=st.sampled_from(["high-first", "low-first"]),
)
def test_what_a_meter_shows_is_what_is_read_in_either_word_order(volts, watts, energy_wh, order):
    face = MeterFace("generic", volts, (0.0,) * 3, watts, 50.0, float(energy_wh), (0.0,) * 3, 1)
    profile = meter_profile("generic").model_copy(update={"word_order": order})
    image = RegisterImage()
    image.learn("generic", profile)

    class Bus(Registers):
        def read_registers(self, unit_id, table, block):
            return image.read(face, table, block)

    values = Meter(Bus(), 1, Selection(profile)).read()
    assert values.power_phases_w == tuple(round(watt, 1) for watt in watts)
    assert values.energy_wh == energy_wh
