"""A text file: it is written whole or not at all; and how one differs from another."""

import difflib
import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Keep other commands that change files of a folder waiting, so that no change is lost.

    Raises:
        OSError: The folder cannot be opened.
    """
    number = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


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
