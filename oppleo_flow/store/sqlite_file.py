"""A ledger's file through Python's own `sqlite3`, and its failures put into words.

Without SQLAlchemy, which takes longer to import than all the rest of a start: what must be known at
once is that the file is there, is ours and can be written.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from oppleo_flow.errors import StoreError
from oppleo_flow.owned_file import for_owner

BUSY_TIMEOUT_S = 5.0

# Primary result codes of https://www.sqlite.org/rescode.html; extended ones begin with them.
_IN_WORDS = {
    "SQLITE_FULL": "the disk is full; make room, then it goes on by itself",
    "SQLITE_READONLY": "cannot be written; give the user that runs oppleo-flow write access to "
    "the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check the file's folder and who may use it",
    "SQLITE_BUSY": f"another program has kept it locked for {BUSY_TIMEOUT_S:.0f} s; end that one",
    "SQLITE_NOTADB": "is not an SQLite database; move it away or name another file",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_IOERR": "the disk cannot be read or written; check it",
}


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Return an open connection that begins no transaction by itself.

    A file that is made is for its owner only, and one that everybody could read is so from now on:
    a ledger has what proves the passwords of its users.  What SQLite puts beside it follows.
    """
    if not read_only:
        for_owner(path)
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={'ro' if read_only else 'rwc'}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        # The module's own transactions would begin too late, as readers.
        isolation_level=None,
        check_same_thread=False,
    )
    if not read_only:
        connection.execute("PRAGMA journal_mode=WAL")
    return connection


@contextmanager
def opened(path: Path, *, read_only: bool) -> Iterator[sqlite3.Connection]:
    """Give a connection, and close it; what SQLite raises becomes a `StoreError`."""
    try:
        connection = connect(path, read_only=read_only)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {reason(error)}") from error


def reason(error: BaseException | None) -> str:
    """Return why a database failed, in words that a user understands."""
    name = str(getattr(error, "sqlite_errorname", ""))
    for code, words in _IN_WORDS.items():
        if name.startswith(code):
            return words
    return str(error).strip() or type(error).__name__
