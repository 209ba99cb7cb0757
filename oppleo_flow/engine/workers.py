"""Threads for what may wait: one worker per connection, one per blocking node without any.

A worker runs its jobs one at a time, in order, so two meters on one bus need no lock.  Each job
has a deadline, counted from when it begins; one that overruns is reported while it still runs,
because a thread cannot be ended.  Under a virtual clock a worker has no thread: its jobs run
inline, within the loop.
"""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue

from oppleo_flow.engine.loop import Loop
from oppleo_flow.immutable import immutable

LOG = logging.getLogger(__name__)
DEADLINE_S = 30.0


@immutable
class Job:
    """Something that may wait: `doing` of `owner`, as the text of which a message names it.

    The call must not raise: who submits it takes care of that.
    """

    call: Callable[[], object]
    owner: object
    doing: str


Told = Callable[["Worker", Job | None], object]


class Worker:
    """Runs jobs that may wait.

    `told` is called in the loop with the job that has been running for too long, and with None when
    that job has come to its end.
    """

    def __init__(self, name: str, loop: Loop, told: Told) -> None:
        self.name = name
        self._loop = loop
        self._told = told
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._at_work: tuple[Job, float] | None = None
        self._watched = False
        self._overran: Job | None = None
        self.used = False

    def submit(self, call: Callable[[], object], owner: object, doing: str) -> None:
        """Have the worker run a job.  Legal from any thread."""
        self.used = True
        if self._loop.virtual is not None:
            self._loop.queue(call)
            return
        self._jobs.put(Job(call, owner, doing))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
            self._thread.start()

    @property
    def inside(self) -> bool:
        """Return whether the caller runs on this worker."""
        return threading.current_thread() is self._thread

    def end(self) -> None:
        """Let the thread end after the jobs that wait; nobody waits for it."""
        if self._thread is not None:
            self._jobs.put(None)

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
            began = self._loop.clock.monotonic()
            with self._lock:
                self._at_work = job, began
                to_watch, self._watched = not self._watched, True
            if to_watch:
                self._loop.timers.call_at(began + DEADLINE_S, self._look)
            job.call()
            with self._lock:
                self._at_work = None
                overran, self._overran = self._overran, None
            if overran is not None:
                self._loop.post(self._told, self, None)

    def _look(self) -> None:
        """See how long the job in hand has been running, and look again when that is due.

        One timer watches all jobs that follow one another: a worker that is busy all the time sets
        one every half minute, and not one for each job.
        """
        with self._lock:
            job, began = self._at_work or (None, 0.0)
            left_s = began + DEADLINE_S - self._loop.clock.monotonic()
            again = self._watched = job is not None and left_s > 0
            if not again:
                self._overran = job
        if again:
            self._loop.timers.call_at(began + DEADLINE_S, self._look)
        elif job is not None:
            self._told(self, job)
