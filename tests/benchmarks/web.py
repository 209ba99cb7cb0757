"""Rows 15 and 16: the web interface, asked by many at once, and listened to.

Each server runs in a process of its own; the clients are sockets of this one, so that no library
of ours is measured as the client.  The peers of row 15 are the same answer by Bottle and cheroot
alone, and by Node-RED's `http in`.
"""

import selectors
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection

from tests.benchmarks import node_red_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import NodeRed, install
from tests.benchmarks.processes import ROOT
from tests.benchmarks.web_server import STREAMS

STATE = "/api/v1/state"
_CLIENTS, _ANSWERS, _WARM_UP = 8, 4000, 200
_LISTEN_S = 5.0
_TOLD = b'"told":{"type":"float","value":'
_US, _MS = 1e6, 1e3


def state(repetitions: int) -> Iterator[Figure]:
    """Row 15."""
    ours, bare = in_turns(lambda: _answers("house"), lambda: _answers("bare"), repetitions)
    budget = Budget(times=0.6)
    yield Figure("the state, 8 clients, and bare", "µs", tuple(ours), tuple(bare), budget=budget)
    with _server("house") as port:
        body = _get(port, STATE)
    installed = install()

    def theirs() -> float:
        flow = node_red_flows.answering("/state", body.decode())
        with NodeRed(installed, flow, own_nodes=False) as running:
            return _us_each(running.port, "/state")

    ours, red = in_turns(lambda: _answers("house"), theirs, repetitions)
    budget = Budget(times=1)
    yield Figure("the state, 8 clients", "µs", tuple(ours), tuple(red), budget=budget)


def streams(repetitions: int) -> Iterator[Figure]:
    """Row 16: how late each of 200 streams is told something that happens five times a second."""
    late = [_lateness() for _ in range(repetitions)]
    name = f"{STREAMS} streams, 5 events a second"
    yield Figure(f"{name}, p50", "ms", tuple(_share(one, 0.5) for one in late))
    budget = Budget(most=100)
    yield Figure(f"{name}, p99", "ms", tuple(_share(one, 0.99) for one in late), budget=budget)


def _lateness() -> list[float]:
    """Return how late each event reached each stream, in ms."""
    with _server("streams") as port, ExitStack() as held, selectors.DefaultSelector() as waiting:
        for _ in range(STREAMS):
            stream = held.enter_context(_asking(port, "/api/v1/events"))
            stream.setblocking(False)
            waiting.register(stream, selectors.EVENT_READ)
        late = []
        begins_s = time.monotonic() + 1.0  # each is told everything first
        while (now_s := time.monotonic()) < begins_s + _LISTEN_S:
            for key, _ in waiting.select(timeout=0.1):
                heard = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]  # a socket
                now_s = time.monotonic()
                if now_s >= begins_s:
                    late += [(now_s - told_s) * _MS for told_s in _times(heard)]
    if not late:
        raise BenchmarkError("nothing was heard")
    return late


def _times(heard: bytes) -> Iterator[float]:
    for part in heard.split(_TOLD)[1:]:
        yield float(part.partition(b",")[0])


def _answers(kind: str) -> float:
    with _server(kind) as port:
        return _us_each(port, STATE)


def _us_each(port: int, path: str) -> float:
    """Return how long an answer takes while eight clients ask as fast as they are answered."""
    _rounds(port, path, _WARM_UP)
    began_s = time.perf_counter()
    _rounds(port, path, _ANSWERS)
    return (time.perf_counter() - began_s) * _US / _ANSWERS


def _rounds(port: int, path: str, answers: int) -> None:
    with ExitStack() as held, selectors.DefaultSelector() as waiting:
        clients = [held.enter_context(_asking(port, path)) for _ in range(_CLIENTS)]
        missing = dict.fromkeys(clients, -1)
        for client in clients:
            waiting.register(client, selectors.EVENT_READ)
        done = 0
        while done < answers:
            for key, _ in waiting.select(timeout=10):
                client: socket.socket = key.fileobj  # type: ignore[assignment]
                heard = client.recv(1 << 18)
                if not heard:
                    raise BenchmarkError(f"{path}: the server has closed the connection")
                if missing[client] < 0:  # a head begins
                    head, _, body = heard.partition(b"\r\n\r\n")
                    missing[client] = _length(head) - len(body)
                else:
                    missing[client] -= len(heard)
                if missing[client] == 0:
                    done += 1
                    missing[client] = -1
                    client.sendall(_request(path))


def _length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return int(line.partition(b":")[2])
    raise BenchmarkError("an answer without its length")


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode()


@contextmanager
def _asking(port: int, path: str) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(_request(path))
        yield client


def _get(port: int, path: str) -> bytes:
    asking = HTTPConnection("127.0.0.1", port, timeout=30)
    asking.request("GET", path)
    body = asking.getresponse().read()
    asking.close()
    return body


def _share(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


@contextmanager
def _server(kind: str) -> Iterator[int]:
    """Run a server in a process of its own; the value is its port."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.web_server", kind],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            port = process.stdout.readline()
            if not port:
                raise BenchmarkError(f"the {kind} server did not start")
            yield int(port)
        finally:
            process.stdin.close()
            process.wait(30)
