"""Threads for what may wait: one worker per connection, one per blocking node without any.

A worker runs its jobs one at a time, in order, so two meters on one bus need no lock.  Each job
has a deadline; one that overruns is reported while it still runs, because a thread cannot be ended.
Under a virtual clock a worker has no thread: its jobs run inline, within the loop.
"""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

from oppleo_flow.engine.loop import Loop

LOG = logging.getLogger(__name__)


class Worker:
    """Runs jobs that may wait.  A job must not raise: who submits it takes care of that."""

    def __init__(self, name: str, loop: Loop) -> None:
        self.name = name
        self._loop = loop
        self._jobs: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.used = False

    def submit(self, job: Callable[[], object]) -> None:
        """Have the worker run `job`.  Legal from any thread."""
        self.used = True
        if self._loop.virtual is not None:
            self._loop.queue(job)
            return
        self._jobs.put(job)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
            self._thread.start()

    @property
    def inside(self) -> bool:
        """Return whether the caller runs on this worker."""
        return threading.current_thread() is self._thread

    def stop(self, timeout_s: float) -> bool:
        """Let the jobs in hand finish; return whether the thread ended within `timeout_s`."""
        if self._thread is None:
            return True
        self._jobs.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            LOG.warning(
                "worker %s: still busy %.1f s after the stop; left behind", self.name, timeout_s
            )
            return False
        return True

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
