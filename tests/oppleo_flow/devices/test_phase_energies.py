"""The energy of each phase comes with a reading, or is unknown; it never stops one."""

import pytest

from oppleo_flow.devices.meter_faults import MeterWrong
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.serial_bus import RegisterRefused
from tests.oppleo_flow.devices.register_bus import SDM120, SDM630, Registers, meter, read

IMPORTED = {0x15A: 2800.5, 0x15C: 2722.75, 0x15E: 2600.206}
TOTAL = {0x166: 2810.5, 0x168: 2730.0, 0x16A: 2660.0}
WHOLE = {**SDM630, **IMPORTED, **TOTAL}
AT_ONCE = [Block(0, 18), Block(70, 4), Block(0x15A, 6)]


def test_a_reading_has_the_import_of_each_phase():
    assert read(WHOLE).energy_phases_wh == (2_800_500, 2_722_750, 2_600_206)


def test_with_the_total_register_it_has_the_total_of_each_phase():
    values = meter(Registers(WHOLE), register="total").read()

    assert values.energy_phases_wh == (2_810_500, 2_730_000, 2_660_000)


def test_a_meter_that_counts_in_mwh_does_so_for_each_phase():
    values = read({**WHOLE, 0x48: 8.0, 0x15A: 3.0, 0x15C: 3.0, 0x15E: 2.0}, prefix=1.0)

    assert (values.energy_wh, values.energy_phases_wh) == (
        8_000_000,
        (3_000_000, 3_000_000, 2_000_000),
    )


@pytest.mark.parametrize("model", ["SDM120", "SDM220", "SDM230"])
def test_a_model_that_does_not_count_them_apart_tells_none(model):
    assert read(SDM120, model).energy_phases_wh == ()


@pytest.mark.parametrize(
    ("apart", "known"),
    [
        pytest.param({}, (), id="a copy that answers zeros"),
        pytest.param(dict.fromkeys(IMPORTED, float("nan")), (), id="one that answers no numbers"),
        pytest.param({**IMPORTED, 0x15C: float("inf")}, (), id="one of which is no number"),
        pytest.param({**IMPORTED, 0x15E: -1.0}, (), id="one of which is below zero"),
        pytest.param({**IMPORTED, 0x15A: 1e7}, (), id="one of which no display can show"),
        pytest.param({0x15A: 8123.45}, (8_123_450, 0, 0), id="all of it on one phase"),
    ],
)
def test_what_cannot_be_is_unknown_and_the_reading_is_there(apart, known):
    values = read({**SDM630, **apart})

    assert (values.energy_wh, values.energy_phases_wh) == (8_123_456, known)


def test_a_meter_that_has_counted_nothing_has_counted_nothing_in_each_phase():
    assert read({**SDM630, 0x48: 0.0}).energy_phases_wh == (0, 0, 0)


def test_what_was_asked_for_by_name_has_to_be_right():
    with pytest.raises(MeterWrong) as wrong:
        meter(Registers({**WHOLE, 0x15A: -1.0}), also=["energy_import_phases"]).read()

    assert str(wrong.value) == (
        "unit 1: energy_import_phases L1: 0 to 9999999 kWh is plausible, got -1"
    )


class Old(Registers):
    """A meter that refuses what a first version of its document does not have."""

    last = 0x0156

    def read_registers(self, unit_id, table, block):
        if table == "input" and block.end > self.last:
            self.asked.append(block)
            raise RegisterRefused("refused")
        return super().read_registers(unit_id, table, block)


def test_a_copy_that_refuses_them_is_read_without_from_then_on():
    bus = Old(WHOLE)
    reader = meter(bus)

    assert reader.read().energy_phases_wh == ()
    bus.asked.clear()
    assert reader.read().energy_wh == 8_123_456
    assert bus.asked == AT_ONCE[:2]


def test_after_a_time_in_which_it_refused_everything_it_is_asked_for_all_again():
    bus = Old(WHOLE)
    bus.last = 0x02
    reader = meter(bus)
    with pytest.raises(RegisterRefused):
        reader.read()
    bus.last = 0x200
    bus.asked.clear()

    assert reader.read().energy_phases_wh == (2_800_500, 2_722_750, 2_600_206)
    assert bus.asked[-len(AT_ONCE) - 1 : -1] == AT_ONCE
