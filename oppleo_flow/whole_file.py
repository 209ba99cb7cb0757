"""Files that are there as a whole, or as they were before, whatever happens meanwhile.

What is written goes into a draft beside its place, is on the disk before it takes that place in one
step, and so is its name.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from oppleo_flow.errors import StoreError

READABLE: Final = 0o644
READ_ONLY: Final = 0o444


def write_whole(path: Path, content: bytes, mode: int = READABLE) -> None:
    """Write a file, and the folders that it is in; several may do so at once.

    Raises:
        StoreError: It cannot be written; what was there before is as it was.
    """
    draft: Path | None = None
    try:
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            with NamedTemporaryFile(
                dir=path.parent, prefix=".", suffix=".part", delete=False
            ) as file:
                draft = Path(file.name)
                file.write(content)
            draft.chmod(mode)
            settle(draft, path)
    finally:
        if draft is not None:
            with suppress(OSError):
                draft.unlink(missing_ok=True)


def draft_beside(path: Path) -> Path:
    """Return where a file is written by who alone writes it, until it is whole."""
    return path.with_name(f".{path.name}.part")


def settle(draft: Path, path: Path) -> None:
    """Have a draft on the disk, then in its place.

    Raises:
        OSError: It cannot be; what was there before is as it was.
    """
    with draft.open("rb") as file:
        os.fsync(file.fileno())
    draft.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk.

    Raises:
        OSError: They cannot be.
    """
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turn what keeps a file from being written into a `StoreError`.

    Raises:
        StoreError: It cannot be written.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        raise StoreError(f"{path}: cannot be written: {error.strerror}") from error
