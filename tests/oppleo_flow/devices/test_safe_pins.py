import json
import subprocess
import sys
import threading

import pytest

from oppleo_flow.devices import safe_pins
from oppleo_flow.simulator.server import WorldServer
from tests.house.sources import ROOT
from tests.oppleo_flow.devices.worlds import DEADLINE_S, still_world

USAGE = 'one argument is needed: {"driver": …, "pins": [{"pin": …, "high": …}]}'


@pytest.fixture
def world():
    return still_world()


@pytest.fixture
def path(tmp_path, world):
    path = tmp_path / "world.sock"
    server = WorldServer(world, path)
    server.open()
    thread = threading.Thread(target=server.run)
    thread.start()
    yield path
    server.stop()
    thread.join(DEADLINE_S)
    server.close()


def order(path, *pins):
    return {
        "driver": "world",
        "socket": str(path),
        "pins": [{"pin": pin, "high": high} for pin, high in pins],
    }


def test_the_helper_drives_each_pin_to_its_level(path, world):
    world.drive_pin(5, high=False)
    world.drive_duty(13, 50)
    done = subprocess.run(
        [
            *(sys.executable, "-m", "oppleo_flow.devices.safe_pins"),
            json.dumps(order(path, (5, True), (13, False))),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert world.snapshot()["pins"] == {
        "5": {"output": True, "percent": 100, "edges": 2},
        "13": {"output": True, "percent": 0, "edges": 2},
    }


def test_one_pin_that_fails_does_not_keep_the_others_from_it(path, world, capsys):
    code = safe_pins.main([json.dumps(order(path, (99, True), (5, True)))])

    assert code == 1
    assert capsys.readouterr().err == "safe_pins: GPIO 99: channel 99 is not on the header\n"
    assert world.read_pin(5) is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param([], USAGE, id="nothing"),
        pytest.param(["{"], USAGE, id="no JSON"),
        pytest.param(["[]"], USAGE, id="no order"),
        pytest.param(['{"driver": "world"}'], USAGE, id="no pins"),
        pytest.param(['{"driver": "world", "pins": [{"pin": "5", "high": 1}]}'], USAGE,
                     id="values of the wrong kind"),
        pytest.param(['{"driver": "magic", "pins": []}'],
                     "driver: 'rpi-gpio', or 'world' with a socket, is needed, got 'magic'",
                     id="a driver that is not there"),
        pytest.param(['{"driver": "world", "pins": []}'],
                     "driver: 'rpi-gpio', or 'world' with a socket, is needed, got 'world'",
                     id="a world without its socket"),
    ],
)  # fmt: skip
def test_a_wrong_order_is_one_line(arguments, message, capsys):
    assert safe_pins.main(arguments) == 1
    assert capsys.readouterr().err == f"safe_pins: {message}\n"


def test_a_machine_without_pins_is_one_line(capsys):
    assert safe_pins.main(['{"driver": "rpi-gpio", "pins": [{"pin": 5, "high": true}]}']) == 1
    error = capsys.readouterr().err

    assert error.startswith("safe_pins: GPIO: ")
    assert error.count("\n") == 1


def test_a_world_that_is_gone_is_one_line(tmp_path, capsys):
    gone = tmp_path / "gone.sock"

    assert safe_pins.main([json.dumps(order(gone, (5, True)))]) == 1
    assert capsys.readouterr().err == (
        f"safe_pins: {gone}: simulated world: No such file or directory\n"
    )


def test_it_imports_only_what_it_needs():
    done = subprocess.run(
        [sys.executable, "-c", "import sys, oppleo_flow.devices.safe_pins; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"pydantic", "yaml", "sqlalchemy", "minimalmodbus", "serial", "mfrc522"}

    assert heavy & set(done.stdout.split()) == set()
