"""A world behind a socket: the same protocol, from a thread and from a process of its own."""

import json
import socket
import stat
import subprocess
import sys
import threading
import time
from contextlib import closing

import pytest

from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.meter_trouble import MeterTrouble
from oppleo_flow.devices.world import Wiring
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.errors import ConfigError, DeviceMissing, DeviceTimeout
from oppleo_flow.payloads import EvseSignal
from oppleo_flow.simulator.server import WorldServer
from oppleo_flow.simulator.world import SimulatedWorld
from tests.house.sources import ROOT
from tests.oppleo_flow.devices.worlds import AT_ONCE, DEADLINE_S

MOMENT_S = 30.0


@pytest.fixture
def path(tmp_path):
    return tmp_path / "world.sock"


@pytest.fixture
def world():
    return SimulatedWorld(SystemClock(), times=AT_ONCE)


@pytest.fixture
def server(world, path):
    server = WorldServer(world, path)
    server.open()
    thread = threading.Thread(target=server.run)
    thread.start()
    yield server
    server.stop()
    thread.join(DEADLINE_S)
    server.close()


@pytest.fixture
def client(server, path):
    client = WorldClient(path)
    yield client
    client.close()


def test_what_a_client_does_happens_in_the_world(client, world):
    client.drive_pin(5, high=False)
    client.drive_duty(12, 40)
    client.drive_breath(16, 0, 0, 2.0)
    client.float_pin(20, pulled_up=True)
    client.plug_in(charge_percent=50)
    client.silence_meter(True)
    client.trouble_meter("late")
    client.break_evse(True)
    client.shine(True)
    client.swipe("office", hold_s=MOMENT_S)

    assert client.snapshot() == world.snapshot()
    assert client.snapshot()["card_in_field"] == "office"
    client.plug_out()
    assert world.snapshot()["car"]["plugged"] is False


def test_what_a_client_sees_is_what_is_there(client, world):
    client.float_pin(20, pulled_up=False)
    client.swipe("office", hold_s=MOMENT_S)

    assert client.reader().read() == world.reader().read() == bytes.fromhex("04E1D2C3B4A596")
    assert client.read_pin(20) is False
    assert client.meter(1) == world.meter(1)
    assert client.meter(7) is None
    assert client.led_line(6) == world.led_line(6)


def test_a_trouble_of_the_meter_is_told_as_it_is(client, world):
    client.trouble_meter("noise")

    assert client.meter(1).trouble is world.meter(1).trouble is MeterTrouble.NOISE


def test_the_led_line_is_computed_on_this_side_and_says_the_same(client, world):
    client.drive_pin(5, high=False)
    client.plug_in(charge_percent=50)
    line = client.led_line(6)

    assert line == world.led_line(6)
    assert line.waveform.signal is EvseSignal.CHARGING
    assert client.read_pin(6) in (True, False)


def test_the_world_can_be_rewired_from_afar(client, world):
    client.rewire(Wiring(evse_switch=17, meters={4: "SDM120"}))

    assert client.meter(4) == world.meter(4)
    assert client.meter(1) is None


def test_pins_keep_their_levels_when_the_client_vanishes(client, world):
    client.drive_pin(5, high=False)
    client.close()

    assert world.read_pin(5) is False


def test_a_client_that_hung_up_calls_again_when_it_is_needed(client, world):
    client.close()
    client.drive_pin(5, high=True)

    assert world.read_pin(5) is True


def test_several_clients_at_once(client, path, world):
    other = WorldClient(path)
    client.drive_pin(5, high=False)
    other.drive_pin(12, high=True)

    assert (other.read_pin(5), client.read_pin(12)) == (False, True)
    other.close()


def test_what_the_world_refuses_is_told_in_its_own_words(client):
    with pytest.raises(ConfigError) as refused:
        client.swipe("nobody")

    assert str(refused.value) == (
        "no card 'nobody' in the pocket; there are: family, office, stranger, visitor"
    )


@pytest.mark.parametrize(
    "question",
    [
        b"this is not JSON\n",
        b"[]\n",
        b"{}\n",
        b'{"call": "close"}\n',
        b'{"call": "__init__"}\n',
        b'{"call": "drive_pin", "with": {"pin": 5}}\n',
        b'{"call": "drive_pin", "with": 7}\n',
        b'{"call": "reader", "with": {"x": 1}}\n',
    ],
)
def test_nonsense_is_answered_and_does_no_harm(server, path, question, client):
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(DEADLINE_S)
        raw.connect(str(path))
        raw.sendall(question)
        answer = json.loads(raw.makefile().readline())

    assert answer["error"].startswith("not a question for a world: ")
    assert client.read_pin(20) is True


def test_endless_nonsense_is_cut_off(server, path, client):
    with socket.socket(socket.AF_UNIX) as raw:
        raw.settimeout(DEADLINE_S)
        raw.connect(str(path))
        with pytest.raises(OSError, match=r"pipe|reset"):
            raw.sendall(b"x" * (64 << 20))

    assert client.read_pin(20) is True


def test_only_the_owner_may_connect(server, path):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_second_world_at_the_same_place_is_refused(server, path, world):
    other = WorldServer(world, path)

    with pytest.raises(ConfigError) as refused:
        other.open()

    assert str(refused.value) == f"{path}: another simulated world lives here"
    other.close()
    assert path.exists()


def test_the_socket_of_a_dead_world_is_replaced(path, world):
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = WorldServer(world, path)
    server.open()
    server.close()

    assert not path.exists()


def test_a_place_that_cannot_be_used_is_named(tmp_path, world):
    server = WorldServer(world, tmp_path / "no" / "such" / "folder")

    with pytest.raises(ConfigError, match=r"no/such/folder: No such file or directory$"):
        server.open()
    server.close()


def test_without_a_server_the_message_names_the_socket(path):
    with pytest.raises(DeviceMissing) as missing:
        WorldClient(path).snapshot()

    assert str(missing.value) == f"{path}: simulated world: No such file or directory"


def test_a_server_that_does_not_answer_is_not_waited_for_for_ever(path, monkeypatch):
    monkeypatch.setattr("oppleo_flow.devices.world_client._TIMEOUT_S", 0.01)
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(path))
        mute.listen()
        with closing(WorldClient(path)) as client, pytest.raises(DeviceTimeout) as late:
            client.snapshot()

    assert str(late.value) == f"{path}: the simulated world does not answer"


# -- a process of its own ---------------------------------------------------------------------


def start(path, *more):
    command = [sys.executable, "-m", "oppleo_flow.simulator", "--socket", str(path), *more]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_the_process_says_when_it_is_ready_and_ends_when_asked(path):
    process = start(path, "--wiring", '{"evse_switch": 17}')
    assert process.stdout.readline() == f"ready {path}\n"

    client = WorldClient(path)
    client.drive_pin(17, high=False)
    deadline_s = time.monotonic() + DEADLINE_S
    while client.led_line(6).waveform.signal is not EvseSignal.STANDBY:
        assert time.monotonic() < deadline_s
    client.close()
    process.terminate()

    assert process.communicate(timeout=DEADLINE_S) == ("", "")
    assert process.returncode == 0
    assert not path.exists()


def test_the_process_ends_with_the_one_it_was_told(path):
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    process = start(path, "--end-with", str(other.pid))
    assert process.stdout.readline() == f"ready {path}\n"

    other.communicate()

    process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0


def test_the_process_stays_until_its_last_client_has_gone(path):
    other = subprocess.Popen(["cat"], stdin=subprocess.PIPE)
    process = start(path, "--end-with", str(other.pid))
    assert process.stdout.readline() == f"ready {path}\n"
    client = WorldClient(path)
    client.drive_pin(5, high=False)

    other.communicate()
    client.drive_pin(5, high=True)

    assert client.snapshot()["pins"]["5"]["percent"] == 100
    client.close()
    assert process.communicate(timeout=DEADLINE_S) == ("", "")
    assert process.returncode == 0


def test_the_process_ends_at_once_when_the_one_it_was_told_has_ended_before_it(path):
    process = start(path, "--end-with", "999999999")

    assert process.communicate(timeout=DEADLINE_S) == (f"ready {path}\n", "")
    assert process.returncode == 0
    assert not path.exists()


def test_a_process_that_nobody_waits_for_ends_without_a_word(path):
    process = start(path)
    process.stdout.close()

    assert process.wait(DEADLINE_S) == 0
    assert process.stderr.read() == ""
    process.stderr.close()
    assert not path.exists()


def test_the_process_needs_only_what_it_needs(path):
    done = subprocess.run(
        [sys.executable, "-c", "import sys, oppleo_flow.simulator.__main__; print(*sys.modules)"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"pydantic", "yaml", "sqlalchemy", "apscheduler", "minimalmodbus", "serial", "mfrc522"}

    assert heavy & set(done.stdout.split()) == set()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--wiring", '{"doorbell": 4}'], "wiring: 'doorbell' is not a wire; known: ",
                     id="a wire that is not there"),
        pytest.param(["--wiring", "{"], "", id="no JSON"),
        pytest.param(["--end-with", "-1"], "process -1: Invalid argument",
                     id="a process that cannot be"),
    ],
)  # fmt: skip
def test_a_wrong_order_ends_with_one_line(path, arguments, message):
    process = start(path, *arguments)
    out, err = process.communicate(timeout=DEADLINE_S)

    assert process.returncode == 1
    assert out == ""
    assert err.startswith(f"simulator: {message}")
    assert err.count("\n") == 1
