"""A charge point as its owner runs it: the command, the page, simulated hardware."""

import contextlib
import http.client
import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow.cli.simulation import SOCKET
from oppleo_flow.devices.world_client import WorldClient

ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
COMMAND = [sys.executable, "-m", "oppleo_flow"]


def oppleo_flow(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        env=ENVIRONMENT,
        timeout=PATIENCE_S,
        check=False,
    )


def is_high(world: dict[str, Any], pin: int) -> bool:
    """Return the level of a pin; one that is modulated has none."""
    percent = world["pins"][str(pin)]["percent"]
    assert percent in (0, 100)
    return bool(percent == 100)


class Scope:
    """What the pins of the simulated Pi do, looked at without a pause, and not by the runtime."""

    def __init__(self, site: Path) -> None:
        self.beeps = 0
        self.switch_levels: set[str] = set()
        self.lamp_line: dict[str, set[int]] = {}
        self._sounds = False
        with contextlib.chdir(site):  # the system takes short paths of sockets only
            self._client = WorldClient(SOCKET)
            self._look()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        """Look away; may be called twice."""
        self._closing.set()
        self._thread.join()
        self._client.close()

    def _run(self) -> None:
        while not self._closing.is_set():
            self._look()

    def _look(self) -> None:
        world = self._client.snapshot()
        self.beeps += world["buzzer"] and not self._sounds
        self._sounds = world["buzzer"]
        self.switch_levels.add("high" if is_high(world, 5) else "low")
        evse = world["evse"]
        self.lamp_line.setdefault(evse["signal"], set()).add(evse["led_percent"])


class ChargePoint:
    """A running charge point, seen through its page's API; levels and nodes as last heard."""

    def __init__(self, process: subprocess.Popen[str], site: Path) -> None:
        self.process = process
        self.site = site
        self.printed: list[str] = []
        self.nodes: dict[str, dict[str, Any]] = {}
        self.activity: list[dict[str, Any]] = []
        self._stream: http.client.HTTPConnection | None = None
        self.come_back()

    def come_back(self) -> None:
        """Wait until the page is there, after a start or a restart, and listen to it."""
        line = self.read_output_until("http://127.0.0.1:")
        found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
        assert found
        self._port = int(found[1])
        self.nodes.clear()
        self.hang_up()
        self._stream = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        self._stream.request("GET", "/api/v1/events")
        self._events = self._stream.getresponse()

    def hang_up(self) -> None:
        """Stop listening to the page."""
        if self._stream is not None:
            self._events.close()
            self._stream.close()
            self._stream = None

    def read_output_until(self, text: str) -> str:
        """Read what is printed until a line holds `text`; return that line."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed.append(line.rstrip())
            if text in line:
                return line.rstrip()
        raise AssertionError(f"it ended before it said {text!r}:\n" + "\n".join(self.printed))

    def pin_is_high_by_socket(self, pin: int) -> bool:
        """Return the level of a pin without asking the runtime."""
        with self.witness() as pin_is_high:
            return pin_is_high(pin)

    @contextlib.contextmanager
    def witness(self) -> Iterator[Callable[[int], bool]]:
        """Look at the pins without asking the runtime, also when that has ended."""
        with contextlib.chdir(self.site):  # the system takes short paths of sockets only
            client = WorldClient(SOCKET)
            with contextlib.closing(client):
                yield lambda pin: is_high(client.snapshot(), pin)

    def pin_is_high(self, pin: int) -> bool:
        """Return the level of a pin of the simulated Pi."""
        return is_high(self.world(), pin)

    def wait_for_end_of(self, watch: int) -> None:
        """Wait until the process behind a pidfd has ended."""
        ready, _, _ = select.select([watch], [], [], PATIENCE_S)
        assert ready
        os.close(watch)

    def get(self, path: str) -> tuple[int, Any]:
        """Ask for an address; return the status and the JSON or the text."""
        return self._ask("GET", path, None)

    def pull(self, lever: str, **body: Any) -> dict[str, Any]:
        """Pull a lever of the simulator; return the world as it is then."""
        status, world = self._ask("POST", f"/api/v1/simulator/{lever}", body)
        assert status == 200, world
        return dict(world)

    def world(self) -> dict[str, Any]:
        """Return what there is to see in the simulated world."""
        return dict(self.get("/api/v1/simulator")[1])

    def _ask(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_S)
        headers = {"Content-Type": "application/json"} if method == "POST" else {}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(text) if is_json else text

    def level(self, node: str, port: str) -> Any:
        """Return the value that a level was last heard to hold; None before the first."""
        found = self.nodes.get(node, {}).get("levels", {}).get(port)
        return None if found is None else found["value"]

    def wait_until(self, holds: Callable[[], object], what: str) -> None:
        """Listen to the page's events until `holds`; the stream's silence is bounded."""
        for line in self._events:
            text = line.decode().rstrip("\n")
            if text.startswith("data:"):
                self._hear(json.loads(text.removeprefix("data:")))
                if holds():
                    return
        raise AssertionError(f"the stream ended before {what}; nodes: {self.nodes}")

    def _hear(self, said: dict[str, Any]) -> None:
        for node in said.get("nodes", ()):
            self.nodes[node["id"]] = node
        self.activity.extend(said.get("activity", ()))

    def stop(self) -> tuple[int, str]:
        """Press Ctrl-C; return the exit code and what was printed from then on."""
        self.hang_up()
        self.process.send_signal(signal.SIGINT)
        rest, _ = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, rest


@pytest.fixture
def command() -> Callable[..., subprocess.CompletedProcess[str]]:
    """The installed command, run to its end."""
    return oppleo_flow


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A new site on simulated hardware."""
    made = oppleo_flow("init", str(tmp_path / "garage"), "--simulated")
    assert made.returncode == 0, made.stderr
    return tmp_path / "garage"


@pytest.fixture
def watch_pins(site: Path) -> Iterator[Callable[[], Scope]]:
    """Begin to look at the pins of the running charge point."""
    with contextlib.ExitStack() as looking:

        def begin() -> Scope:
            scope = Scope(site)
            looking.callback(scope.close)
            return scope

        yield begin


@pytest.fixture
def start(site: Path) -> Iterator[Callable[..., ChargePoint]]:
    """Start the charge point of the site; it is stopped after the test."""
    running: list[subprocess.Popen[str]] = []
    points: list[ChargePoint] = []

    def run(*options: str) -> ChargePoint:
        process = subprocess.Popen(
            [*COMMAND, "run", str(site), "--port", "0", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=ENVIRONMENT,
        )
        running.append(process)
        points.append(ChargePoint(process, site))
        return points[-1]

    yield run
    for point in points:
        point.hang_up()
    for process in running:
        if process.poll() is None:
            process.terminate()
            process.wait(PATIENCE_S)
        if process.stdout is not None:
            process.stdout.close()
