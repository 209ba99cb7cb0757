"""The dispatcher: one thread that runs every non-blocking handler, or a loop that is stepped.

Work comes in by `post` from any thread, by `queue` from the loop itself, and from the timers.  The
loop never waits for anything but work.  Under a `VirtualClock` there is no thread: `run_for` jumps
from timer to timer on the caller's own.
"""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Protocol

from oppleo_flow.clock import Clock, VirtualClock
from oppleo_flow.engine.timers import TimerQueue

BEAT_S = 0.5
_BUDGET = 64
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

    `on_beat` is called at least every half second while the loop is alive.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        on_beat: Callable[[], object] = lambda: None,
        externals: Sequence[ExternalEvents] = (),
    ) -> None:
        self.clock = clock
        self.timers = TimerQueue(earlier=self._wake)
        self._on_beat = on_beat
        self._externals = externals
        self._posted: SimpleQueue[Job] = SimpleQueue()
        self._queued: deque[Job] = deque()
        self._running = False
        self._thread: threading.Thread | None = None
        self.virtual = clock if isinstance(clock, VirtualClock) else None
        self.put: Callable[[Job], None] = self._queued.append if self.virtual else self._posted.put

    def post(self, call: Callable[..., object], *args: Any) -> None:
        """Have the loop run `call(*args)`.  Legal from any thread; so is `put((call, args))`."""
        self.put((call, args))

    def queue(self, call: Callable[..., object], *args: Any) -> None:
        """Run `call(*args)` after what runs now.  Only legal within the loop."""
        self._queued.append((call, args))

    @property
    def inside(self) -> bool:
        """Return whether the caller runs within the loop."""
        if self.virtual is not None:
            return True
        return self._thread is not None and threading.get_ident() == self._thread.ident

    @property
    def ident(self) -> int:
        """Return the identity of the loop's thread; the caller's under a virtual clock."""
        if self._thread is None or self._thread.ident is None:
            return threading.get_ident()
        return self._thread.ident

    @property
    def idle(self) -> bool:
        """Return whether no job waits (timers left aside)."""
        return not self._queued and self._posted.empty()

    # -- on a thread ---------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to run jobs, on a thread of the loop's own unless the clock is virtual."""
        self._running = True
        if self.virtual is None:
            self._thread = threading.Thread(target=self._run, name="dispatcher", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the loop after the job in hand, and wait for its thread.  Not from within it."""
        self._running = False
        if self._thread is not None:
            self._wake()
            self._thread.join()
            self._thread = None

    def call(self, function: Callable[..., object], *args: Any, timeout_s: float = 10.0) -> None:
        """Run `function(*args)` in the loop and wait until it has run.

        Raises:
            TimeoutError: The loop did not come to it in time.
        """
        if self.inside:
            function(*args)
            self.settle()
            return
        done = threading.Event()
        self.post(function, *args)
        self.post(done.set)
        if not done.wait(timeout_s):
            raise TimeoutError(f"the dispatcher did not answer within {timeout_s} s")

    def _wake(self) -> None:
        if self.virtual is None and not self.inside:
            self._posted.put((_nothing, ()))

    def _run(self) -> None:
        next_beat = 0.0
        while self._running:
            now = self.clock.monotonic()
            if now >= next_beat:
                self._on_beat()
                next_beat = now + BEAT_S
            due = self.timers.next_due()
            wait = next_beat - now if due is None else min(next_beat, due) - now
            self._take(0.0 if self._queued else max(0.0, wait))
            self._drain(_BUDGET)
            self._fire_due()

    def _take(self, wait_s: float) -> None:
        """Run one posted job, waiting for it at most `wait_s`."""
        try:
            call, args = self._posted.get(timeout=wait_s) if wait_s else self._posted.get_nowait()
        except Empty:
            return
        call(*args)

    def _drain(self, budget: int) -> None:
        """Run what is queued and what was posted, in turn, at most `budget` jobs."""
        queued, posted = self._queued, self._posted
        for _ in range(budget):
            if queued:
                call, args = queued.popleft()
            else:
                try:
                    call, args = posted.get_nowait()
                except Empty:
                    return
            call(*args)

    def _fire_due(self) -> None:
        now = self.clock.monotonic()
        while (call := self.timers.pop_due(now)) is not None:
            call()

    # -- stepped, under a virtual clock --------------------------------------------------------

    def settle(self) -> None:
        """Run every job that waits, and those that these make, without moving the clock."""
        while True:
            while self._queued:
                call, args = self._queued.popleft()
                call(*args)
            self._fire_due()
            if not self._queued:
                return

    def run_for(self, seconds: float) -> None:
        """Move the virtual clock on by `seconds`, stopping at every timer and event on the way."""
        if self.virtual is None:
            raise TypeError("only a loop on a virtual clock can be moved on")
        end = self.virtual.monotonic() + seconds
        self.settle()
        while (due := self._next_event()) is not None and due <= end:
            self.virtual.advance_to(max(due, self.virtual.monotonic()))
            for external in self._externals:
                external.fire()
            self.settle()
        self.virtual.advance_to(end)
        self.settle()

    def _next_event(self) -> float | None:
        times = [self.timers.next_due(), *(e.next_event_s() for e in self._externals)]
        known = [time for time in times if time is not None]
        return min(known) if known else None


def _nothing() -> None:
    """Do nothing: a job that only wakes the loop."""
