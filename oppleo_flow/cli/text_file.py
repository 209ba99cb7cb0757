"""A text file: it is written whole or not at all; and how one differs from another."""

import difflib
import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from oppleo_flow.errors import Refused

WAIT_S = 30.0
"""How long another may be at it: longer than a deploy waits for nodes to stop and to start."""
_LOOK_AGAIN_S = 0.02


@contextmanager
def alone_in(folder: Path, wait_s: float = WAIT_S) -> Iterator[None]:
    """Keep others that change flow files of a site's folder waiting, so that no change is lost.

    Raises:
        OSError: The folder cannot be opened.
        Refused: Another has been at it all the while.
    """
    number = os.open(folder, os.O_RDONLY)
    try:
        end = time.monotonic() + wait_s
        while not _has_lock(number):
            if time.monotonic() >= end:
                raise Refused(
                    f"{folder}: another command or deploy has been changing its files for "
                    f"{wait_s:.0f} s; see to that one, or try again"
                )
            time.sleep(_LOOK_AGAIN_S)
        yield
    finally:
        os.close(number)


def _has_lock(number: int) -> bool:
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_text(path: Path, text: str) -> None:
    """Put a text into a file that is there, to the byte; a crash half-way leaves the old one."""
    path = path.resolve()
    # A name of its own: of two that write at once neither puts half of the other's in its place.
    draft = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        with draft.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def difference(name: str, old: str, new: str) -> str:
    """Return what makes one text of another, as `diff -u` tells it."""
    lines = difflib.unified_diff(old.splitlines(), new.splitlines(), name, name, lineterm="")
    return "\n".join([*lines, ""])
