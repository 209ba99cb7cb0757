"""Stopping the nodes that a deploy changes, once they are done with what they have in hand."""

import threading
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.handover import Handover, left_by
from oppleo_flow.engine.words import words_of
from oppleo_flow.errors import Refused

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost
    from oppleo_flow.engine.ports import Port

QUIET_S = 5.0
_LOOK_AGAIN_S = 0.005
_WHY_SAFE = "another version is deployed"


class DeployFailed(Refused):
    """A version could not be deployed; what ran before runs again, or still."""


class Retiring:
    """Stops nodes.  Not from within the loop, unless the clock is virtual."""

    def __init__(self, core: "Core") -> None:
        self._core = core

    def retire(self, hosts: Sequence["NodeHost"]) -> dict[str, Handover]:
        """Stop nodes, outputs last and at their safe level; return what they leave.

        Raises:
            DeployFailed: One does not come to its end.
        """
        self._pause(hosts)
        left: dict[str, Handover] = {}
        for host in sorted(hosts, key=lambda host: host.actuator is not None):
            self._stop(host, left)
        return left

    def _pause(self, hosts: Sequence["NodeHost"]) -> None:
        """Let nodes begin nothing more, and wait until what they have in hand is done."""
        loop, clock = self._core.loop, self._core.clock
        quiet = threading.Event()
        deadline = clock.monotonic() + QUIET_S

        def look() -> None:
            if not any(_at_work(host) for host in hosts):
                quiet.set()
            elif clock.monotonic() < deadline:
                loop.timers.call_at(clock.monotonic() + _LOOK_AGAIN_S, look)

        def begin() -> None:
            for host in hosts:
                host.paused = True
                _stop_trying(host)
            look()

        loop.call(begin)
        if loop.virtual is None and not quiet.wait(QUIET_S):
            busy = next((str(host) for host in hosts if _at_work(host)), "a node")
            loop.call(self._go_on, hosts)
            raise DeployFailed(f"{busy}: its handler still runs; nothing was changed")

    def _go_on(self, hosts: Iterable["NodeHost"]) -> None:
        for host in hosts:
            host.paused = False
            self._core.handling.resume(host)

    def _stop(self, host: "NodeHost", left: dict[str, Handover]) -> None:
        """Stop one node on its thread; note what it leaves."""
        done = threading.Event()

        def stopped(sent: list[tuple["Port", object]], error: Exception | None) -> None:
            self._core.handling.release(host, sent, self._core.origin(host.source, None))
            if error is not None:
                host.log.warning("%s: could not be stopped: %s", host.node_id, words_of(error))
            left[host.node_id] = left_by(host)
            host.timers.cancel_all()
            done.set()

        def stop() -> None:
            host.running = threading.get_ident()
            error = attempt(host.node.stop, "deploy")[1] if host.begun else None
            host.running = 0
            sent, host.pending = host.pending, []
            self._core.loop.post(stopped, sent, error)

        def begin() -> None:
            if host.started:
                host.condition.make_safe("stop", _WHY_SAFE)
            host.stopping = True
            if host.worker is None:
                stop()
            else:
                host.worker.submit(stop, host, "stop()")

        self._core.loop.call(begin)
        if self._core.loop.virtual is None and not done.wait(QUIET_S):
            raise DeployFailed(f"{host}: its stop() still runs")


def _stop_trying(host: "NodeHost") -> None:
    """Put what a node would try again back into its inbox."""
    if host.retry is not None:
        entry, item = host.retry
        entry.cancel()
        host.retry = None
        host.over(item)
        host.inbox.put_back(item)


def _at_work(host: "NodeHost") -> bool:
    return host.at_work or bool(host.committing)
