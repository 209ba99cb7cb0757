"""How the machine is, one thing at a time."""

import socket
import types
from datetime import UTC, datetime
from pathlib import Path

import pytest

from oppleo_flow.cli import machine_health
from oppleo_flow.cli.diagnosis import Diagnosis
from oppleo_flow.cli.machine_health import clock, device, devices, disk, port, program, user
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.registry import Registry

NOW = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)
BUSES = """\
flow: buses
format: 1
connections:
  pins: {type: gpio}
  spi: {type: spi-bus, device: 1}
  rs485: {type: serial-bus, port: PORT}
nodes:
  rfid: {type: rfid-reader, spi: spi}
"""


def buses(port, *, simulate=False):
    text = BUSES.replace("PORT", str(port))
    registry = Registry.installed(Path("no-such-folder"))
    graph = check_text(text, "buses.yaml", registry, CheckSettings(simulate=simulate)).graph
    return graph.connections.values()


@pytest.mark.parametrize(
    ("version", "bits", "level", "remedy"),
    [
        pytest.param((3, 11, 2), 64, "ok", "", id="as on a Pi"),
        pytest.param((3, 10, 9), 64, "bad", "install Python 3.11 or newer", id="an old Python"),
        pytest.param(
            (3, 13, 0),
            32,
            "bad",
            "use a 64-bit system: half of the libraries need one",
            id="a small system",
        ),
    ],
)
def test_the_program_needs_a_python_and_a_system_that_it_is_made_for(version, bits, level, remedy):
    found = program(version, bits)
    assert (found.level, found.remedy) == (level, remedy)


def test_to_be_root_is_worth_a_look():
    assert (user(0).level, user(1000).level) == ("warn", "ok")


@pytest.mark.parametrize(
    ("free", "level"), [(2_000_000_000, "ok"), (300_000_000, "warn"), (50_000_000, "bad")]
)
def test_a_disk_that_gets_full_is_told_in_time(monkeypatch, tmp_path, free, level):
    usage = types.SimpleNamespace(free=free)
    monkeypatch.setattr(machine_health.shutil, "disk_usage", lambda _: usage)
    found = disk(tmp_path)
    assert (found.level, found.text) == (level, f"{free / 1e9:.1f} GB free at {tmp_path}")


def test_a_clock_is_believed_when_it_is_synchronised(tmp_path):
    synchronised = tmp_path / "synchronized"
    assert clock(NOW, synchronised).level == "warn"
    synchronised.touch()
    assert clock(NOW, synchronised) == Diagnosis(
        "clock", "ok", "2026-01-15 12:00:00 UTC, synchronised"
    )
    assert clock(NOW.replace(year=1970), synchronised).level == "bad"


def test_a_port_that_is_taken_is_told():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        number = taken.getsockname()[1]
        assert port("127.0.0.1", number) == Diagnosis(
            "port",
            "bad",
            f"127.0.0.1:{number} is taken",
            "stop what listens there, or choose another web port",
        )
    assert port("127.0.0.1", number) == Diagnosis("port", "ok", f"127.0.0.1:{number} is free")
    assert port("127.0.0.1", 0) == Diagnosis("port", "ok", "any that is free")


def test_devices_that_are_there_are_well(tmp_path):
    for name in ("gpiomem", "spidev0.1", "ttyUSB0"):
        (tmp_path / name).touch()
    found = [
        one
        for one in devices(buses(tmp_path / "ttyUSB0"), tmp_path)
        if "the library" not in one.text
    ]
    assert found == [
        Diagnosis("pins", "ok", f"{tmp_path}/gpiomem is there"),
        Diagnosis("spi", "ok", f"{tmp_path}/spidev0.1 is there"),
        Diagnosis("rs485", "ok", f"{tmp_path}/ttyUSB0 is there"),
    ]


def test_devices_that_are_not_there_are_told_with_a_remedy(tmp_path):
    found = [
        one
        for one in devices(buses(tmp_path / "ttyUSB0"), tmp_path)
        if "the library" not in one.text
    ]
    assert found == [
        Diagnosis(
            "pins",
            "bad",
            f"{tmp_path}/gpiochip0 is not there",
            "is this a Raspberry Pi? else ask for simulated hardware",
        ),
        Diagnosis(
            "spi",
            "bad",
            f"{tmp_path}/spidev0.1 is not there",
            "enable SPI: `dtparam=spi=on` in the Pi's config.txt",
        ),
        Diagnosis(
            "rs485",
            "bad",
            f"{tmp_path}/ttyUSB0 is not there",
            "plug the adapter in, or correct `port`",
        ),
    ]


def test_a_card_reader_that_types_is_a_device_too(tmp_path):
    text = BUSES.replace(
        "{type: serial-bus, port: PORT}", f"{{type: card-keyboard, path: {tmp_path}/kbd}}"
    )
    found = check_text(text, "buses.yaml", Registry.installed(Path("none")), CheckSettings())
    assert list(devices(found.graph.connections.values(), tmp_path))[-1] == Diagnosis(
        "rs485", "bad", f"{tmp_path}/kbd is not there", "plug the reader in, or correct `path`"
    )


def test_a_device_of_another_group_is_told_with_that_group(tmp_path, monkeypatch):
    path = tmp_path / "ttyUSB0"
    path.touch()
    monkeypatch.setattr(machine_health.os, "access", lambda *_: False)
    group = path.group()
    assert device("rs485", path, "") == Diagnosis(
        "rs485",
        "bad",
        f"{path} may not be used",
        f"`sudo usermod -aG {group} $USER`, then sign in again",
    )


def test_a_library_that_is_not_installed_is_told_with_its_package(tmp_path, monkeypatch):
    connections = buses("/dev/null")
    monkeypatch.setattr(machine_health.importlib.util, "find_spec", lambda _: None)
    found = [one for one in devices(connections, tmp_path) if "the library" in one.text]
    assert found[0] == Diagnosis(
        "pins",
        "bad",
        "the library RPi is not installed",
        "`pip install rpi-lgpio`",
    )
    assert found[1].remedy == ("`pip install spidev rpi-lgpio` and `pip install --no-deps mfrc522`")


def test_simulated_hardware_needs_no_devices(tmp_path):
    found = devices(buses("/dev/no-such-stick", simulate=True), tmp_path)
    assert [(one.what, one.level, one.text) for one in found] == [
        ("pins", "ok", "is simulated"),
        ("spi", "ok", "is simulated"),
        ("rs485", "ok", "is simulated"),
    ]
