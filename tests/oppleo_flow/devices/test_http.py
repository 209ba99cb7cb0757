"""HTTP clients: one contract for the real one and its twin, and what only the real one can do."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from urllib.parse import parse_qs

import pytest
from pydantic import SecretStr

from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.devices.http import (
    HttpClient,
    HttpRequest,
    HttpResponse,
    RecordingClient,
    RequestsClient,
)
from oppleo_flow.errors import ServiceError, ServiceTimeout
from oppleo_flow.testing.bench import NOON

Answer = Callable[[BaseHTTPRequestHandler], None]


class Server:
    """A web server on this machine; `bodies` has what it was sent."""

    def __init__(self, answer: Answer) -> None:
        bodies: list[str] = []
        self.bodies = bodies

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                bodies.append(self.rfile.read(length).decode())
                answer(self)

            do_GET = do_POST  # noqa: N815  (the name that the library looks for)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/add"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def answers(status: int, text: str = "", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(text)))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


@contextmanager
def real_client(timeout_s: float = 10.0, max_bytes: int = 1000) -> Iterator[HttpClient]:
    client = RequestsClient(timeout_s=timeout_s, max_bytes=max_bytes, clock=SystemClock())
    yield client
    client.close()


@contextmanager
def twin() -> Iterator[HttpClient]:
    yield RecordingClient(logging.getLogger("test"))


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("make", [real_client, twin])
def test_a_client_answers_a_request(make: Callable[[], Iterator[HttpClient]]) -> None:
    with Server(answers(200)) as server, make() as client:  # type: ignore[attr-defined]
        answer = client.send(HttpRequest("POST", server.url, {"key": SecretStr("s"), "a": "ä b"}))

    assert (answer.status, answer.text, answer.ok) == (200, "", True)


def test_the_real_client_opens_a_secret_only_to_send_it() -> None:
    with Server(answers(200)) as server, real_client() as client:
        request = HttpRequest("POST", server.url, {"key": SecretStr("s3cret"), "a": "ä b"})
        client.send(request)

    assert [parse_qs(body) for body in server.bodies] == [{"key": ["s3cret"], "a": ["ä b"]}]
    assert "s3cret" not in repr(request)


def test_the_twin_sends_nothing_and_remembers() -> None:
    client = RecordingClient(logging.getLogger("test"))
    requests = [HttpRequest("POST", "https://example.org/add", {"n": str(n)}) for n in range(101)]
    with Server(answers(200)) as server:
        sent = [client.send(request) for request in requests]

    assert sent[0] == HttpResponse(200, "", simulated=True)
    assert (client.count, client.remembered, server.bodies) == (101, tuple(requests[1:]), [])


@pytest.mark.parametrize(
    ("status", "ok"), [(200, True), (204, True), (302, False), (401, False), (500, False)]
)
def test_every_status_is_an_answer(status: int, ok: bool) -> None:
    with Server(answers(status, Location="http://127.0.0.1:1/")) as server, real_client() as client:
        answer = client.send(HttpRequest("POST", server.url))

    assert (answer.status, answer.ok) == (status, ok)


def test_a_server_that_is_not_there_is_named_with_the_reason() -> None:
    with socket.socket() as taken, real_client() as client:
        taken.bind(("127.0.0.1", 0))  # bound, and nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/add?key=s3cret"
        with pytest.raises(ServiceError) as refused:
            client.send(HttpRequest("GET", url))

    assert str(refused.value) == "127.0.0.1: Connection refused"


def test_a_server_that_is_silent_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, real_client(timeout_s=0.05) as client:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(ServiceTimeout) as refused:
            client.send(HttpRequest("GET", url))

    assert str(refused.value) == "127.0.0.1: no whole answer in 0.05 s"


def test_an_answer_that_drips_in_is_given_up_too() -> None:
    clock = VirtualClock(NOON)

    def drip(handler: BaseHTTPRequestHandler) -> None:
        clock.advance(11.0)
        answers(200, "late")(handler)

    client = RequestsClient(timeout_s=10.0, max_bytes=1000, clock=clock)
    with Server(drip) as server, pytest.raises(ServiceTimeout) as refused:
        client.send(HttpRequest("POST", server.url))
    client.close()

    assert str(refused.value) == "127.0.0.1: no whole answer in 10 s"


def test_an_answer_that_breaks_off_is_no_answer() -> None:
    def break_off(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")

    with Server(break_off) as server, real_client() as client, pytest.raises(ServiceTimeout) as no:
        client.send(HttpRequest("POST", server.url))

    assert str(no.value) == (
        "127.0.0.1: the connection broke before the whole answer; what was asked may have been done"
    )


def test_a_server_that_takes_a_request_and_hangs_up_may_have_done_it() -> None:
    def hang_up(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True

    with Server(hang_up) as server, real_client() as client, pytest.raises(ServiceTimeout) as no:
        client.send(HttpRequest("POST", server.url))

    assert "what was asked may have been done" in str(no.value)


def test_an_answer_that_is_too_long_is_refused() -> None:
    answer = answers(200, "x" * 1001)
    with Server(answer) as server, real_client() as client, pytest.raises(ServiceError) as refused:
        client.send(HttpRequest("POST", server.url))

    assert str(refused.value) == "127.0.0.1: the answer is over 1000 bytes"
