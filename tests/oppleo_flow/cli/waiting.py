"""Waiting for what another process does with files."""

import os
import time
from contextlib import suppress
from pathlib import Path
from threading import Event

PATIENCE_S = 20.0


def until_opened(folder: Path, times: int, process: int | None = None) -> None:
    """Wait until a process, else this one, has a folder open so many times."""
    descriptors = Path(f"/proc/{process or os.getpid()}/fd")
    end = time.monotonic() + PATIENCE_S
    while sum(_is(one, folder) for one in descriptors.iterdir()) < times:
        assert time.monotonic() < end, f"{folder} was not opened"
        Event().wait(0.01)


def until_there(file: Path) -> None:
    """Wait until another process has made a file."""
    end = time.monotonic() + PATIENCE_S
    while not file.exists():
        assert time.monotonic() < end, f"{file} was not made"
        Event().wait(0.05)


def _is(descriptor: Path, folder: Path) -> bool:
    with suppress(OSError):  # closed meanwhile
        return descriptor.readlink() == folder
    return False
