"""The devices of the shipped flow in a simulated house, over the API."""

from datetime import UTC, datetime

import pytest

from oppleo_flow.devices.frames import Frames
from oppleo_flow.testing.house import House
from tests.webui.conftest import Client
from tests.webui.graphs import SHIPPED
from webui.access import Demo
from webui.api import devices as devices_module
from webui.app import create_app
from webui.feed import Feed
from webui.parts import Parts
from webui.ports import SiteFacts

ADDRESS = "/api/v1/devices"
NOON = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.fixture
def frames():
    return Frames()


@pytest.fixture
def house(tmp_path):
    with House(SHIPPED.read_text(), tmp_path, NOON) as house:
        house.run_for(30)
        yield house


class Turning(Feed):
    """A feed that lets the house live on whenever somebody waits."""

    house = None

    def ends_within(self, seconds):
        self.house.run_for(seconds)
        return False


@pytest.fixture
def client(house, frames, tmp_path):
    feed = Turning(house.runtime, house.clock, most_streams=1)
    feed.house = house
    site = SiteFacts(clock=house.clock, frames=frames)
    parts = Parts(runtime=house.runtime, feed=feed, site=site, access=Demo())
    yield Client(create_app(parts, built_page=tmp_path))
    feed.close()


def device(client, id_):
    (found,) = [one for one in client.get(ADDRESS).json["devices"] if one["id"] == id_]
    return found


def test_every_connection_is_told_with_what_hangs_on_it(client):
    told = client.get(ADDRESS).json
    (bus,) = [one for one in told["connections"] if one["type"] == "serial-bus"]
    assert (bus["open"], bus["simulated"], bus["devices"]) == (True, True, ["meter"])
    assert bus["place"] == "serial port /dev/ttyUSB0"
    assert {"name": "baud", "value": 9600} in bus["facts"]


def test_every_device_is_told_with_its_place_its_health_and_its_counts(client):
    meter = device(client, "meter")
    assert (meter["type"], meter["connection"]) == ("modbus-meter", "rs485")
    assert meter["place"] == "unit 1"
    assert meter["faults"] == []
    assert meter["levels"]["reading"]["type"] == "MeterReading"
    assert set(meter["tally"]) == {
        *("asked", "answered", "silent", "garbled", "late", "rested", "reopened")
    }
    switch = device(client, "evse")
    assert (switch["tally"], switch["trial"]) == (None, None)


def test_a_fault_shows_at_its_device(client, house):
    house.world.silence_meter(True)
    house.run_for(60)
    (fault,) = device(client, "meter")["faults"]
    assert fault["code"] == "meter-silent"


@pytest.mark.parametrize("id_", ["meter", "evse_state", "rfid"])
def test_what_answers_is_tried_by_hearing_it(client, id_):
    answer = client.post(f"{ADDRESS}/test", {"device": id_})
    assert (answer.status, answer.json["verdict"]) == (200, "answers")


@pytest.mark.parametrize("id_", ["led", "buzzer"])
def test_what_shows_or_sounds_is_told_to_and_takes_it(client, id_):
    answer = client.post(f"{ADDRESS}/test", {"device": id_})
    assert (answer.status, answer.json["verdict"]) == (200, "told")


def test_a_silent_meter_does_not_pass(client, house):
    house.world.silence_meter(True)
    house.run_for(60)
    answer = client.post(f"{ADDRESS}/test", {"device": "meter"})
    assert (answer.status, answer.json["verdict"]) == (200, "bad")
    assert answer.json["text"].startswith("unit 1: no answer")


def test_the_switch_is_not_tried_while_the_flow_runs(client, house):
    answer = client.post(f"{ADDRESS}/test", {"device": "evse"})
    assert (answer.status, answer.json["detail"]) == (
        409,
        "evse: cannot be tried while the flow runs; stop it, and use `oppleo-flow hardware test`",
    )
    assert house.level("evse", "state").on is False


def test_what_is_not_there_cannot_be_tried(client):
    answer = client.post(f"{ADDRESS}/test", {"device": "nobody"})
    assert (answer.status, answer.json["code"]) == (404, "no-such-device")


# -- frames ----------------------------------------------------------------------------------


def heard(client, after=0):
    return client.get(f"{ADDRESS}/frames?after={after}").json["frames"]


def test_frames_are_kept_from_the_first_time_that_somebody_asks(client, frames):
    frames.tell("/dev/ttyUSB0", sent="01 04")
    assert (heard(client), frames.heard) == ([], True)
    frames.tell("/dev/ttyUSB0", sent="01 04", received="01 04 04")
    frames.tell("GPIO 5", output=True)
    told = [(one["number"], one["device"], one["what"]) for one in heard(client)]
    assert told == [
        (1, "/dev/ttyUSB0", {"sent": "01 04", "received": "01 04 04"}),
        (2, "GPIO 5", {"output": True}),
    ]
    assert [one["number"] for one in heard(client, after=1)] == [2]


def test_of_each_device_only_the_last_frames_are_kept(client, frames):
    heard(client)
    frames.tell("GPIO 5", output=True)
    for number in range(100):
        frames.tell("/dev/ttyUSB0", sent=str(number))
    numbers = [one["number"] for one in heard(client)]
    assert numbers == [1, *range(102 - devices_module._KEPT, 102)]


def test_when_nobody_asks_any_more_nobody_listens(client, frames, house):
    heard(client)
    house.run_for(devices_module._LISTENS_S)
    frames.tell("GPIO 5", output=True)
    assert frames.heard is False
    assert heard(client) == []
