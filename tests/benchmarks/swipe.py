"""Row 10: from a card in the field to the edge at the pin of the switch.

The shipped flow runs as its owner runs it, on simulated hardware behind the real libraries.  Cards
are held to the reader at odd moments; the pin is watched from outside.  The switch need not rest
between two cards here: what is measured is how soon it hears, not how long it has to wait.

`limit` is the time between two looks for a card, which no handling can beat in the worst case.
"""

import contextlib
import random
import selectors
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from uuid import uuid4

from oppleo_flow.cli.simulation import SOCKET
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.payloads import SessionEnded, SessionStarted
from oppleo_flow.store import StoreLocation, open_ledger
from tests.benchmarks.comparison import Budget, Figure
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.processes import ROOT
from tests.benchmarks.start import Ours, Running, install_ours, our_program

LEDGER = Path(".oppleo", "simulated", "ledger.sqlite")
_SWITCH = 5
_CARD = "family"
_HOLD_S = 0.5
_REST_S = 2.2
"""Between two cards: the first has to be gone for a second before it counts as a new one."""
_SWIPES = 12
_LOOKS_EVERY_MS = 75.0
_LOOK_AGAIN_S = 0.001
_PATIENCE_S = 10.0
_SESSIONS = 10_000
_BROWSERS = 50
_IDLE_S = 10.0
_SETTLE_S = 3.0
_MOST_MS = 150
_MOST_PERCENT = 2
_WATCH = b"GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n"
_BARE = "flow: bare\nformat: 1\nnodes:\n  now:\n    type: schedule\n    every: 1h\n"
_WITH_READER = """flow: bare
format: 1
connections:
  spi: {type: spi-bus, simulate: true}
nodes:
  rfid: {type: rfid-reader, spi: spi}
"""
Meanwhile = Callable[[Ours, Running], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Measured:
    """How long each card took, in ms."""

    took_ms: tuple[float, ...]

    @property
    def p99_ms(self) -> float:
        """Return what 99 of 100 keep within; of fewer, the slowest."""
        ranked = sorted(self.took_ms)
        return ranked[min(len(ranked) - 1, len(ranked) * 99 // 100)]


def swipe_to_switch(repetitions: int) -> Iterator[Figure]:
    """Row 10."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours = install_ours(Path(folder))
        flow = _restless(Path(folder))
        with our_program(ours, flow):
            pass  # makes the ledger
        fill_ledger(ours.site, _SESSIONS)
        yield Figure(
            "processor time of looking for a card",
            "%",
            tuple(_cost_of_looking(ours, Path(folder)) for _ in range(repetitions)),
            budget=Budget(most=_MOST_PERCENT),
        )
        with our_program(ours, flow) as program, _world(ours.site) as world:
            for name, meanwhile in _MEANWHILE.items():
                with meanwhile(ours, program):
                    found = [_measure(world) for _ in range(repetitions)]
                yield Figure(
                    f"card to switch, {name}, p99",
                    "ms",
                    tuple(one.p99_ms for one in found),
                    limit=(_LOOKS_EVERY_MS,),
                    budget=Budget(most=_MOST_MS),
                )


def _measure(world: WorldClient) -> Measured:
    return Measured(tuple(1000 * _swiped_s(world) for _ in range(_SWIPES)))


def _swiped_s(world: WorldClient) -> float:
    """Hold a card to the reader; return how long it took until the switch moved."""
    time.sleep(_REST_S + random.uniform(0, _LOOKS_EVERY_MS / 1000))
    before = world.read_pin(_SWITCH)
    began = time.perf_counter()
    world.swipe(_CARD, _HOLD_S)
    while time.perf_counter() - began < _PATIENCE_S:
        if world.read_pin(_SWITCH) != before:
            return time.perf_counter() - began
        time.sleep(_LOOK_AGAIN_S)
    raise BenchmarkError(f"the switch did not move within {_PATIENCE_S:.0f} s of a card")


def _cost_of_looking(ours: Ours, folder: Path) -> float:
    """Return how much more of one processor is taken with a card reader than without."""
    without, reader = (
        _idle_percent(ours, folder / "bare.yaml", text) for text in (_BARE, _WITH_READER)
    )
    return reader - without


def _idle_percent(ours: Ours, flow: Path, text: str) -> float:
    """Return how much of one processor is taken by a program to which nothing happens."""
    flow.write_text(text, encoding="utf-8")
    with our_program(ours, flow) as program:
        time.sleep(_SETTLE_S)
        before = program.cpu_s()
        time.sleep(_IDLE_S)
        return 100 * (program.cpu_s() - before) / _IDLE_S


@contextlib.contextmanager
def _world(site: Path) -> Iterator[WorldClient]:
    with contextlib.chdir(site):  # the system takes short paths of sockets only
        client = WorldClient(SOCKET)
        client.snapshot()
    with contextlib.closing(client):
        yield client


def _restless(folder: Path) -> Path:
    """Return the shipped flow, with a switch that may close again as soon as it has opened."""
    shipped, _, _ = (
        (ROOT / "flows" / "charge-point.yaml").read_text(encoding="utf-8").partition("\ntests:")
    )
    switch = "    type: evse-switch\n"
    if shipped.count(switch) != 1:
        raise BenchmarkError("the shipped flow has another switch than it had")
    flow = folder / "charge-point.yaml"
    text = shipped.replace(switch, f"{switch}    dwell: 0s\n    most_per_day: 10000\n")
    flow.write_text(f"{text}\n", encoding="utf-8")
    return flow


def fill_ledger(site: Path, count: int) -> None:
    """Give the simulated ledger of a site sessions of a month that is over, one after another."""
    began = datetime(2026, 1, 1, tzinfo=UTC)
    with open_ledger(StoreLocation(site / LEDGER, lasting=False), "bench") as ledger:
        for number in range(count):
            start = began + number * timedelta(minutes=4)
            about = {"session_id": uuid4(), "started_at": start}
            ledger.sessions.record(SessionStarted.sample(**about))
            end = start + timedelta(minutes=3)
            ledger.sessions.record(SessionEnded.sample(**about, ended_at=end))


@contextlib.contextmanager
def _nothing(ours: Ours, program: Running) -> Iterator[None]:
    """Do nothing else."""
    yield


@contextlib.contextmanager
def _reports(ours: Ours, program: Running) -> Iterator[None]:
    """Have the statement of all those sessions built, again and again."""
    ended = threading.Event()
    command = [ours.python, "-m", "oppleo_flow", "report", "--site", ours.site, "--simulate"]

    def build() -> None:
        while not ended.is_set():
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                asked = [*command, "--month", "2026-01", "--format", "pdf", "-o", folder]
                subprocess.run(asked, env=ours.environment, stdout=subprocess.DEVNULL, check=True)

    with _beside(build, ended):
        yield


@contextlib.contextmanager
def _browsers(ours: Ours, program: Running) -> Iterator[None]:
    """Have many pages open, each of which reads all that is told."""
    ended = threading.Event()
    with contextlib.ExitStack() as pages, selectors.DefaultSelector() as selector:
        for _ in range(_BROWSERS):
            page = pages.enter_context(socket.create_connection(("127.0.0.1", program.port)))
            page.sendall(_WATCH)
            selector.register(page, selectors.EVENT_READ)

        def read() -> None:
            while not ended.is_set():
                for key, _ in selector.select(timeout=0.2):
                    key.fileobj.recv(65536)  # type: ignore[union-attr]  # a socket

        with _beside(read, ended):
            yield


@contextlib.contextmanager
def _locked(ours: Ours, program: Running) -> Iterator[None]:
    """Let nobody write to the ledger."""
    with contextlib.closing(sqlite3.connect(ours.site / LEDGER, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextlib.contextmanager
def _beside(work: Callable[[], None], ended: threading.Event) -> Iterator[None]:
    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


_MEANWHILE: Mapping[str, Meanwhile] = MappingProxyType(
    {
        "idle": _nothing,
        "while a report is built": _reports,
        f"with {_BROWSERS} pages open": _browsers,
        "with the ledger locked": _locked,
    }
)
