"""Writing the file of a backup: an archive that any `tar` reads, encrypted if so asked."""

import gzip
import hashlib
import io
import os
import tarfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO

from oppleo_flow import __version__
from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.age import Sealed
from oppleo_flow.store.backup.manifest import NAME, Manifest, Member
from oppleo_flow.store.backup.request import BackupRequest
from oppleo_flow.store.backup.site_files import DATABASES, LEDGER, SitePlaces
from oppleo_flow.store.schema import revision
from oppleo_flow.store.sqlite_file import opened
from oppleo_flow.whole_file import writing

_LEVEL = 6
_BLOCK = 1 << 20


def write_backup(
    draft: Path, request: BackupRequest, places: SitePlaces, staging: Path
) -> Manifest:
    """Write a backup into a new file for its owner only, have it on the disk; return what it holds.

    Raises:
        StoreError: A member cannot be read, or the file not be written.
    """
    with writing(draft), ExitStack() as stack:
        number = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        file = stack.enter_context(os.fdopen(number, "wb"))
        sealed = Sealed(file, request.passphrase) if request.passphrase else None
        manifest = _write_archive(sealed or file, request, places, staging)
        if sealed is not None:
            sealed.finish()
        file.flush()
        os.fsync(number)
    return manifest


def _write_archive(
    out: IO[bytes] | Sealed, request: BackupRequest, places: SitePlaces, staging: Path
) -> Manifest:
    with (
        gzip.GzipFile("", "wb", _LEVEL, out, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        members = [_add(archive, name, path) for name, path in _files(request, places, staging)]
        with opened(staging / LEDGER, read_only=True) as db:
            found = revision(db, places.ledger) or ""
        manifest = Manifest(
            program=__version__,
            charge_point=request.charge_point,
            created_at=request.created_at,
            simulated=request.simulated,
            revision=found,
            members=tuple(members),
        )
        text = manifest.as_text().encode()
        entry = tarfile.TarInfo(NAME)
        entry.size, entry.mode = len(text), 0o600
        archive.addfile(entry, io.BytesIO(text))
    return manifest


def _files(request: BackupRequest, places: SitePlaces, staging: Path) -> Iterator[tuple[str, Path]]:
    for name in DATABASES:
        if (staging / name).exists():
            yield name, staging / name
    # Only an encrypted one has the secrets: a backup is copied to where others may read it.
    yield from places.files(secrets=bool(request.passphrase))


def _add(archive: tarfile.TarFile, name: str, path: Path) -> Member:
    """Add a file as it is now, and return what was read."""
    with _Read(path) as content:
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = content.size, content.mtime, content.mode
        archive.addfile(entry, content)  # type: ignore[arg-type]  # all that it needs is `read`
        return Member(name, content.size, content.digest.hexdigest())


class _Read:
    """A file that is read to the size that it had when it was opened, and hashed meanwhile."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.digest = hashlib.sha256()
        try:
            self._file = path.open("rb")
            facts = os.fstat(self._file.fileno())
        except OSError as error:
            raise StoreError(f"{path}: cannot be read: {error.strerror}") from error
        self.size, self.mtime = facts.st_size, int(facts.st_mtime)
        self.mode = facts.st_mode & 0o777

    def __enter__(self) -> "_Read":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, count: int) -> bytes:
        """Return the next bytes; all of them are there, or it is an error."""
        try:
            found = self._file.read(count)
        except OSError as error:
            raise StoreError(f"{self._path}: cannot be read: {error.strerror}") from error
        if len(found) < count:
            raise StoreError(f"{self._path}: became shorter while it was read; try again")
        self.digest.update(found)
        return found


def hash_of(file: Path) -> tuple[int, str]:
    """Return the size of a file and its SHA-256."""
    digest = hashlib.sha256()
    with file.open("rb") as opened_file:
        while block := opened_file.read(_BLOCK):
            digest.update(block)
        return opened_file.tell(), digest.hexdigest()
