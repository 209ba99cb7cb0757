"""The peer: Node-RED, installed once by npm into the user's cache, run on loopback."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Self

from tests import npm
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red_flows import Flow

VERSION = "5.0.7"
NODE_AT_LEAST = (22, 9)  # what Node-RED 5 asks for
_HERE = Path(__file__).resolve().parent / "peer"
_PATIENCE_S = 60.0
_LOOK_AGAIN_S = 0.002


@dataclass(frozen=True, slots=True)
class Installed:
    """The node binary, and Node-RED's main script."""

    node: Path
    script: Path


def install() -> Installed:
    """Return Node-RED, fetched with npm when it is not in the cache.

    Raises:
        BenchmarkError: There is no Node that is new enough, or npm could not fetch it.
    """
    try:
        found = npm.install("node-red", VERSION, NODE_AT_LEAST)
    except npm.NpmError as error:
        raise BenchmarkError(str(error)) from error
    return Installed(found.node, found.folder / "node_modules" / "node-red" / "red.js")


def free_port() -> int:
    """Return a TCP port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class NodeRed:
    """A running Node-RED; a context manager.

    `started_s` is the time it took until its flow ran and it answered requests.
    """

    def __init__(self, installed: Installed, flow: Flow, *, own_nodes: bool = True) -> None:
        self.port, self.lines_port = free_port(), free_port()
        self.started_s = 0.0
        self._installed = installed
        self._flow = flow
        self._own_nodes = own_nodes
        self._said: SimpleQueue[str] = SimpleQueue()
        self._closing = contextlib.ExitStack()

    @property
    def pid(self) -> int:
        """Return the process's id."""
        return self._process.pid

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as unless_started:
            folder = unless_started.enter_context(tempfile.TemporaryDirectory(prefix="bench-"))
            Path(folder, "flows.json").write_text(json.dumps(self._flow), encoding="utf-8")
            began = time.perf_counter()
            self._process = self._launch(folder)
            unless_started.callback(self._end)
            threading.Thread(target=self._listen, daemon=True).start()
            self._wait_until_it_says("Started flows")
            self._wait_until_it_answers()
            self.started_s = time.perf_counter() - began
            self._closing = unless_started.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.close()

    def _launch(self, folder: str) -> "subprocess.Popen[str]":
        script, settings = str(self._installed.script), str(_HERE / "settings.js")
        return subprocess.Popen(
            [str(self._installed.node), script, "-s", settings, "-u", folder],
            env={
                **os.environ,
                "NODE_ENV": "production",
                "BENCH_PORT": str(self.port),
                "BENCH_LINES_PORT": str(self.lines_port),
                "BENCH_FOLDER": folder,
                "BENCH_NODES": str(_HERE / "nodes") if self._own_nodes else "",
            },
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def _end(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def deploy(self, flow: Flow) -> None:
        """Replace the flow, and wait until the new one runs: the API answers before that."""
        self._ask("POST", "/flows", flow, {"Node-RED-Deployment-Type": "full"})
        self._wait_until_it_says("Started flows")

    def deploy_nodes(self, flow: Flow) -> float:
        """Have the nodes restarted that differ; return how long that took, in seconds."""
        began = time.perf_counter()
        self._ask("POST", "/flows", flow, {"Node-RED-Deployment-Type": "nodes"})
        self._wait_until_it_says("Started modified nodes")
        return time.perf_counter() - began

    def run(self, kind: str, messages: int, expected: int) -> dict[str, float]:
        """Have the source send messages; return what it took until the sink had `expected`."""
        body = {"kind": kind, "messages": messages, "expected": expected}
        answer: dict[str, float] = self._ask("POST", "/bench/run", body)
        return answer

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._said.put(line)
        self._said.put("")

    def _wait_until_it_says(self, words: str) -> None:
        said: list[str] = []
        deadline = time.monotonic() + _PATIENCE_S
        while words not in (said or [""])[-1]:
            try:
                said.append(self._said.get(timeout=max(0.0, deadline - time.monotonic())))
            except Empty:
                said.append("")
            if not said[-1]:
                raise BenchmarkError(f"Node-RED did not say {words!r} but:\n{''.join(said)}")

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            with contextlib.suppress(ConnectionRefusedError):
                self._ask("GET", "/flows")
                return
            time.sleep(_LOOK_AGAIN_S)
        raise BenchmarkError("Node-RED does not answer")

    def _ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> Any:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_PATIENCE_S)
        try:
            connection.request(
                method,
                path,
                None if body is None else json.dumps(body),
                {"Content-Type": "application/json", **(headers or {})},
            )
            response = connection.getresponse()
            text = response.read()
        finally:
            connection.close()
        if response.status >= 300:
            raise BenchmarkError(f"Node-RED: {method} {path}: {response.status} {text[:300]!r}")
        return json.loads(text) if text else None
