"""A node at the end of a flow that runs on the system's clock."""

import threading
from collections.abc import Callable
from typing import Any

from oppleo_flow.testing import Collect

PATIENCE_S = 20.0


class Heard(Collect):
    """Keep what comes in, and say when there is enough."""

    type_name = "heard"

    def start(self) -> None:
        super().start()
        self.changed = threading.Condition()

    def on_message(self, payload: object) -> None:
        with self.changed:
            super().on_message(payload)
            self.changed.notify_all()

    def wait_for(self, count: int) -> list[Any]:
        """Return what has come, once it is so many."""
        return self._wait(lambda: len(self.got) >= count)

    def wait_for_all_of(self, *wanted: Any) -> list[Any]:
        """Return what has come, once these are among it."""
        return self._wait(lambda: set(wanted) <= set(self.got))

    def _wait(self, holds: Callable[[], bool]) -> list[Any]:
        with self.changed:
            assert self.changed.wait_for(holds, PATIENCE_S)
            return list(self.got)
