"""Reading a backup: every byte of it is compared with its manifest."""

import gzip
import hashlib
import io
import sqlite3
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.age import Unsealed, is_sealed
from oppleo_flow.store.backup.manifest import NAME, Manifest, Member
from oppleo_flow.store.backup.site_files import DATABASES, LEDGER, SECRET, is_member
from oppleo_flow.store.database_copy import trouble_in
from oppleo_flow.store.schema import revision
from oppleo_flow.store.sqlite_file import opened
from oppleo_flow.whole_file import writing

_BLOCK = 1 << 20
_LONGEST_MANIFEST = 64 << 20


def is_encrypted(file: Path) -> bool:
    """Return whether a backup needs a passphrase.

    Raises:
        StoreError: It cannot be read.
    """
    try:
        with file.open("rb") as opened_file:
            return is_sealed(opened_file.read(64))
    except OSError as error:
        raise StoreError(f"{file}: cannot be read: {error.strerror}") from error


def unpack(
    file: Path,
    passphrase: str,
    into: Path | None,
    wanted: Callable[[str], bool] = lambda name: True,
) -> Manifest:
    """Read a whole backup, and return its manifest; what is `wanted` is written into a folder.

    Raises:
        StoreError: It cannot be read, is damaged, or the passphrase is another; or a file cannot be
            written.
    """
    found: list[Member] = []
    manifest: Manifest | None = None
    with _archive(file, passphrase) as archive:
        for entry in archive:
            if manifest is not None:
                raise _damaged(file, f"{entry.name!r} follows its manifest")
            content = archive.extractfile(entry) if entry.isreg() else None
            if content is None or not (entry.name == NAME or is_member(entry.name)):
                raise _damaged(file, f"no backup has a member such as {entry.name!r}")
            if entry.name == NAME:
                manifest = Manifest.parse(content.read(_LONGEST_MANIFEST), str(file))
            else:
                target = into / entry.name if into and wanted(entry.name) else None
                found.append(_member(entry.name, content, target))
                if target is not None:
                    target.chmod(_mode(entry))
    if manifest is None:
        raise _damaged(file, "it has no manifest")
    _compare(file, manifest, found)
    return manifest


def check_unpacked(file: Path, manifest: Manifest, folder: Path) -> None:
    """Check the databases that were unpacked.

    Raises:
        StoreError: One is damaged, or the ledger is of another revision than it should be.
    """
    for name in DATABASES:
        path = folder / name
        if not path.exists():
            continue
        try:
            with opened(path, read_only=True) as db:
                trouble = trouble_in(db)
                if trouble is None and name == LEDGER:
                    trouble = _of_ledger(db, path, manifest)
        except StoreError as error:
            raise _damaged(file, f"{name}: {str(error).removeprefix(f'{path}: ')}") from error
        if trouble is not None:
            raise _damaged(file, f"{name}: {trouble}")


def _of_ledger(db: sqlite3.Connection, path: Path, manifest: Manifest) -> str | None:
    found = revision(db, path)
    if found == manifest.revision:
        return None
    return f"its revision is {found!r}, and the manifest says {manifest.revision!r}"


@contextmanager
def _archive(file: Path, passphrase: str) -> Iterator[tarfile.TarFile]:
    """Give a backup as the archive that it is, read from its begin to its end."""
    with ExitStack() as stack:
        try:
            raw = stack.enter_context(file.open("rb"))
        except OSError as error:
            raise StoreError(f"{file}: cannot be read: {error.strerror}") from error
        try:
            content = _opened(raw, passphrase, file)
            unzipped = stack.enter_context(gzip.GzipFile(fileobj=content, mode="rb"))
            yield stack.enter_context(tarfile.open(fileobj=unzipped, mode="r|"))
            while unzipped.read(_BLOCK):  # so that what comes after the last member is checked too
                pass
        except (EOFError, zlib.error, tarfile.TarError, gzip.BadGzipFile) as error:
            raise _damaged(file, str(error)) from error
        except OSError as error:
            if isinstance(error, StoreError):
                raise
            raise StoreError(f"{file}: cannot be read: {error.strerror or error}") from error


def _opened(raw: IO[bytes], passphrase: str, file: Path) -> IO[bytes]:
    encrypted = is_sealed(raw.read(64))
    raw.seek(0)
    if not encrypted:
        return raw
    if not passphrase:
        raise StoreError(f"{file}: is encrypted; its passphrase is needed")
    return io.BufferedReader(Unsealed(raw, passphrase, str(file)), _BLOCK)


def _member(name: str, content: IO[bytes], target: Path | None) -> Member:
    """Read a member to its end, and write it where it is wanted."""
    size, digest = 0, hashlib.sha256()
    with ExitStack() as stack:
        out = None
        if target is not None:
            with writing(target):
                target.parent.mkdir(parents=True, exist_ok=True)
                out = stack.enter_context(target.open("xb"))
                target.chmod(0o600)
        while block := content.read(_BLOCK):
            size += len(block)
            digest.update(block)
            if out is not None and target is not None:
                with writing(target):
                    out.write(block)
                    out.flush()
    return Member(name, size, digest.hexdigest())


def _mode(entry: tarfile.TarInfo) -> int:
    """Return who may use a member: as it was, but nobody else may write.

    Secrets and databases are for their owner.
    """
    if entry.name in (*SECRET, *DATABASES):
        return 0o600
    return (entry.mode | 0o400) & 0o755


def _compare(file: Path, manifest: Manifest, found: list[Member]) -> None:
    there = {member.name: member for member in found}
    if len(there) != len(found):
        raise _damaged(file, "it has a member twice")
    for member in manifest.members:
        if member.name not in there:
            raise _damaged(file, f"{member.name} is missing")
        if there.pop(member.name) != member:
            raise _damaged(file, f"{member.name} is not what the manifest says")
    for name in there:
        raise _damaged(file, f"{name} is not in its manifest")


def _damaged(file: Path, what: str) -> StoreError:
    return StoreError(f"{file}: is damaged: {what}; use another backup")
