"""`vehicle-data`: how a vehicle is, from a real server and a real broker, and unknown if not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from pydantic import SecretStr, ValidationError

from nodes.network.http_client import HttpClientConnection
from nodes.network.mqtt_broker import MqttBrokerConnection
from nodes.network.vehicle_data import VehicleData, VehicleDataConfig
from oppleo_flow.payloads import OdometerSought, VehicleState, VehicleUnknown
from oppleo_flow.testing.bench import NOON, Bench
from tests.nodes.network.brokers import RealBroker, listener
from tests.oppleo_flow.devices.mosquitto import Mosquitto
from tests.oppleo_flow.devices.worlds import Waiter

MINUTE = timedelta(minutes=1)
UNKNOWN = VehicleUnknown("van", NOON, "it has said nothing yet")
HEARD = {"vehicle": "van", "mqtt": "broker"}


class RealClient(HttpClientConnection):
    """A web client that is real also on a site that is simulated."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{**named, "simulated": False})


class Car:
    """What a server on this machine tells of a car, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str | None]] = []
        self.answer: tuple[int, Any] = (200, {})
        self.port = 0


@contextmanager
def car() -> Iterator[Car]:
    served = Car()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            served.asked.append((self.command, self.path, self.headers["Authorization"]))
            status, body = served.answer
            text = body if isinstance(body, str) else json.dumps(body)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_GET(self) -> None:
            self._answer()

        def do_POST(self) -> None:
            self._answer()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served.port = server.server_address[1]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def asking(served: Car, **config: Any) -> Bench:
    url = f"http://127.0.0.1:{served.port}"
    options = {"vehicle": "van", "http": "web", "url": f"{url}/van", **config}
    if "wake" in options:
        options["wake_url"] = f"{url}{options.pop('wake')}"
    return Bench(VehicleData, options, connections={"web": RealClient})


def hearing(**config: Any) -> Bench:
    broker = (MqttBrokerConnection, {"host": "h"})
    return Bench(VehicleData, {**HEARD, **config}, connections={"broker": broker})


def say(on: Bench, topic: str, text: str, *, retain: bool = False) -> None:
    on.runtime.node("node").context.connection("broker").publish(
        topic, text.encode(), retain=retain
    )
    on.advance(0)


def test_a_server_is_asked_every_so_often_with_its_key() -> None:
    with car() as served:
        served.answer = (200, {"attributes": {"odometer": 42137.4, "battery_level": 61}})
        with asking(
            served,
            headers={"Authorization": SecretStr("Bearer abc")},
            odometer="attributes.odometer",
            soc="attributes.battery_level",
            every="5m",
        ) as on:
            on.advance(0)
            assert on.sent("state") == [UNKNOWN, VehicleState("van", NOON, 42_137, 61.0)]
            assert on.run().status == "42137 km, 61 %"
            on.advance(300)
            assert served.asked == [("GET", "/van", "Bearer abc")] * 2
            assert on.sent("state")[-1].time == NOON + 5 * MINUTE


def test_an_odometer_that_is_sought_wakes_the_vehicle_and_asks_at_once() -> None:
    with car() as served:
        served.answer = (200, {"km": 7})
        with asking(served, odometer="km", wake="/wake") as on:
            on.advance(10)
            served.asked.clear()
            on.send(OdometerSought.sample(vehicle="bus"), "ask")
            assert served.asked == []
            on.send(OdometerSought.sample(), "ask")
            assert [asked[:2] for asked in served.asked] == [("POST", "/wake"), ("GET", "/van")]
            assert on.sent("state")[-1] == VehicleState("van", NOON + timedelta(seconds=10), 7)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        ((503, ""), {"vehicle-away": "127.0.0.1: refused with status 503"}),
        ((302, ""), {"vehicle-away": "127.0.0.1: refused with status 302"}),
        ((200, {}), {"vehicle-nonsense": "van: 'km' is not there, at 'km'"}),
        (
            (200, {"km": -3}),
            {"vehicle-nonsense": "van: odometer: 0 to 9999999 is possible, got '-3'"},
        ),
        ((200, "<html>"), {"vehicle-nonsense": "van: JSON is needed for 'km', got '<html>'"}),
    ],
)
def test_what_is_wrong_is_a_fault_and_what_was_known_counts_until_it_is_too_old(
    answer: Any, fault: dict[str, str]
) -> None:
    with car() as served:
        served.answer = (200, {"km": 42_137})
        with asking(served, odometer="km", every="10m", max_age="15m") as on:
            on.advance(0)
            served.answer = answer
            on.advance(600)
            known = VehicleState("van", NOON, 42_137)
            assert (on.run().faults, on.sent("state")[-1]) == (fault, known)
            on.advance(360)
            gone = VehicleUnknown("van", NOON + 16 * MINUTE, "it has said nothing for 15 min")
            assert on.sent("state")[-1] == gone
            served.answer = (200, {"km": 42_140})
            on.advance(240)
            assert on.sent("state")[-1].odometer_km == 42_140
            assert on.run().faults == {}


def test_what_the_source_calls_unknown_is_unknown() -> None:
    with car() as served:
        served.answer = (200, {"state": "42137", "soc": 50})
        with asking(served, odometer="state", soc="soc", every="1m") as on:
            on.advance(0)
            served.answer = (200, {"state": "unavailable", "soc": 50})
            on.advance(60)
            assert on.sent("state")[-1] == VehicleState("van", NOON + MINUTE, None, 50.0)


def test_the_age_is_that_of_the_source_where_it_tells_one() -> None:
    with car() as served:
        served.answer = (200, {"km": 42_137, "at": "2026-01-15T11:30:00Z"})
        with asking(served, odometer="km", time="at", max_age="1h") as on:
            on.advance(0)
            assert on.sent("state")[-1] == VehicleState("van", NOON - 30 * MINUTE, 42_137)
            on.advance(31 * 60)
            assert isinstance(on.sent("state")[-1], VehicleUnknown)


def test_simulated_nothing_is_asked_and_nothing_made_up() -> None:
    config = {"vehicle": "van", "http": "web", "url": "http://car", "odometer": "km"}
    with Bench(VehicleData, config, connections={"web": HttpClientConnection}) as on:
        on.advance(3600)
        assert on.sent("state") == [UNKNOWN]


def test_a_broker_tells_each_field_on_a_topic_of_its_own() -> None:
    with hearing(topics={"odometer": "car/km", "soc": "car/soc"}, unit="miles") as on:
        say(on, "car/soc", "61")
        on.advance(60)
        say(on, "car/km", "26182.5")
        assert on.sent("state")[1:] == [
            VehicleState("van", NOON, None, 61.0),
            VehicleState("van", NOON + MINUTE, 42_137, 61.0),
        ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param({}, UNKNOWN, id="has no age, and is passed over"),
        pytest.param({"kept": "believe"}, VehicleState("van", NOON, 7), id="is believed if asked"),
        pytest.param(
            {"time": "at"}, VehicleState("van", NOON - MINUTE, 7), id="counts by its own time"
        ),
    ],
)
def test_what_the_broker_had_kept(options: Any, told: Any) -> None:
    with hearing(topic="car", odometer="km", **options) as on:
        at = (NOON - MINUTE).isoformat()
        broker = on.runtime.node("node").context.connection("broker")._broker
        broker.leave("gone")
        broker._kept["car"] = json.dumps({"km": 7, "at": at}).encode()
        broker.leave(None)
        on.advance(0)
        assert on.sent("state")[-1] == told


def test_a_broker_that_is_away_is_a_fault_until_it_is_back() -> None:
    with hearing(topic="car", odometer="km") as on:
        broker = on.runtime.node("node").context.connection("broker")._broker
        broker.leave("gone fishing")
        on.advance(0)
        assert on.run().faults == {"vehicle-away": "the broker is away: gone fishing"}
        broker.leave(None)
        on.advance(0)
        assert on.run().faults == {}


def test_a_real_broker_that_is_not_there_at_the_start_is_a_fault(tmp_path: Path) -> None:
    port = Mosquitto(tmp_path).port
    broker = (RealBroker, {"host": "127.0.0.1", "port": port})
    config = {**HEARD, "topic": "car", "odometer": "."}
    with Bench(VehicleData, config, connections={"broker": broker}) as on:
        away = "the broker is away: Connection refused"
        assert on.run().faults == {"vehicle-away": away}


def test_a_real_broker_tells_of_a_car(tmp_path: Path) -> None:
    with Mosquitto(tmp_path) as server, listener(server.port) as other:
        broker = (RealBroker, {"host": "127.0.0.1", "port": server.port})
        config = {**HEARD, "topic": "car", "odometer": r"/km=(\d+)/"}
        with Bench(VehicleData, config, connections={"broker": broker}) as on:
            heard = Waiter()
            on.runtime.node("node").context.connection("broker").subscribe("car", heard)
            other.broker.publish("car", b"soc=5 km=42137")
            heard.wait_for(lambda told: len(told) == 1)
            on.advance(0)
            assert on.sent("state")[-1] == VehicleState("van", NOON, 42_137)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "http or mqtt is needed"),
        ({"http": "web", "mqtt": "broker"}, "http or mqtt is needed"),
        ({"http": "web", "odometer": "km"}, "http and url go together"),
        ({"mqtt": "broker", "odometer": "km"}, "mqtt needs topic or topics"),
        ({"mqtt": "broker", "topic": "a", "topics": {"soc": "b"}}, "mqtt needs topic or topics"),
        ({"mqtt": "broker", "topic": "a"}, "odometer, soc or range is needed"),
        ({"mqtt": "broker", "topic": "a", "soc": "s", "wake_url": "http://c"}, "go with http"),
        ({"mqtt": "broker", "topic": "a/#", "soc": "s"}, "String should match pattern"),
        ({"mqtt": "broker", "topic": "a", "soc": "/x/"}, "the value is the first group"),
    ],
)
def test_settings_that_do_not_go_together_are_refused(options: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says):
        VehicleDataConfig(vehicle="van", **options)
