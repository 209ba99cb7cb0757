"""Frames: what goes between drivers and devices, told where real hardware has it too."""

import pytest

from oppleo_flow.devices.frames import Frames, frames_of
from oppleo_flow.devices.gpio import RpiGpio
from oppleo_flow.devices.meter_line import MeterLine
from oppleo_flow.devices.modbus_blocks import Block
from oppleo_flow.devices.modbus_rtu import ModbusRtuBus
from oppleo_flow.devices.rc522_twin import SimulatedSpiBus
from oppleo_flow.devices.rpi_gpio_twin import SimulatedRpiGpio
from oppleo_flow.testing import BenchSite
from tests.oppleo_flow.devices.worlds import still_world


@pytest.fixture
def frames():
    return Frames()


@pytest.fixture
def heard(frames):
    told = []
    frames.listen(lambda device, what: told.append((device, dict(what))))
    return told


def test_who_listens_is_told_until_it_has_enough(frames):
    told = []
    enough = frames.listen(lambda device, what: told.append((device, what)))
    assert frames.heard
    frames.tell("GPIO 5", high=True)
    enough()
    frames.tell("GPIO 5", high=False)
    assert told == [("GPIO 5", {"high": True})]
    assert not frames.heard


def test_a_site_has_one_of_them_and_a_bench_has_what_nobody_hears(frames):
    assert frames_of(BenchSite(services={Frames: frames})) is frames
    assert not frames_of(BenchSite()).heard


def test_an_output_is_told_when_it_does_something_else(frames, heard):
    pins = RpiGpio(SimulatedRpiGpio(still_world()), frames)
    pins.claim_output(5, high=True)
    pins.write(5, False)
    pins.write(5, False)
    pins.set_duty(5, 30.0)
    pins.close()
    assert heard == [
        ("GPIO 5", {"high": True}),
        ("GPIO 5", {"high": False}),
        ("GPIO 5", {"duty_percent": 30.0}),
    ]


def test_a_question_to_a_meter_and_its_answer_are_told_as_bytes(frames, heard, tmp_path):
    line = MeterLine(still_world(), own=tmp_path)
    bus = ModbusRtuBus(line.path, frames=frames)
    try:
        registers = bus.read_registers(1, "input", Block(0x0046, 2))
    finally:
        bus.close()
        line.close()
    (port, question), *answers = heard
    assert port == line.path
    assert question["sent"].startswith("01 04 00 46 00 02")
    answer = bytes.fromhex("".join(what["received"] for _, what in answers))
    assert answer[:3] == b"\x01\x04\x04"
    assert answer[3:7] == b"".join(register.to_bytes(2, "big") for register in registers)


def test_what_a_card_answers_is_told_and_silence_only_once(frames, heard):
    world = still_world()
    reader = SimulatedSpiBus(world, frames=frames).card_reader()
    heard.clear()
    assert reader.poll() is None
    assert reader.poll() is None
    assert heard == [("simulated SPI", {"sent": "52", "received": None})]
    reader.close()
