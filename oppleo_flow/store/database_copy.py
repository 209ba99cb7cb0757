"""Copying a database as it is at one moment, also while others write into it."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from oppleo_flow.errors import StoreError
from oppleo_flow.store.sqlite_file import opened, reason
from oppleo_flow.whole_file import draft_beside, settle

# What can only be said of the file that is written; of all else the one that is read is to blame.
_OF_THE_COPY = ("SQLITE_FULL", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_IOERR_WRITE")


@contextmanager
def standing_still(path: Path) -> Iterator[sqlite3.Connection]:
    """Give a connection that sees a database as it is now, whatever is written meanwhile.

    Raises:
        StoreError: It cannot be read.
    """
    with opened(path, read_only=True) as db:
        db.execute("BEGIN")
        db.execute("SELECT count(*) FROM sqlite_master").fetchone()  # reading is what fixes it
        yield db


def copy_database(source: Path, target: Path) -> None:
    """Copy a database; raises as `write_copy` does."""
    with standing_still(source) as db:
        write_copy(db, source, target)


def write_copy(db: sqlite3.Connection, source: Path, target: Path) -> None:
    """Write what a connection sees into a file of its own; that is there whole or not at all.

    Raises:
        StoreError: It cannot be read, or the copy not be written.
    """
    draft = draft_beside(target)
    try:
        draft.unlink(missing_ok=True)
        os.close(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(draft, isolation_level=None)) as new:
            db.backup(new)
            new.execute("PRAGMA journal_mode=DELETE")  # so that it is one file
        settle(draft, target)
    except sqlite3.Error as error:
        copy = error.sqlite_errorname.startswith(_OF_THE_COPY)
        raise StoreError(f"{target if copy else source}: {reason(error)}") from error
    except OSError as error:
        raise StoreError(f"{target}: cannot be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def trouble_in(db: sqlite3.Connection) -> str | None:
    """Return what SQLite finds wrong in a database, None where it is in order."""
    (said,) = db.execute("PRAGMA integrity_check(1)").fetchone()
    return None if said == "ok" else str(said).splitlines()[-1]
