"""What waits for somebody who listens: bounded, so that one who does not keep up hurts nobody."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Backlog(Generic[T]):
    """What was put and not yet got, at most `size` of it: the oldest is given up and counted.

    `close` is called once, with this very backlog, when its listener has heard enough.
    """

    def __init__(self, size: int, close: Callable[[Any], None]) -> None:
        self.missed = 0
        self._waiting: deque[T] = deque()
        self._size = size
        self._closed = False
        self._arrived = threading.Condition()
        self._close = close

    def put(self, one: T) -> None:
        """Add something; never waits."""
        with self._arrived:
            if len(self._waiting) >= self._size:
                self._waiting.popleft()
                self.missed += 1
            self._waiting.append(one)
            self._arrived.notify()

    def get(self, timeout_s: float) -> T | None:
        """Return what was put first, waiting for it at most `timeout_s`; None when there was none.

        Once it is closed there is none, and nobody waits.
        """
        with self._arrived:
            self._arrived.wait_for(lambda: self._closed or bool(self._waiting), timeout_s)
            return self._waiting.popleft() if self._waiting and not self._closed else None

    def close(self) -> None:
        """Stop to listen, and wake who waits in `get`."""
        self._close(self)
        with self._arrived:
            self._closed = True
            self._arrived.notify_all()
