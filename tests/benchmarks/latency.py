"""Row 3: a line in from a socket, through three nodes, the answer out.

Idle, the client writes a line now and then and waits for its answer.  While 200 ms of work a second
runs elsewhere in the process, lines leave at set times whatever the server does, and the time
counts from when each should have left: a client that waits would hide a stall, because one
late answer would stand for all the lines that it kept from being written.  The limit is a server of
ours that has no flow: what two programs, a socket and a language take by themselves.
"""

import contextlib
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from tests.benchmarks import node_red_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import Installed, NodeRed, free_port, install
from tests.benchmarks.processes import ROOT

_LINE = b"04A1B2C3\n"
_WARM_UP = 400
_LINES = 600
_PAUSE_S = 0.002
_RATE_PER_S = 200
_SECONDS = 5
_MORE = 3
"""So many times as many pairs are measured idle: most of it is how soon a program is woken."""
Serve = Callable[[], AbstractContextManager[int]]
Measure = Callable[[int], "Latency"]


@dataclass(frozen=True, slots=True)
class Latency:
    """How long answers took."""

    p50_ms: float
    p99_ms: float


def line_to_answer(repetitions: int) -> Iterator[Figure]:
    """Row 3."""
    installed = install()
    pairs = repetitions * _MORE
    idle = _sides(installed, busy=False, measure=one_by_one, repetitions=pairs)
    bare = [_measured(bare_server, one_by_one) for _ in range(repetitions)]
    yield _figure("line to answer, idle, p50", idle, "p50_ms", Budget(times=2), bare)
    yield _figure("line to answer, idle, p99", idle, "p99_ms", Budget(), bare)
    busy = _sides(installed, busy=True, measure=at_set_times, repetitions=repetitions)
    yield _figure("line to answer, busy, p50", busy, "p50_ms", Budget())
    yield _figure("line to answer, busy, p99", busy, "p99_ms", Budget(times=10))


def _sides(
    installed: Installed, *, busy: bool, measure: Measure, repetitions: int
) -> tuple[list[Latency], list[Latency]]:
    """Measure in turns; each time a new server, so that the other side's is not there meanwhile."""
    return in_turns(
        lambda: _measured(lambda: our_server(busy=busy), measure),
        lambda: _measured(lambda: _their_server(installed, busy=busy), measure),
        repetitions,
    )


def _measured(serve: Serve, measure: Measure) -> Latency:
    with serve() as port:
        one_by_one(port, lines=_WARM_UP, pause_s=0.0)
        return measure(port)


def _figure(
    name: str,
    sides: tuple[list[Latency], list[Latency]],
    field: str,
    budget: Budget,
    bare: Sequence[Latency] = (),
) -> Figure:
    ours, peer, limit = (
        tuple(getattr(latency, field) for latency in side) for side in (*sides, bare)
    )
    return Figure(name, "ms", ours, peer, limit, budget)


def our_server(*, busy: bool) -> AbstractContextManager[int]:
    """Run our side in a process of its own; the value is its port."""
    return _server("tests.benchmarks.line_server", *(["busy"] if busy else []))


def bare_server() -> AbstractContextManager[int]:
    """Run the server without a flow in a process of its own; the value is its port."""
    return _server("tests.benchmarks.bare_lines")


@contextlib.contextmanager
def _server(module: str, *more: str) -> Iterator[int]:
    port = free_port()
    with subprocess.Popen(
        [sys.executable, "-m", module, str(port), *more],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "ready\n":
                raise BenchmarkError(f"{module} did not start; its message is above")
            yield port
        finally:
            process.stdin.close()


@contextlib.contextmanager
def _their_server(installed: Installed, *, busy: bool) -> Iterator[int]:
    with NodeRed(installed, node_red_flows.lines(busy=busy)) as server:
        yield server.lines_port


def one_by_one(port: int, *, lines: int = _LINES, pause_s: float = _PAUSE_S) -> Latency:
    """Write a line, wait for the answer, pause; and again."""
    took_s = []
    with _connected(port) as server, server.makefile("rb") as answers:
        for _ in range(lines):
            began = time.perf_counter()
            server.sendall(_LINE)
            _expect(answers.readline())
            took_s.append(time.perf_counter() - began)
            time.sleep(pause_s)
    return _latency(took_s)


def at_set_times(port: int, *, seconds: float = _SECONDS) -> Latency:
    """Write lines at set times; count from when each should have left."""
    lines = int(_RATE_PER_S * seconds)
    begin = time.perf_counter() + 0.001
    due = [begin + index / _RATE_PER_S for index in range(lines)]
    came: list[float] = []
    with _connected(port) as server, server.makefile("rb") as answers:

        def listen() -> None:
            for _ in due:
                _expect(answers.readline())
                came.append(time.perf_counter())

        listener = threading.Thread(target=listen)
        listener.start()
        for moment in due:
            time.sleep(max(0.0, moment - time.perf_counter()))
            server.sendall(_LINE)
        listener.join()
    if len(came) != lines:
        raise BenchmarkError(f"{lines - len(came)} of {lines} lines were not answered")
    return _latency([arrived - left for arrived, left in zip(came, due, strict=True)])


def _connected(port: int) -> socket.socket:
    server = socket.create_connection(("127.0.0.1", port), timeout=30.0)
    server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return server


def _expect(answer: bytes) -> None:
    if answer != _LINE:
        raise BenchmarkError(f"{_LINE!r} was to be answered, got {answer!r}")


def _latency(took_s: list[float]) -> Latency:
    ranked = sorted(took_s)
    return Latency(
        p50_ms=1000 * ranked[len(ranked) // 2], p99_ms=1000 * ranked[len(ranked) * 99 // 100]
    )
