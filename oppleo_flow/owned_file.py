"""Database files that only their owner may read: they say who charges when, and prove passwords."""

import os
import stat
from contextlib import suppress
from pathlib import Path


def for_owner(path: Path) -> None:
    """Make a file that is not there yet, and narrow one that everybody could read.

    What SQLite puts beside it follows.  What is not ours to make or to narrow is for SQLite to say
    something about.
    """
    # Only a new file is opened: to close one that SQLite has open would let go of its locks.
    with suppress(OSError):
        if not path.exists():
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        for beside in ("", "-wal", "-shm"):
            file = path.with_name(path.name + beside)
            if file.exists() and file.stat().st_mode & stat.S_IROTH:
                file.chmod(0o600)
