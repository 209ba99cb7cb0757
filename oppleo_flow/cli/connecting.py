"""`oppleo-flow check --connect`: is everything there that a flow is connected to?

Each connection is opened and one thing is read of what is behind it.  Nothing is written, and what
moves the world is left alone.  The site must not run meanwhile: a bus and a pin have one owner.
"""

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import field
from pathlib import Path
from typing import Any, Final, Literal, cast

from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.folder import locked
from oppleo_flow.cli.simulation import WorldProcess
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import ConfigError, DeviceMissing, DeviceTimeout
from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Actuator, Connection
from oppleo_flow.node_context import NodeContext

_DEADLINE_S: Final = 20.0
Level = Literal["ok", "skipped", "bad"]


@immutable
class Verdict:
    """What was found of one connection, or of one node behind it; `error` is why it is bad."""

    name: str
    type: str
    level: Level
    text: str
    error: Exception | None = field(default=None, compare=False)

    def as_json(self) -> dict[str, str]:
        """Return it as plain JSON data."""
        return {"name": self.name, "type": self.type, "level": self.level, "text": self.text}

    def __str__(self) -> str:
        """Return the verdict as a line."""
        return f"{self.level:<7}  {self.name} ({self.type}): {self.text}"


class Looking:
    """What a node that only looks is given: its connections, and no way to send or to wait."""

    safe = None

    def __init__(self, plan: GraphNode, site: Site, opened: Mapping[str, Connection[Any]]) -> None:
        self.node_id = plan.id
        self.site = site
        self.clock = SystemClock()
        self._opened = opened

    def connection(self, name: str) -> Connection[Any]:
        """Return an open connection.

        Raises:
            DeviceMissing: It could not be opened.
        """
        if name not in self._opened:
            raise DeviceMissing(f"connection {name!r}: is not open")
        return self._opened[name]


def connect_all(site: Site, flow: Path, variables: Mapping[str, str]) -> list[Verdict]:
    """Look at every connection of a flow without errors, and at the nodes behind each.

    Raises:
        Refused: The site runs.
        ConfigError: The flow has errors.
    """
    with locked(site.folder):
        around = Surroundings.of(site.folder, variables, simulate=site.simulate)
        graph = around.check(flow).graph
        if graph is None:
            raise ConfigError(f"{flow}: has errors; see `oppleo-flow check`")
        return look_at(site, graph)


def look_at(site: Site, graph: Graph) -> list[Verdict]:
    """Look at the connections and nodes of a graph, while the site is locked."""
    with ExitStack() as held:
        if any(connection.simulate for connection in graph.connections.values()):
            _begin_world(site, graph, held)
        return list(_verdicts(site, graph))


def _begin_world(site: Site, graph: Graph, held: ExitStack) -> None:
    # Not at the top: a real charge point has no use for it.
    from oppleo_flow.simulator.wiring import wiring_of  # noqa: PLC0415

    before = Path.cwd()
    os.chdir(site.folder)  # so that the path of its socket is short enough
    held.callback(os.chdir, before)
    process = WorldProcess(lives_with=os.getpid())
    held.callback(process.end)
    site.provide(World, process.wired(wiring_of(graph)))  # type: ignore[type-abstract]  # a kind


def _verdicts(site: Site, graph: Graph) -> Iterator[Verdict]:
    opened: dict[str, Connection[Any]] = {}
    for plan in graph.connections.values():
        yield _of_connection(plan, site, opened)
    for node in graph.nodes.values():
        if node.connections and not node.disabled:
            yield from _of_node(node, site, opened)
    for name, connection in opened.items():
        _, error = _in_time(connection.close)
        if error is not None:
            plan = graph.connections[name]
            text = f"does not close: {words_of(error)}"
            yield Verdict(name, plan.spec.type_name, "bad", text, error)


def _of_connection(
    plan: GraphConnection, site: Site, opened: dict[str, Connection[Any]]
) -> Verdict:
    connection, error = attempt(
        lambda: plan.spec.cls(
            plan.name, plan.config, clock=SystemClock(), site=site, simulated=plan.simulate
        )
    )
    said = ""
    if error is None:
        said, error = _in_time(connection.probe)
    if error is not None:
        return Verdict(plan.name, plan.spec.type_name, "bad", words_of(error), error)
    opened[plan.name] = connection
    simulated = "simulated, " if plan.simulate else ""
    return Verdict(plan.name, plan.spec.type_name, "ok", f"{simulated}{said}")


def _of_node(
    plan: GraphNode, site: Site, opened: Mapping[str, Connection[Any]]
) -> Iterator[Verdict]:
    kind = plan.spec.type_name
    closed = [name for name in plan.connections if name not in opened]
    if issubclass(plan.spec.cls, Actuator):
        yield Verdict(plan.id, kind, "skipped", "is left alone, because it moves the world")
        return
    if closed:
        yield Verdict(plan.id, kind, "skipped", f"connection {closed[0]!r} does not open")
        return
    node, error = attempt(
        lambda: plan.spec.cls(plan.config, cast(NodeContext, Looking(plan, site, opened)))
    )
    said = None
    if error is None:
        said, error = _in_time(node.probe)
    if error is not None:
        yield Verdict(plan.id, kind, "bad", words_of(error), error)
    elif said is not None:
        yield Verdict(plan.id, kind, "ok", said)


def _in_time(call: Callable[[], Any]) -> tuple[Any, Exception | None]:
    """Return what a call returns and what it raises; a driver that hangs is left behind."""
    done: list[tuple[Any, Exception | None]] = []
    thread = threading.Thread(target=lambda: done.append(attempt(call)), daemon=True)
    thread.start()
    thread.join(_DEADLINE_S)
    if not done:
        return None, DeviceTimeout(f"no answer in {_DEADLINE_S:.0f} s")
    return done[0]
