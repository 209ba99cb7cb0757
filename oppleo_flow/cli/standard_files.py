"""The three files that a process begins with, which any code in it may close.

The next file or connection that is opened would have the number of one that is closed, and be
written to by whoever prints.
"""

import os
from collections.abc import Iterator
from contextlib import suppress

_NAMES = ("standard input", "standard output", "standard error")


class StandardFiles:
    """Keeps a second number of each, and gives it the first again."""

    def __init__(self) -> None:
        self._kept: dict[int, int] = {}
        for number in range(len(_NAMES)):
            with suppress(OSError):  # it was started without
                self._kept[number] = os.dup(number)

    def reopened(self) -> Iterator[str]:
        """Open again what was closed, and yield what it is called."""
        for number, kept in self._kept.items():
            try:
                os.fstat(number)
            except OSError:
                os.dup2(kept, number)
                yield _NAMES[number]
