"""The dispatcher: it runs every non-blocking handler, one at a time, or is stepped.

Work comes in by `post` and `bring` from any thread, by `queue` from the loop itself, and from the
timers.  Whoever runs a job holds the loop's turn; a thread that brings a message while nobody does
runs it itself, which spares two threads the change over.  All else, the timers and what was left
behind, is for the dispatcher's thread.  The loop never waits for anything but work.  Under a
`VirtualClock` there is no thread: `run_for` jumps from timer to timer on the caller's own.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from threading import get_ident
from typing import Any, Protocol

from oppleo_flow.clock import Clock, VirtualClock
from oppleo_flow.engine.timers import TimerQueue

BEAT_S = 0.5
MANY = 1000
"""How many jobs may wait before who brings one more has to help with them."""
HELP_S = 1.0
"""How long it waits for its turn to help."""
_BUDGET = 64
"""How many jobs who brings one does at most, beside it."""
_TURN = 256
"""How many jobs the dispatcher does before it looks at timers and whether others want a turn."""
Job = tuple[Callable[..., object], tuple[Any, ...]]


class ExternalEvents(Protocol):
    """Something with events of its own under the virtual clock, such as the simulated world."""

    def next_event_s(self) -> float | None:
        """Return the monotonic time of the next event; None when there is none."""
        ...

    def fire(self) -> None:
        """Let every event happen that is due."""
        ...


class Loop:
    """What runs jobs one at a time, in order.

    `on_beat` is called at least every half second while the loop is alive, under a virtual clock at
    each step.  `owner` is the identity of the thread that runs jobs now, 0 for none.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        on_beat: Callable[[], object] = lambda: None,
        externals: Sequence[ExternalEvents] = (),
    ) -> None:
        self.clock = clock
        self.timers = TimerQueue(earlier=self._look_again)
        self.on_beat = on_beat
        self._externals = externals
        self.virtual = clock if isinstance(clock, VirtualClock) else None
        self._jobs: deque[Job] = deque()
        self._running = False
        self._thread: threading.Thread | None = None
        self._turn = threading.Lock()
        self._turn.acquire()  # nobody has a turn before the start, nor after the stop
        self._wanted = False
        self._signals: SimpleQueue[None] = SimpleQueue()
        self._signalled = False
        self.owner = 0
        self.bring = self._bring if self.virtual is None else self.post

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Have the loop run `call(*args)`, later.  Legal from any thread."""
        self._jobs.append((call, args))
        if self.owner != get_ident():  # who has the turn looks by itself, before it ends
            self._signal()

    def _bring(self, call: Callable[[Any, Any], object], one: Any, two: Any) -> None:
        """Run `call(one, two)` now if nobody has the turn, else have it run.  Any thread.

        What one thread brings and posts is run in its order.
        """
        if self._wanted or not self._turn.acquire(False):
            # Who brings so much that it is not taken up has to help, unless somebody waits for it.
            crowded = len(self._jobs) >= MANY and self.owner != get_ident()
            if not crowded or not self._turn.acquire(timeout=HELP_S):
                self.post(call, one, two)
                return
        self.owner = get_ident()
        jobs = self._jobs
        try:
            if jobs:
                jobs.append((call, (one, two)))
            else:
                call(one, two)
            if jobs:
                self._drain(_BUDGET)
        finally:
            self.owner = 0
            self._turn.release()
        if jobs:
            self._signal()

    def queue(self, call: Callable[..., object], *args: Any) -> None:
        """Run `call(*args)` after what runs now.  Only legal within the loop."""
        self._jobs.append((call, args))

    @property
    def running(self) -> bool:
        """Return whether jobs are run: after the start, before the stop."""
        return self._running

    @property
    def inside(self) -> bool:
        """Return whether the caller runs within the loop."""
        return self.virtual is not None or self.owner == get_ident()

    @property
    def ident(self) -> int:
        """Return the identity of the thread that runs jobs, or would be the next to."""
        if self.owner or self._thread is None or self._thread.ident is None:
            return self.owner or get_ident()
        return self._thread.ident

    @property
    def idle(self) -> bool:
        """Return whether no job waits (timers left aside)."""
        return not self._jobs

    # -- on a thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to run jobs, on a thread of the loop's own unless the clock is virtual."""
        self._running = True
        self._turn.release()
        if self.virtual is None:
            self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
            self._thread.start()

    def abandon(self) -> None:
        """Have the loop end after the job in hand, which may never be."""
        self._running = False

    def stop(self) -> None:
        """End the loop after the job in hand, and wait for its thread.  Not from within it."""
        if not self._running:
            return
        self._running = False
        if self._thread is not None:
            self._signal()
            self._thread.join()
            self._thread = None
        self._turn.acquire()  # who brought something has then come to its end too

    def call(self, function: Callable[..., object], *args: Any, timeout_s: float = 10.0) -> None:
        """Run `function(*args)` in the loop and wait until it has run.

        Raises:
            TimeoutError: The loop did not come to it in time.
        """
        if self.inside:
            self.owner = get_ident()
            function(*args)
            self.settle()
            return
        done = threading.Event()

        def run() -> None:
            function(*args)
            done.set()

        self.post(run)
        if not done.wait(timeout_s):
            raise TimeoutError(f"the dispatcher did not answer within {timeout_s} s")

    def _signal(self) -> None:
        """Wake the dispatcher's thread, unless somebody has just done so."""
        if not self._signalled:
            self._signalled = True
            self._signals.put(None)

    def _look_again(self) -> None:
        """Let the dispatcher's thread see that a timer is due earlier than it thought."""
        thread = self._thread
        if thread is not None and thread.ident != get_ident():
            self._signal()

    def _run(self) -> None:
        next_beat = 0.0
        while self._running:
            self._wanted = True  # a thread that brings without end would not let this one in
            with self._turn:
                self._wanted = False
                self.owner = get_ident()
                now = self.clock.monotonic()
                if now >= next_beat:
                    self.on_beat()
                    next_beat = now + BEAT_S
                self._drain(_TURN)
                self._fire_due()
                self.owner = 0
            if self.idle:
                self._wait(next_beat)

    def _wait(self, until: float) -> None:
        """Wait for a signal, until a time at most, or until a timer is due."""
        due = self.timers.next_due()
        wait_s = (until if due is None else min(until, due)) - self.clock.monotonic()
        try:
            if wait_s > 0:
                self._signals.get(timeout=wait_s)
            else:
                self._signals.get_nowait()
        except Empty:
            pass
        self._signalled = False

    def drain(self) -> None:
        """Run what waits, and what that makes; what goes on for ever is left.  In the loop."""
        self._drain(_BUDGET * _BUDGET)

    def _drain(self, budget: int) -> None:
        """Run what is queued and what was posted, in turn, at most `budget` jobs."""
        jobs = self._jobs
        while jobs and budget:
            call, args = jobs.popleft()
            call(*args)
            budget -= 1

    def _fire_due(self) -> None:
        now, pop_due = self.clock.monotonic(), self.timers.pop_due
        while (call := pop_due(now)) is not None:
            call()

    # -- stepped, under a virtual clock --------------------------------------------------------

    def settle(self) -> None:
        """Run every job that waits, and those that these make, without moving the clock."""
        self.owner = get_ident()
        jobs = self._jobs
        while True:
            while jobs:
                self._drain(_BUDGET)
            self._fire_due()
            if not jobs:
                return

    def run_for(self, seconds: float) -> None:
        """Move the virtual clock on by `seconds`, stopping at every timer and event on the way.

        Raises:
            TypeError: Its clock is not virtual.
        """
        if self.virtual is None:
            raise TypeError("only a loop on a virtual clock can be moved on")
        end = self.virtual.monotonic() + seconds
        self._step()
        while (due := self._next_event()) is not None and due <= end:
            if due > self.virtual.monotonic():
                self.virtual.advance_to(due)
            for external in self._externals:
                external.fire()
            self._step()
        self.virtual.advance_to(end)
        self._step()

    def _step(self) -> None:
        self.on_beat()
        self.settle()

    def _next_event(self) -> float | None:
        first = self.timers.next_due()
        for external in self._externals:
            due = external.next_event_s()
            if due is not None and (first is None or due < first):
                first = due
        return first
