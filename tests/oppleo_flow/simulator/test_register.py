"""A simulated meter that does not forget."""

import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import ConfigError
from oppleo_flow.simulator.register import KeptRegister, KeptRegisters


def test_a_new_register_begins_where_it_is_told_and_a_kept_one_where_it_was(tmp_path):
    register = KeptRegister(tmp_path / "meter_wh")
    assert register.read(1000.0) == 1000.0
    register.write(1234.5)
    assert register.read(1000.0) == 1234.5


def test_a_register_that_holds_something_else_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "meter_wh").write_text("soup")
    with pytest.raises(ConfigError) as error:
        KeptRegister(tmp_path / "meter_wh").read(0.0)
    assert str(error.value) == (
        f"{tmp_path}/meter_wh: the simulated meter's register cannot be read: could not convert "
        "string to float: 'soup'; delete the file to begin with a new meter"
    )


def test_a_register_that_cannot_be_kept_is_said_once_until_it_can(tmp_path, capsys):
    folder = tmp_path / "gone"
    register = KeptRegister(folder / "meter_wh")
    line = (
        f"simulator: {folder}/meter_wh: the simulated meter's register cannot be kept: "
        "No such file or directory; tried again every few seconds\n"
    )
    register.keep(1.0)
    register.keep(2.0)
    assert capsys.readouterr().err == line
    folder.mkdir()
    register.keep(3.0)
    assert register.read(0.0) == 3.0
    shutil.rmtree(folder)
    register.keep(4.0)
    assert capsys.readouterr().err == line


def test_a_world_whose_register_cannot_be_kept_lives_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the system takes short paths of sockets only
    command = [sys.executable, "-m", "oppleo_flow.simulator", "--socket", "w"]
    with subprocess.Popen(
        [*command, "--register", "gone/wh"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
    ) as world:
        assert world.stdout is not None
        assert world.stdout.readline() == "ready w\n"
        assert world.stderr is not None
        said = world.stderr.readline()
        client = WorldClient(Path("w"))
        assert client.snapshot()["car"]["plugged"] is False
        client.close()
        world.terminate()
        assert world.communicate(timeout=20) == ("", "")
    assert said == (
        "simulator: gone/wh: the simulated meter's register cannot be kept: "
        "No such file or directory; tried again every few seconds\n"
    )
    assert world.returncode == 0


def test_a_world_in_a_process_of_its_own_keeps_its_meter_when_it_ends(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the system takes short paths of sockets only
    command = [sys.executable, "-m", "oppleo_flow.simulator", "--socket", "w", "--register", "wh"]
    Path("wh").write_text("77000")
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(Path(__file__).parents[3])},
    ) as world:
        assert world.stdout is not None
        assert world.stdout.readline() == "ready w\n"
        world.send_signal(signal.SIGTERM)
        assert world.wait(20) == 0
    assert KeptRegister(Path("wh")).read(0.0) == 77000


def test_the_register_of_each_place_is_kept_in_a_file_of_its_own(tmp_path):
    registers = KeptRegisters(tmp_path / "meter_wh", 1000.0)
    assert (registers.first(), registers.of("garage/right")) == (1000.0, 1000.0)
    registers.keep({"left": 1.5, "garage/right": 2.5, "nobody asked for this": 3.5})

    again = KeptRegisters(tmp_path / "meter_wh", 1000.0)
    assert (again.first(), again.of("garage/right")) == (1.5, 2.5)
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "meter_wh",
        "meter_wh-garage%2Fright",
    ]


def test_without_a_file_every_register_is_new(tmp_path):
    registers = KeptRegisters(None, 1000.0)
    registers.keep({"left": 1.5, "right": 2.5})
    assert (registers.first(), registers.of("right")) == (1000.0, 1000.0)
