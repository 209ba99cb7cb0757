"""Upgrading a ledger's file: a copy first, then all migrations in one transaction.

Whenever it is killed, the file is that of before or that of after.  The copy bears another name
while an upgrade is under way: where one of that name is found, the last upgrade was interrupted.
"""

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.check.structure import differences, of_revision, structure
from oppleo_flow.store.database_copy import copy_database, trouble_in
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.schema import revision
from oppleo_flow.store.sqlite_file import connect, opened, reason
from oppleo_flow.whole_file import sync_folder

_CANNOT_BE_OPENED = "cannot be opened; check the file's folder and who may use it"


@immutable
class Upgraded:
    """What an upgrade did; `copy` is the ledger as it was, `interrupted` whether one was before."""

    before: str | None
    after: str
    copy: str | None = None
    interrupted: bool = False
    rolled_back: bool = False


def under_way(path: Path) -> Path:
    """Return what the copy is called while an upgrade is under way."""
    return path.with_name(f"{path.stem}.upgrading{path.suffix}")


def copy_of(path: Path, before: str) -> Path:
    """Return what the copy is called that an upgrade leaves."""
    return path.with_name(f"{path.stem}.before-{before or 'first'}{path.suffix}")


def upgrade_file(path: Path) -> Upgraded:
    """Bring a ledger to the newest revision, and say what was done.  One process at a time does so.

    Raises:
        StoreError: It is none, of a newer version, damaged, or cannot be written; it is then as it
            was before.
    """
    with _alone(path):
        before = _revision(path)
        copy = under_way(path)
        if before is None:
            _migrate(path)
            return Upgraded(None, HEAD)
        interrupted = copy.exists()
        rolled_back = interrupted and _rolled_back(path, copy)
        if rolled_back:
            before = _revision(path)
        if before != HEAD:
            _refuse_mixed(path, before)
            copy_database(path, copy)
            _migrate(path)
        kept = str(_settled(path, copy)) if copy.exists() else None
        return Upgraded(before, HEAD, kept, interrupted, rolled_back)


def _revision(path: Path) -> str | None:
    with _in_words(path), closing(connect(path)) as db:
        return revision(db, path)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Let another process that upgrades the same file come to its end first."""
    try:
        number = os.open(path.parent, os.O_RDONLY)
    except OSError as error:
        raise StoreError(f"{path}: {_CANNOT_BE_OPENED}") from error
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        yield
    finally:
        os.close(number)


def _migrate(path: Path) -> None:
    # Not at the top: Alembic comes with it, and the module begins there.
    from oppleo_flow.store.database import sqlite_engine  # noqa: PLC0415
    from oppleo_flow.store.migrate import upgrade  # noqa: PLC0415

    engine = sqlite_engine(path)
    try:
        upgrade(engine, str(path))
    finally:
        engine.dispose()


def _mixed(path: Path) -> str | None:
    """Return in words why a ledger's tables are not those of its revision; None if they are."""
    with opened(path, read_only=True) as db:
        there, of = structure(db), revision(db, path)
    return None if of is None else next(differences(there, of_revision(of)), None)


def _refuse_mixed(path: Path, before: str | None) -> None:
    difference = _mixed(path)
    if difference is not None:
        raise StoreError(
            f"{path}: its tables are not those of its revision {before!r}: {difference}; "
            "restore it from a backup"
        )


def _rolled_back(path: Path, copy: Path) -> bool:
    """Put the copy of an interrupted upgrade back, where that left neither the old nor the new."""
    if _mixed(path) is None:
        return False
    with opened(copy, read_only=True) as old:
        damage = trouble_in(old)
        if damage is not None:
            raise StoreError(
                f"{path}: an upgrade was interrupted, and its copy {copy} is damaged: {damage}; "
                "restore it from a backup"
            )
        with _in_words(path), closing(connect(path)) as db:
            old.backup(db)  # a transaction: whole or not at all
    return True


def _settled(path: Path, copy: Path) -> Path:
    """Give the copy the name under which it is kept, in the place of an older one; return that."""
    with opened(copy, read_only=True) as old:
        kept = copy_of(path, revision(old, copy) or "")
    for older in path.parent.glob(copy_of(path, "*").name):
        older.unlink()
    copy.replace(kept)
    sync_folder(path.parent)
    return kept


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {reason(error)}") from error
