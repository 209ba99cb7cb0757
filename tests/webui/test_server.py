import http.client
import json
import socket
import threading
import urllib.request
from contextlib import contextmanager

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.errors import ConfigError
from oppleo_flow.payloads import MeterReading
from webui.access import Closed, Demo
from webui.origin import Doors
from webui.server import listen

DEADLINE_S = 20.0


@pytest.fixture
def start(runtime, tmp_path):
    """Return what starts a server on a free port and stops it after the test."""
    running = []

    def start(**settings):
        usual = {"port": 0, "built_page": tmp_path, "access": Demo()}
        running.append(listen(runtime, clock=SystemClock(), **(usual | settings)).start())
        return running[-1]

    yield start
    for server in running:
        server.stop()


@contextmanager
def connection(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
    try:
        yield connection
    finally:
        connection.close()


def get(server, path):
    with connection(server) as asking:
        asking.request("GET", path)
        answer = asking.getresponse()
        return answer.status, json.loads(answer.read())


class EventStream:
    """Reads server-sent events from a socket, each within the deadline."""

    def __init__(self, server):
        self._connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=DEADLINE_S)
        self._connection.request("GET", "/api/v1/events")
        self.answer = self._connection.getresponse()

    def next(self):
        """Return the name and data of the next event; None at the end."""
        name = None
        while line := self.answer.readline():
            field, _, value = line.decode().rstrip("\n").partition(": ")
            if field == "event":
                name = value
            elif field == "data":
                return name, json.loads(value)
        return None

    def close(self):
        self.answer.close()
        self._connection.close()


@contextmanager
def event_stream(server):
    stream = EventStream(server)
    try:
        yield stream
    finally:
        stream.close()


def raw(server, text):
    """Return what the server answers to bytes that no client would send."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S) as asking:
        asking.sendall(text)
        asking.shutdown(socket.SHUT_WR)
        return asking.makefile("rb").read()


def test_it_says_where_it_listens_and_answers_there(start):
    server = start()
    assert server.port != 0
    assert server.url == f"http://127.0.0.1:{server.port}/"
    assert get(server, "/live") == (200, {"live": True})


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2"])
def test_a_demo_listens_on_this_machine_only(start, host):
    with pytest.raises(ConfigError) as error:
        start(host=host)
    assert str(error.value) == f"web: host: a demo is for 127.0.0.1 only, got {host!r}"


@pytest.mark.parametrize("host", ["localhost", "garage.local", ""])
def test_it_listens_at_an_address_and_at_no_name(start, host):
    with pytest.raises(ConfigError) as error:
        start(host=host)
    assert str(error.value) == (f"web: host: an address of this machine is needed, got {host!r}")


def test_it_moves_to_another_address_on_the_same_port(start):
    server = start(access=Closed(), doors=Doors(any_address=True))
    port = server.port
    server.move("127.0.0.2")
    assert (server.host, server.port, server.is_near) == ("127.0.0.2", port, True)
    assert server.url == f"http://127.0.0.2:{port}/"
    with urllib.request.urlopen(f"{server.url}live") as answer:
        assert json.load(answer) == {"live": True}
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_where_it_cannot_move_it_stays(start):
    server = start(access=Closed())
    with pytest.raises(ConfigError) as error:
        server.move("192.0.2.1")
    assert str(error.value) == (
        f"web: port {server.port}: this machine does not have that address; choose another `host`"
    )
    assert get(server, "/live") == (200, {"live": True})


def test_a_port_in_use_is_refused_with_the_remedy(start):
    taken = start().port
    with pytest.raises(ConfigError) as error:
        start(port=taken)
    assert str(error.value) == (
        f"web: port {taken}: something listens there already; stop it, or choose another port"
    )


@pytest.mark.parametrize("port", [-1, 65_536])
def test_a_port_that_cannot_be_is_refused(start, port):
    with pytest.raises(ConfigError) as error:
        start(port=port)
    assert str(error.value) == f"web: port: 0 to 65535, 0 for a free one, got {port}"


def test_it_needs_threads_beside_those_of_the_streams(start):
    with pytest.raises(ConfigError) as error:
        start(threads=16)
    assert str(error.value) == "web: threads: more than 16 are needed, got 16"


def test_changes_arrive_as_they_happen(start, runtime):
    with event_stream(start()) as stream:
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        assert stream.answer.headers["Cache-Control"] == "no-store"
        assert stream.next()[0] == "state"
        runtime.set("meter", "reading", MeterReading.sample(power_w=42.0))
        while True:
            name, data = stream.next()
            meters = [node for node in data["nodes"] if node["id"] == "meter"]
            if meters and meters[0]["levels"]:
                break
        assert name == "change"
        assert meters[0]["levels"]["reading"]["value"]["power_w"] == 42.0


def test_streams_leave_threads_for_the_rest(start):
    server = start(threads=18)
    with event_stream(server) as one, event_stream(server) as two:
        assert (one.next()[0], two.next()[0]) == ("state", "state")
        status, problem = get(server, "/api/v1/events")
        assert (status, problem["code"]) == (503, "too-many-streams")
        assert problem["detail"] == "web: live changes: 2 pages listen already; close one"
        assert get(server, "/api/v1/state")[0] == 200


def test_a_browser_that_goes_away_makes_room_with_the_next_change(start, runtime):
    server = start(threads=17)
    with event_stream(server) as gone:
        gone.next()
    arrived = threading.Event()

    def come_back():
        while not arrived.is_set():
            with event_stream(server) as stream:
                if stream.answer.status == 200:
                    arrived.set()

    visitor = threading.Thread(target=come_back)
    visitor.start()
    tries = 0
    while not arrived.is_set() and tries < 1000:
        tries += 1
        runtime.set("meter", "reading", MeterReading.sample(power_w=float(tries)))
        arrived.wait(0.05)
    assert arrived.is_set()
    visitor.join()


def test_stopping_ends_the_streams_and_frees_the_port(start):
    server = start()
    with event_stream(server) as stream, connection(server) as idle:
        stream.next()
        idle.request("GET", "/live")
        idle.getresponse().read()
        server.stop()
        while stream.next() is not None:
            pass
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", server.port), timeout=DEADLINE_S)


def test_stopping_twice_is_stopping_once(start):
    server = start()
    server.stop()
    server.stop()


def test_leaving_the_block_stops_it(start):
    with start() as server:
        port = server.port
    with pytest.raises(ConnectionError):
        socket.create_connection(("127.0.0.1", port), timeout=DEADLINE_S)


@pytest.mark.parametrize(
    "request_text",
    [
        pytest.param(b"\r\n\r\n", id="nothing"),
        pytest.param(b"GET\r\n\r\n", id="no address"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", id="a TLS greeting"),
        pytest.param(b"GET /live HTTP/1.1\r\n\r\n", id="no host"),
        pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 9000, id="too much"),
        pytest.param(
            b"POST /api/v1/simulator/swipe HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: x\r\n\r\n{}",
            id="a length that is no number",
        ),
        pytest.param(
            b"POST /api/v1/simulator/swipe HTTP/1.1\r\nHost: localhost\r\n"
            b"Content-Type: application/json\r\nContent-Length: 999999999\r\n\r\n{}",
            id="a length beyond all bounds",
        ),
    ],
)
def test_garbage_neither_stops_the_server_nor_shows_its_inside(start, request_text):
    server = start()
    said = raw(server, request_text)
    assert b"Traceback" not in said
    head, _, body = said.partition(b"\r\n\r\n")
    if body:
        assert b"Content-Type: application/problem+json" in head
        assert set(json.loads(body)) >= {"title", "status", "code", "detail"}
    assert get(server, "/live") == (200, {"live": True})


def test_a_bug_behind_a_route_neither_stops_the_server_nor_shows_its_inside(start, runtime):
    server = start()
    runtime.fails_with = KeyError("secret")
    status, problem = get(server, "/api/v1/state")
    assert (status, problem["code"]) == (500, "failed")
    assert "secret" not in json.dumps(problem)
    runtime.fails_with = None
    assert get(server, "/api/v1/state")[0] == 200


def test_the_server_does_not_tell_what_it_is_made_of(start):
    with connection(start()) as asking:
        asking.request("GET", "/live")
        assert asking.getresponse().headers["Server"] == "oppleo-flow"


def test_a_large_body_is_taken_at_one_address_alone_and_not_read_to_be_thrown_away(start):
    server = start(access=Closed())
    answers = []
    for path, length in (
        ("/api/v1/flow/check", 9_000_000),
        ("/api/v1/backups/taken-in", 2_000_000_000),
        ("/api/v1/backups/taken-in", 3_000_000_000),
    ):
        with connection(server) as asking:
            asking.putrequest("POST", path)
            asking.putheader("Content-Type", "application/octet-stream")
            asking.putheader("Content-Length", str(length))
            asking.endheaders()
            answer = asking.getresponse()
            code = json.loads(answer.read())["code"]
            answers.append((answer.status, code, answer.headers["Connection"]))
    assert answers == [
        (413, "too-long", "close"),
        (401, "sign-in", "close"),
        (413, "too-long", "close"),
    ]
