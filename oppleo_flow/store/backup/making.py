"""Making a backup of a site, also while it runs, and keeping it to a number.

A backup counts when it has been written, read again from the disk and found to be whole; only then
does it get its name, and an older one may go.
"""

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC
from pathlib import Path
from typing import Final

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.payloads import BackupMade
from oppleo_flow.store.backup.copying import copy_away
from oppleo_flow.store.backup.kept import Naming, draft_of, too_old
from oppleo_flow.store.backup.reading import check_unpacked, unpack
from oppleo_flow.store.backup.request import BackupRequest
from oppleo_flow.store.backup.site_files import DATABASES, SitePlaces
from oppleo_flow.store.backup.writing import hash_of, write_backup
from oppleo_flow.store.database_copy import standing_still, trouble_in, write_copy
from oppleo_flow.store.sqlite_file import opened
from oppleo_flow.whole_file import draft_beside, settle, sync_folder

LAST: Final = "last-backup.json"
_STAGING: Final = "backup-"


def make_backup(request: BackupRequest) -> BackupMade:
    """Make a backup, verify it, copy it away, let go of those that are too old; return it.

    Raises:
        StoreError: It cannot be made or copied; the message says what is there none the less.
        Refused: Another one is being made.
    """
    places = SitePlaces(request.site, request.ledger)
    naming = Naming(request.charge_point, request.simulated)
    if not request.ledger.exists():
        raise StoreError(f"{request.ledger}: there is no ledger yet; start `oppleo-flow run` once")
    with _alone(places.own), _in_words(request.folder):
        request.folder.mkdir(parents=True, exist_ok=True)
        _tidy(places.own, request.folder, naming)
        with _staging(places.own) as staging:
            made = _made(request, places, naming, staging)
        _note(request.ledger.with_name(LAST), made)
        file = Path(made.file)
        for old in too_old(naming.own(_names(request.folder)), request.keep, file.name):
            (request.folder / old).unlink()
    return made.with_(copies=copy_away(file, made, naming, request))


def _made(request: BackupRequest, places: SitePlaces, naming: Naming, staging: Path) -> BackupMade:
    """Write a backup, verify it and give it its name."""
    _copy_databases(places, staging)
    encrypted = bool(request.passphrase)
    name = naming.name(request.created_at, encrypted=encrypted, taken=_names(request.folder))
    draft, file = request.folder / draft_of(name), request.folder / name
    try:
        written = write_backup(draft, request, places, staging)
        _forget_cached(draft)
        again = staging / "again"
        if unpack(draft, request.passphrase, again, DATABASES.__contains__) != written:
            raise StoreError(f"{draft}: is not what was written; check the disk")
        check_unpacked(draft, written, again)
        size, sha256 = hash_of(draft)
        draft.replace(file)
        sync_folder(request.folder)
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)
    return BackupMade(
        file=str(file),
        size=size,
        sha256=sha256,
        members=len(written.members),
        encrypted=encrypted,
        at=request.created_at.astimezone(UTC),
    )


def _copy_databases(places: SitePlaces, staging: Path) -> None:
    """Copy the databases as they are at one moment, while others write."""
    with ExitStack() as stack:
        still = []
        for name in DATABASES:
            path = places.database(name)
            if path.exists():
                still.append((stack.enter_context(standing_still(path)), path))
        for db, path in still:
            write_copy(db, path, staging / path.name)
            with opened(staging / path.name, read_only=True) as copy:
                trouble = trouble_in(copy)
            if trouble is not None:
                raise StoreError(f"{path}: is damaged: {trouble}; restore it from a backup")


@contextmanager
def _alone(own: Path) -> Iterator[None]:
    """Hold the lock of backups: one at a time."""
    path = own / "backup.lock"
    with _in_words(path):
        own.mkdir(parents=True, exist_ok=True)
        file = path.open("a")
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"{own.parent}: another backup is being made; wait for it") from None
        yield


@contextmanager
def _staging(own: Path) -> Iterator[Path]:
    """Give a folder for copies that are not encrypted yet: on the site's own disk, and private."""
    with tempfile.TemporaryDirectory(
        dir=own, prefix=_STAGING, ignore_cleanup_errors=True
    ) as folder:
        yield Path(folder)


def _tidy(own: Path, folder: Path, naming: Naming) -> None:
    """Remove what a run that was killed has left."""
    for path in own.glob(f"{_STAGING}*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    for name in naming.leftovers(_names(folder)):
        (folder / name).unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    return [entry.name for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]


def _forget_cached(file: Path) -> None:
    """Have a file read from the disk, not from memory, by who reads it next."""
    with file.open("rb") as opened:
        os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _note(path: Path, made: BackupMade) -> None:
    """Note beside the ledger which backup was the last that was verified."""
    facts = {"at": made.at.isoformat(), "file": made.file, "size": made.size, "sha256": made.sha256}
    draft = draft_beside(path)
    draft.write_text(json.dumps(facts), encoding="utf-8")
    settle(draft, path)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    try:
        yield
    except StoreError:
        raise
    except OSError as error:
        raise StoreError(f"{error.filename or path}: {error.strerror}") from error
