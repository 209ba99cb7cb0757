"""The connections of a flow: opened once, on their worker, tried again when they are away."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from oppleo_flow.clock import Clock
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.changes import same_connection
from oppleo_flow.engine.loop import Loop
from oppleo_flow.engine.workers import Told, Worker
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.flowfile.graph import GraphConnection
from oppleo_flow.node import Connection
from oppleo_flow.node_context import Site

LOG = logging.getLogger(__name__)


class Connections:
    """Opens, keeps and closes the connections that the nodes of a flow name."""

    def __init__(
        self,
        plans: Mapping[str, GraphConnection],
        loop: Loop,
        clock: Clock,
        site: Site,
        told: Told,
    ) -> None:
        self._plans = dict(plans)
        self._loop = loop
        self._clock = clock
        self._site = site
        self._open: dict[str, Connection[Any]] = {}
        self._told = told
        self._workers = {name: self._new_worker(name) for name in plans}

    def _new_worker(self, name: str) -> Worker:
        return Worker(f"connection {name}", self._loop, self._told)

    def change_to(self, plans: Mapping[str, GraphConnection]) -> None:
        """Go on with other connections: those that differ close, and open again when needed.

        In the loop, when no node uses them any more.
        """
        for name, plan in list(self._plans.items()):
            if same_connection(plan, plans.get(name)):
                continue
            connection = self._open.pop(name, None)
            if connection is not None:
                self._workers[name].submit(
                    partial(self._close, name, connection), f"connection {name!r}", "close()"
                )
            if name not in plans:
                self._workers.pop(name).end()
        for name in plans:
            if name not in self._workers:
                self._workers[name] = self._new_worker(name)
        self._plans = dict(plans)

    @staticmethod
    def _close(name: str, connection: Connection[Any]) -> None:
        _, error = attempt(connection.close)
        if error is not None:
            LOG.warning("connection %r: could not be closed: %s", name, error)

    def take_turns(self, names: Sequence[str]) -> bool:
        """Return whether some connections can only be used by one thread at a time."""
        return any(not self._plans[name].spec.cls.parallel for name in names)

    def worker(self, name: str) -> Worker:
        """Return the worker on which a connection opens and closes, and its users take turns."""
        return self._workers[name]

    def get(self, name: str) -> Connection[Any]:
        """Return an open connection.

        Raises:
            DeviceMissing: It is not open.
        """
        if name not in self._open:
            raise DeviceMissing(f"connection {name!r}: is not open")
        return self._open[name]

    def ensure(self, names: tuple[str, ...], then: Callable[[Exception | None], None]) -> None:
        """Open the named connections, then call `then` in the loop with None or what went wrong."""
        missing = [name for name in names if name not in self._open]
        if not missing:
            then(None)
            return

        def opened(error: Exception | None) -> None:
            if error is not None:
                then(error)
            else:
                self.ensure(names, then)

        name = missing[0]
        self._workers[name].submit(
            lambda: self._loop.post(opened, self._try_open(name)), f"connection {name!r}", "open()"
        )

    def _try_open(self, name: str) -> Exception | None:
        """Open one connection on this thread, its worker; return what it raised."""
        if name in self._open:
            return None
        plan = self._plans[name]
        connection, error = attempt(
            lambda: plan.spec.cls(
                name, plan.config, clock=self._clock, site=self._site, simulated=plan.simulate
            )
        )
        if error is None:
            _, error = attempt(connection.open)
        if error is None:
            self._open[name] = connection
        return error

    @property
    def condition(self) -> dict[str, bool]:
        """Return which connections are open."""
        return {name: name in self._open for name in self._plans}

    def close(self, timeout_s: float) -> list[str]:
        """Close every connection on its worker and end the workers; return what went wrong."""
        problems: list[str] = []

        def close_one(name: str) -> None:
            connection = self._open.pop(name, None)
            if connection is not None:
                _, error = attempt(connection.close)
                if error is not None:
                    problems.append(f"connection {name!r}: could not be closed: {error}")

        for name, worker in self._workers.items():
            if worker.used:  # one that opens only now is closed too: its worker does both in turn
                worker.submit(partial(close_one, name), f"connection {name!r}", "close()")
        if self._loop.virtual is not None:
            self._loop.settle()
        for name, worker in self._workers.items():
            if not worker.stop(timeout_s):
                problems.append(f"connection {name!r}: its worker is still busy")
        return problems
