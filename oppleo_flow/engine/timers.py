"""The timer queue: calls that wait for a point of the clock's monotonic count."""

import heapq
import itertools
import threading
from collections.abc import Callable

_FEW = 64


class TimerEntry:
    """One call that waits; `cancel` is legal from any thread, also after it ran."""

    __slots__ = ("call", "due")

    def __init__(self, due: float, call: Callable[[], object]) -> None:
        self.due = due
        self.call: Callable[[], object] | None = call

    def cancel(self) -> None:
        """Take the call back."""
        self.call = None

    @property
    def waiting(self) -> bool:
        """Return whether the call has still to be made."""
        return self.call is not None


class TimerQueue:
    """Calls in the order of their time; equal times in the order in which they were asked for.

    `earlier` is called when a new entry becomes the first, so that a sleeping loop can look again.
    """

    def __init__(self, earlier: Callable[[], object]) -> None:
        self._heap: list[tuple[float, int, TimerEntry]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._earlier = earlier
        self._sweep_at = _FEW

    def call_at(self, due: float, call: Callable[[], object]) -> TimerEntry:
        """Keep `call` until the monotonic count reaches `due`."""
        entry = TimerEntry(due, call)
        self.put(entry)
        return entry

    def put(self, entry: TimerEntry) -> None:
        """Keep an entry until the monotonic count reaches its time."""
        with self._lock:
            if len(self._heap) >= self._sweep_at:
                self._sweep()
            heapq.heappush(self._heap, (entry.due, next(self._order), entry))
            first = self._heap[0][2] is entry
        if first:
            self._earlier()

    def _sweep(self) -> None:
        """Forget the calls that were taken back: whoever sets long ones anew gathers many."""
        self._heap = [item for item in self._heap if item[2].waiting]
        heapq.heapify(self._heap)
        self._sweep_at = max(_FEW, 2 * len(self._heap))

    def __len__(self) -> int:
        return len(self._heap)

    def next_due(self) -> float | None:
        """Return when the first waiting call is due; None when nothing waits."""
        heap = self._heap
        if heap and heap[0][2].call is not None:  # as nearly always: no need to hold others up
            return heap[0][0]
        with self._lock:
            while self._heap and not self._heap[0][2].waiting:
                heapq.heappop(self._heap)
            return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Callable[[], object] | None:
        """Return the first call that is due at `now`, and forget it; None when none is."""
        heap = self._heap
        if not heap or heap[0][0] > now:
            return None
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                entry = heapq.heappop(self._heap)[2]
                if entry.call is not None:
                    call, entry.call = entry.call, None
                    return call
        return None
