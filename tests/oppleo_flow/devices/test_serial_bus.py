"""The contract of a bus, run on the real driver over a simulated line and on the port twin."""

import os
import struct
import threading

import pytest
from pymodbus.client import ModbusSerialClient

from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.meter_twin import WorldSerialBus
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_frames import answer, question
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.serial_bus import LineGarbled, RegisterRefused
from oppleo_flow.errors import DeviceMissing, DeviceTimeout
from tests.oppleo_flow.devices.worlds import still_world

QUICK = {"baud": 38400, "answer_within_s": 0.1}
PHASES = Block(0, 18)
ENERGY = Block(70, 4)


@pytest.fixture
def world():
    return still_world()


@pytest.fixture
def line(world):
    line = MeterLine(world, turnaround_s=0.001)
    yield line
    line.close()


@pytest.fixture
def wire(line):
    bus = ModbusRtuBus(line.path, **QUICK)
    yield bus
    bus.close()


@pytest.fixture(params=["wire twin", "port twin"])
def bus(request, world):
    return (
        WorldSerialBus(world) if request.param == "port twin" else request.getfixturevalue("wire")
    )


def floats(registers):
    data = struct.pack(f">{len(registers)}H", *registers)
    return struct.unpack(f">{len(registers) // 2}f", data)


def test_a_block_is_read(bus):
    assert floats(bus.read_registers(1, "input", PHASES)) == (230.0,) * 3 + (0.0,) * 6


def test_input_and_holding_registers_are_different_tables(bus):
    serial_words = [bus.read_registers(1, "holding", Block(word, 1))[0] for word in (42, 44)]

    assert serial_words[0] << 16 | serial_words[1] == 19_001_234


def test_a_unit_that_is_not_there_does_not_answer(bus):
    with pytest.raises(DeviceTimeout) as silence:
        bus.read_registers(7, "input", ENERGY)

    assert str(silence.value) == "unit 7: no answer reading input register 0x0046"


def test_a_silent_meter_does_not_answer_and_answers_again_later(bus, world):
    world.silence_meter(True)
    with pytest.raises(DeviceTimeout):
        bus.read_registers(1, "input", ENERGY)

    world.silence_meter(False)
    assert floats(bus.read_registers(1, "input", ENERGY))[0] == 50.0


@pytest.mark.parametrize(
    "block",
    [
        pytest.param(Block(1, 2), id="half of one value and half of the next"),
        pytest.param(Block(0, 82), id="more than the meter gives in one go"),
        pytest.param(Block(0x2000, 2), id="registers that the meter does not have"),
    ],
)
def test_a_read_that_the_meter_will_not_do_is_refused(bus, block):
    with pytest.raises(RegisterRefused) as refusal:
        bus.read_registers(1, "input", block)

    assert str(refusal.value) == f"unit 1: refused reading input register 0x{block.start:04X}"


@pytest.mark.parametrize(
    ("ask", "address", "answer"),
    [
        pytest.param("read_input_registers", 0, [0x4366, 0], id="230.0 V"),
        pytest.param("read_holding_registers", 42, [289, 0], id="the upper half of the serial"),
        pytest.param("read_input_registers", 0x2000, [], id="registers that it does not have"),
    ],
)
def test_the_simulated_meter_answers_another_library_too(line, ask, address, answer):
    with ModbusSerialClient(line.path, baudrate=38400) as client:
        assert getattr(client, ask)(address, count=2, device_id=1).registers == answer


# -- what only a wire has ---------------------------------------------------------------------


def test_a_garbled_answer_is_no_value(wire, world):
    world.trouble_meter("noise")

    with pytest.raises(LineGarbled) as garbled:
        wire.read_registers(1, "input", ENERGY)

    assert str(garbled.value) == "unit 1: a garbled answer reading input register 0x0046"
    world.trouble_meter(None)
    assert floats(wire.read_registers(1, "input", ENERGY))[0] == 50.0


def test_a_late_answer_is_never_taken_for_the_next(world, line):
    # Late by half of what is waited for: a busy machine makes it neither in time nor too late.
    bus = ModbusRtuBus(line.path, baud=38400, answer_within_s=0.4)
    world.trouble_meter("late")
    # Two blocks of one length: nothing in the answer itself tells them apart.
    with pytest.raises(DeviceTimeout):
        bus.read_registers(1, "input", Block(0, 2))
    world.trouble_meter(None)

    assert floats(bus.read_registers(1, "input", Block(70, 2))) == (50.0,)
    assert bus.tally(1).late > 0
    bus.close()


def test_a_device_that_owes_an_answer_and_refuses_another_length_is_left_alone(world, line):
    # After a time-out it must answer something of another length first; four registers at the end
    # of its map are more than it has.
    bus = ModbusRtuBus(line.path, **QUICK)
    last = Block(0x1FE, 2)
    world.silence_meter(True)
    with pytest.raises(DeviceTimeout):
        bus.read_registers(1, "input", last)
    world.silence_meter(False)

    with pytest.raises(DeviceTimeout):
        bus.read_registers(1, "input", last)
    bus.close()


def test_a_whole_block_fits_in_the_time_that_the_line_needs(world, line):
    # 80 registers at 9600 Bd take 180 ms on the wire: more than the library's own time-out.
    bus = ModbusRtuBus(line.path, baud=9600, answer_within_s=0.1)

    assert len(bus.read_registers(1, "input", Block(0, 80))) == 80
    bus.close()


@pytest.mark.parametrize(
    ("parity", "stop_bits", "char_bits"),
    [("none", 1, 10), ("even", 1, 11), ("odd", 1, 11), ("none", 2, 11)],
)
def test_a_character_is_as_long_as_its_format_makes_it(parity, stop_bits, char_bits):
    bus = ModbusRtuBus("/dev/ttyUSB0", parity=parity, stop_bits=stop_bits)

    assert bus.timing.char_bits == char_bits


def test_an_adapter_that_repeats_the_question_is_understood(world):
    ours, theirs = os.openpty()
    bus = ModbusRtuBus(os.ttyname(theirs), **QUICK, echo=True)
    bus.open()
    asked = question(1, "input", Block(70, 2))
    reply = answer(1, "input", struct.unpack(">HH", struct.pack(">f", 50.0)))

    def echo_and_answer():
        assert os.read(ours, 64) == asked
        os.write(ours, asked + reply)

    device = threading.Thread(target=echo_and_answer)
    device.start()
    assert floats(bus.read_registers(1, "input", Block(70, 2))) == (50.0,)
    device.join()
    bus.close()
    os.close(ours)
    os.close(theirs)


def test_a_port_that_is_not_there_is_missing(tmp_path):
    bus = ModbusRtuBus(str(tmp_path / "ttyUSB0"))

    with pytest.raises(DeviceMissing) as missing:
        bus.open()

    assert str(missing.value) == (
        f"{tmp_path}/ttyUSB0: no such file or directory; is the adapter plugged in, and nobody "
        "else using it?"
    )


def test_a_file_is_no_port(tmp_path):
    (tmp_path / "ttyUSB0").touch()
    with pytest.raises(DeviceMissing) as missing:
        ModbusRtuBus(str(tmp_path / "ttyUSB0")).open()

    assert str(missing.value) == (
        f"{tmp_path}/ttyUSB0: not a serial port; is the adapter plugged in, and nobody else "
        "using it?"
    )


def test_a_port_that_somebody_else_has_is_missing(line, wire):
    wire.open()

    with pytest.raises(DeviceMissing, match="resource temporarily unavailable"):
        ModbusRtuBus(line.path).open()


def test_an_adapter_that_is_pulled_out_is_missing():
    ours, theirs = os.openpty()
    bus = ModbusRtuBus(os.ttyname(theirs), **QUICK)
    bus.open()
    os.close(theirs)
    os.close(ours)

    with pytest.raises(DeviceMissing, match="input/output error"):
        bus.read_registers(1, "input", ENERGY)


def test_an_adapter_that_is_plugged_in_anew_is_opened_again(world, line, wire, tmp_path):
    port = tmp_path / "adapter"
    port.symlink_to(line.path)
    bus = ModbusRtuBus(str(port), **QUICK)
    bus.read_registers(1, "input", ENERGY)
    bus.close()
    port.unlink()
    with pytest.raises(DeviceMissing):
        bus.read_registers(1, "input", ENERGY)

    port.symlink_to(line.path)

    assert floats(bus.read_registers(1, "input", ENERGY))[0] == 50.0
    bus.close()
