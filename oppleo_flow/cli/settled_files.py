"""Noticing that files have changed, once nobody writes to them any more."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

Look = tuple[int, int, int]
"""What tells, without reading it, that a file is another: when it was written, its size, where."""


class SettledFiles:
    """Tells which files hold something else than when they were told of last.

    `files` returns which there are now.  A change is told when a file was the same at two looks,
    one after the other: what is half written now will be another by then.  A file that is only
    written anew, with what it held before, has not changed.
    """

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        self._files = files
        self._seen = self._look()
        self._told = self._seen
        self.settled = False
        """Whether the last two looks saw the same."""
        self._held = {file: _digest(file) for file in self._seen}

    def _look(self) -> Mapping[Path, Look]:
        looks = ((file, _look(file)) for file in self._files())
        return {file: look for file, look in looks if look is not None}

    def changed(self) -> tuple[Path, ...]:
        """Return the files that changed, are new or are gone, each change once."""
        before, self._seen = self._seen, self._look()
        self.settled = before == self._seen
        if not self.settled or self._seen == self._told:
            return ()
        there, told = self._seen, self._told
        suspect = [file for file in {**told, **there} if told.get(file) != there.get(file)]
        found = {file: _digest(file) for file in suspect}
        changed = [file for file in suspect if found[file] != self._held.get(file)]
        self._held.update(found)
        self._told = there
        return tuple(sorted(changed))


def _look(file: Path) -> Look | None:
    """Return what a file looks like; None when there is none that can be looked at."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _digest(file: Path) -> bytes | None:
    """Return what stands for the contents of a file; None when it cannot be read."""
    try:
        return hashlib.blake2b(file.read_bytes(), digest_size=16).digest()
    except OSError:
        return None
