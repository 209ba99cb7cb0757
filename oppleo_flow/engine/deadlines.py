"""What becomes of the nodes behind a worker that has been held by one job for too long.

The node whose handler, `start` or `stop` it is cannot work, nor can the others on its connection:
they are in fault until the job has come to its end.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from oppleo_flow.engine import workers
from oppleo_flow.engine.workers import Job, Worker

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

DEADLINE_FAULT = "deadline"


class Deadlines:
    """Raises and clears the fault `deadline`.  Used within the loop.

    `settle` is told of each node that cannot go on with its start for now.
    """

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._held: dict[Worker, Job] = {}
        self.settle: Callable[[NodeHost], object] = lambda _: None

    def told(self, worker: Worker, job: Job | None) -> None:
        """Take in that a job holds a worker, or with None that it no longer does."""
        if job is None:
            self._held.pop(worker, None)
        else:
            self._held[worker] = job
        for host in self._core.hosts.values():
            if not host.stopping:
                self._judge(host)

    def _judge(self, host: "NodeHost") -> None:
        holding = next((self._held[w] for w in self._needed(host) if w in self._held), None)
        if holding is None:
            host.condition.clear_fault(DEADLINE_FAULT)
            return
        who = "" if holding.owner is host else f"{holding.owner}: "
        text = f"{who}{holding.doing} has been running for {workers.DEADLINE_S:.0f} s"
        host.condition.raise_fault(DEADLINE_FAULT, text)
        if not host.started:
            self.settle(host)

    def _needed(self, host: "NodeHost") -> list[Worker]:
        """Return the workers that a node cannot do without; to start, those of its connections."""
        needed = list(host.workers)
        if not host.started:
            needed += [self._core.connections.worker(name) for name in host.plan.connections]
        return needed
