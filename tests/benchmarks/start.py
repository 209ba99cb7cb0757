"""Row 4: from the command to a charge point that is ready, and what it then takes up.

Ours is the shipped flow on simulated hardware with its page, its store and its guardian.  The
simulated world is a process of its own, which a real charge point has not; what it takes up is told
apart.  The peer's flow is empty.

Ours starts as an installed program does: with compiled files, as the peer starts with a warm cache,
whatever PYTHONDONTWRITEBYTECODE says here, and without what the environment of a developer hooks
into the start of every Python.
"""

import contextlib
import http.client
import os
import signal
import subprocess
import sysconfig
import tempfile
import time
import venv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import node_red_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import Installed, NodeRed, free_port, install
from tests.benchmarks.processes import ROOT, cpu_s, descends_from, memory_mb

WORLD = "oppleo_flow.simulator"
_SETTLE_S = 3.0
_PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.002


@dataclass(frozen=True, slots=True)
class Started:
    """What a start took, and what was then taken up; `world_mb` apart from `memory_mb`."""

    ready_s: float
    cpu_s: float
    memory_mb: float
    world_mb: float = 0.0


def cold_start(repetitions: int) -> Iterator[Figure]:
    """Row 4."""
    installed = install()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        ours_installed = install_ours(Path(folder))
        our_start(ours_installed, settle_s=0.0)  # the first also makes what stays: compiled files
        ours, peer = in_turns(
            lambda: our_start(ours_installed), lambda: _their_start(installed), repetitions
        )
    half = Budget(times=2)
    yield _figure("cold start of the shipped flow, until ready", "s", ours, peer, "ready_s", half)
    yield _figure("… time of processors", "s", ours, peer, "cpu_s")
    yield _figure("memory when idle, with the guardian", "MB", ours, peer, "memory_mb", half)
    yield Figure("… of the simulated world besides", "MB", tuple(s.world_mb for s in ours))


def _figure(
    name: str,
    unit: str,
    ours: list[Started],
    peer: list[Started],
    field: str,
    budget: Budget | None = None,
) -> Figure:
    mine, theirs = (tuple(getattr(start, field) for start in side) for side in (ours, peer))
    return Figure(name, unit, mine, theirs, budget=budget or Budget())


@dataclass(frozen=True, slots=True)
class Ours:
    """A Python that has our program, the environment that it runs in, and a site."""

    python: Path
    environment: Mapping[str, str]
    site: Path


def install_ours(folder: Path) -> Ours:
    """Return our program as installed, with a new site on simulated hardware."""
    venv.create(folder / "python", symlinks=True)
    python = folder / "python" / "bin" / "python"
    (packages,) = (folder / "python").glob("lib/python*/site-packages")
    (packages / "ours.pth").write_text(f"{ROOT}\n{sysconfig.get_path('purelib')}\n")
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    site = folder / "site"
    subprocess.run(
        [python, "-m", "oppleo_flow", "init", site, "--simulated"],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return Ours(python, environment, site)


@dataclass(frozen=True, slots=True)
class Running:
    """Our program, ready, with its guardian, apart from the simulated world."""

    guardian: "subprocess.Popen[bytes]"
    port: int
    ready_s: float

    @property
    def worlds(self) -> list[int]:
        """Return the simulated worlds, which a real charge point has not."""
        return [pid for pid in descends_from(self.guardian.pid) if _is_world(pid)]

    def cpu_s(self) -> float:
        """Return the processor time that it has taken so far."""
        return cpu_s(self.guardian.pid) - sum(cpu_s(pid) for pid in self.worlds)


@contextlib.contextmanager
def our_program(ours: Ours, flow: Path) -> Iterator[Running]:
    """Run a flow; when it is ready it is yielded, and afterwards stopped."""
    port = free_port()
    command = [ours.python, "-m", "oppleo_flow", "run", ours.site, "--flow", flow]
    began = time.perf_counter()
    with subprocess.Popen(
        [*command, "--port", str(port)], env=ours.environment, stdout=subprocess.DEVNULL
    ) as guardian:
        try:
            _wait_until_ready(guardian, port)
            yield Running(guardian, port, time.perf_counter() - began)
        finally:
            guardian.send_signal(signal.SIGINT)
            guardian.wait(_PATIENCE_S)


def our_start(ours: Ours, *, settle_s: float = _SETTLE_S) -> Started:
    """Run the shipped flow until it is ready, look at it, and stop it."""
    with our_program(ours, ROOT / "flows" / "charge-point.yaml") as program:
        spent_s = program.cpu_s()
        time.sleep(settle_s)
        world_mb = sum(memory_mb(pid) for pid in program.worlds)
        all_mb = memory_mb(program.guardian.pid)
        return Started(program.ready_s, spent_s, all_mb - world_mb, world_mb)


def _is_world(pid: int) -> bool:
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return WORLD.encode() in words


def _wait_until_ready(guardian: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while guardian.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            page = http.client.HTTPConnection("127.0.0.1", port, timeout=_PATIENCE_S)
            with contextlib.closing(page):
                page.request("GET", "/ready")
                if page.getresponse().status == http.client.OK:
                    return
        time.sleep(_LOOK_AGAIN_S)
    raise BenchmarkError("the shipped flow did not become ready; its messages are above")


def _their_start(installed: Installed) -> Started:
    with NodeRed(installed, node_red_flows.empty(), own_nodes=False) as server:
        spent_s = cpu_s(server.pid)
        time.sleep(_SETTLE_S)
        return Started(server.started_s, spent_s, memory_mb(server.pid))
