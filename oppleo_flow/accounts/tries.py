"""How often somebody may try: a wait that grows with each failure, and is forgotten in a day."""

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from oppleo_flow.clock import Clock
from oppleo_flow.errors import Refused

_LONGEST_S: Final = 900.0
_FORGOTTEN_S: Final = 86_400.0
_MOST_KEPT: Final = 10_000


class TooManyTries(Refused):
    """Somebody is to wait before they try again."""

    def __init__(self, wait_s: float) -> None:
        self.wait_s = wait_s
        super().__init__(f"too many tries; wait {wait_s:.0f} s")


@dataclass(slots=True)
class _Count:
    tries: int = 0
    last_s: float = 0.0


class Tries:
    """Counts what has failed, by keys such as a name; the first `free` of a key cost nothing.

    From then on each doubles the wait, from a second to a quarter of an hour.  A try counts as
    failed from its beginning, so that many at once are no way around.  Legal from any thread.
    """

    def __init__(self, clock: Clock, *, free: int) -> None:
        self._clock = clock
        self._free = free
        self._lock = threading.Lock()
        self._counts: OrderedDict[str, _Count] = OrderedDict()

    def begin(self, key: str) -> None:
        """Count a try.

        Raises:
            TooManyTries: It is too early for one; it was not counted.
        """
        now_s = self._clock.monotonic()
        with self._lock:
            count = self._counts.setdefault(key, _Count())
            if now_s - count.last_s > _FORGOTTEN_S:
                count.tries = 0
            wait_s = self._wait_s(count, now_s)
            if wait_s > 0:
                raise TooManyTries(wait_s)
            count.tries += 1
            count.last_s = now_s
            self._counts.move_to_end(key)
            while len(self._counts) > _MOST_KEPT:
                self._counts.popitem(last=False)

    def succeeded(self, key: str) -> None:
        """Forget what has failed for a key."""
        with self._lock:
            self._counts.pop(key, None)

    def undo(self, key: str) -> None:
        """Take a try back that did not fail, and leave those before it as they are."""
        with self._lock:
            count = self._counts.get(key)
            if count is not None and count.tries:
                count.tries -= 1

    def _wait_s(self, count: _Count, now_s: float) -> float:
        over = count.tries - self._free
        if over < 0:
            return 0.0
        wait_s = min(2.0 ** min(over, 20), _LONGEST_S)
        return max(0.0, count.last_s + wait_s - now_s)
