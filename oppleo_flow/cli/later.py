"""What stands for something that costs a start too much to make, until somebody needs it."""

import threading
from collections.abc import Callable
from typing import Any


class Later:
    """Stands for what `make` makes, once, when anything of it is asked for.  From any thread."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: object = None

    def __getattr__(self, name: str) -> Any:
        with self._lock:
            if self._made is None:
                self._made = self._make()
        return getattr(self._made, name)
