"""Ending a command from outside: as with Ctrl-C, it clears away what it has begun first."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGHUP)


class ToldToEnd(KeyboardInterrupt):
    """Somebody ends this process, as who closes its terminal does."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


@contextmanager
def ends_when_told() -> Iterator[None]:
    """Raise `ToldToEnd` when a signal comes; if nothing catches it, end the process by that signal.

    A signal that is ignored stays so, as with `nohup`, and what sets a way of its own keeps that.
    A second one ends the process at once.
    """
    mine = [number for number in _SIGNALS if signal.getsignal(number) is signal.SIG_DFL]
    if threading.current_thread() is not threading.main_thread():
        mine = []
    for number in mine:
        signal.signal(number, _tell)
    try:
        yield
    except ToldToEnd as told:
        os.kill(os.getpid(), told.number)
        raise
    finally:
        for number in mine:
            if signal.getsignal(number) is _tell:
                signal.signal(number, signal.SIG_DFL)


def _tell(number: int, frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_DFL)
    raise ToldToEnd(number)
