import http.client
import json
import socket
import threading
from contextlib import contextmanager

import pytest

from oppleo_flow import SystemClock
from oppleo_flow.errors import ConfigError
from oppleo_flow.payloads import MeterReading
from webui.server import listen

DEADLINE_S = 20.0


@pytest.fixture
def start(runtime, tmp_path):
    """Return what starts a server on a free port and stops it after the test."""
    running = []

    def start(**settings):
        settings = {"port": 0, "built_page": tmp_path} | settings
        running.append(listen(runtime, clock=SystemClock(), **settings).start())
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


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "localhost", ""])
def test_until_there_is_a_login_it_listens_on_this_machine_only(start, host):
    with pytest.raises(ConfigError) as error:
        start(host=host, port=8080)
    assert str(error.value) == (
        f"web: host: only 127.0.0.1 until there is a login, got {host!r}; to look from another "
        "machine use a tunnel, as in `ssh -L 8080:127.0.0.1:8080 HOST`"
    )


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
    assert b"Traceback" not in raw(server, request_text)
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
