"""Copying a backup away, to a folder or a share; a copy counts when it has been read back."""

import hashlib
import os
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from oppleo_flow.errors import StoreError
from oppleo_flow.payloads import BackupMade
from oppleo_flow.store.backup.kept import Naming, draft_of, too_old
from oppleo_flow.store.backup.request import SMB, BackupRequest, Share

_BLOCK = 1 << 20


class CopyTarget(ABC):
    """A place on another disk or machine where backups are kept; `place` is what it is called."""

    place: str

    @abstractmethod
    def names(self) -> list[str]:
        """Return the names of the files there."""

    @abstractmethod
    def writer(self, name: str) -> IO[bytes]:
        """Open a file there to be written anew."""

    @abstractmethod
    def reader(self, name: str) -> IO[bytes]:
        """Open a file there to be read."""

    @abstractmethod
    def settle(self, file: IO[bytes]) -> None:
        """Have what was written on the disk there."""

    @abstractmethod
    def rename(self, name: str, new: str) -> None:
        """Give a file another name."""

    @abstractmethod
    def remove(self, name: str) -> None:
        """Remove a file."""


class FolderTarget(CopyTarget):
    """A folder, perhaps of a disk or a share that the system has mounted."""

    def __init__(self, folder: Path) -> None:
        self.place = str(folder)
        self._folder = folder

    def names(self) -> list[str]:
        """Return the names of the files there; a folder that is not there is never made."""
        return [entry.name for entry in os.scandir(self._folder) if entry.is_file()]

    def writer(self, name: str) -> IO[bytes]:
        """Open a file there to be written anew, for its owner only where there are owners."""
        (self._folder / name).unlink(missing_ok=True)
        number = os.open(self._folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        return os.fdopen(number, "wb")

    def reader(self, name: str) -> IO[bytes]:
        """Open a file there to be read, from the disk rather than from memory."""
        file = (self._folder / name).open("rb")
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        return file

    def settle(self, file: IO[bytes]) -> None:
        """Have what was written on the disk."""
        file.flush()
        os.fsync(file.fileno())

    def rename(self, name: str, new: str) -> None:
        """Give a file another name."""
        (self._folder / name).replace(self._folder / new)

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self._folder / name).unlink()


@contextmanager
def target_of(address: str, site: Path, share: Share) -> Iterator[CopyTarget]:
    """Give the place that an address means; a folder may be relative to the site's."""
    if not address.startswith(SMB):
        yield FolderTarget(site / address)
        return
    # Not at the top: few copy to a share, and it takes long to import.
    from oppleo_flow.store.backup.smb import SmbTarget  # noqa: PLC0415

    with SmbTarget.signed_in(address, share) as target:
        yield target


def copy_away(
    file: Path, made: BackupMade, naming: Naming, request: BackupRequest
) -> tuple[str, ...]:
    """Copy a backup to every place that is asked for; return where it is.

    Raises:
        StoreError: Some of them have no copy now; the message names each, and the backup itself.
    """
    copies, failures = [], []
    for address in request.copy_to:
        try:
            with target_of(address, request.site, request.share) as target:
                for left in naming.leftovers(target.names()):
                    target.remove(left)
                _copy(file, made, target)
                copies.append(f"{target.place.rstrip('/')}/{file.name}")
                for old in too_old(naming.own(target.names()), request.keep, file.name):
                    target.remove(old)
        except OSError as error:  # a `StoreError` is one too
            known = isinstance(error, StoreError)
            failures.append(str(error) if known else f"{address}: {error.strerror or error}")
    if failures:
        raise StoreError(f"{file}: is made, but not copied: {'; '.join(failures)}")
    return tuple(copies)


def _copy(file: Path, made: BackupMade, target: CopyTarget) -> None:
    """Copy a file, read the copy back, and only then give it its name."""
    draft = draft_of(file.name)
    try:
        with file.open("rb") as source, target.writer(draft) as copy:
            while block := source.read(_BLOCK):
                copy.write(block)
            target.settle(copy)
        size, sha256 = _read_back(target, draft)
        if size != made.size:
            raise StoreError(
                f"{target.place}: the copy is cut short, got {size} of {made.size} bytes"
            )
        if sha256 != made.sha256:
            raise StoreError(f"{target.place}: the copy is not what was written; check that disk")
        target.rename(draft, file.name)
    except OSError:
        with suppress(OSError):
            target.remove(draft)
        raise


def _read_back(target: CopyTarget, name: str) -> tuple[int, str]:
    size, digest = 0, hashlib.sha256()
    with target.reader(name) as copy:
        while block := copy.read(_BLOCK):
            size += len(block)
            digest.update(block)
    return size, digest.hexdigest()
