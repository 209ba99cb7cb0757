"""How a connection is kept; over a socket that keeps apart what was written apart."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cheroot import wsgi

from webui.connection import Connection

ASKED = b"GET /%d HTTP/1.1\r\nHost: here\r\n\r\n"
LAST = b"GET /0 HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n"

Pair = tuple[socket.socket, Connection]


@pytest.fixture
def server() -> Iterator[wsgi.Server]:
    server = wsgi.Server(("127.0.0.1", 0), _answer, numthreads=1, max=1)
    server.prepare()
    yield server
    server.stop()


def _answer(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    status, chunks = {
        "/0": ("200 OK", [b"all of it"]),
        "/1": ("200 OK", [b"one", b"and two"]),
        "/2": ("204 No Content", []),
    }[environ["PATH_INFO"]]
    length = [("Content-Length", str(len(chunks[0])))] if len(chunks) == 1 else []
    start_response(status, length)
    return chunks


@contextmanager
def connected(server: wsgi.Server, *, served: bool = False) -> Iterator[Pair]:
    """Yield a client, and the server's connection to it; `served`: by a thread of the server."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        theirs.settimeout(10)
        ours.settimeout(10)
        connection = Connection(server, ours)
        yield theirs, connection
        if not served:
            connection.close()


@pytest.mark.parametrize(
    ("number", "pieces"),
    [
        pytest.param(0, [b"\r\n\r\nall of it"], id="head and body are one"),
        pytest.param(
            1,
            [b"\r\n\r\n3\r\none\r\n", b"7\r\nand two\r\n", b"0\r\n\r\n"],
            id="the first of many leaves with the head, the rest as it comes",
        ),
        pytest.param(2, [b"\r\n\r\n"], id="a head without a body leaves by itself"),
    ],
)
def test_an_answer_leaves_in_as_few_pieces_as_it_is_made_of(server, number, pieces):
    with connected(server) as (client, connection):
        client.send(ASKED % number)

        assert connection.communicate()
        for piece in pieces:
            assert client.recv(4096).endswith(piece)


def test_what_follows_at_once_is_answered_in_the_same_turn(server):
    with connected(server) as (client, connection):
        client.send(ASKED % 0)
        client.send(ASKED % 0)

        assert connection.communicate()
        assert [client.recv(4096).count(b"all of it") for _ in range(2)] == [1, 1]


def test_the_last_request_ends_the_connection(server):
    with connected(server) as (client, connection):
        client.send(ASKED % 0)
        client.send(LAST)

        assert not connection.communicate()


def test_who_waits_for_a_thread_is_not_kept_waiting_by_what_follows(server):
    with (
        connected(server) as (client, connection),
        connected(server, served=True) as (_, silent),
        connected(server, served=True) as (_, waits),
    ):
        server.requests.put(silent)  # the only thread listens to it, or is about to
        server.requests.put(waits)
        client.send(ASKED % 0)
        client.send(ASKED % 0)

        assert connection.communicate()
        client.recv(4096)
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(4096)
