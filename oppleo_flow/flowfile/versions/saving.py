"""Writing files so that whatever happens, each is there as it was or as it shall be."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from oppleo_flow.errors import StoreError

_NEW = ".new"


def save(texts: Mapping[Path, str]) -> None:
    """Write texts to files.  All are on the disk before the first takes the place of an old one.

    Raises:
        StoreError: One cannot be written; then each holds what it held before.
    """
    drafts: dict[Path, Path] = {}
    before: dict[Path, bytes | None] = {}
    try:
        for path, text in texts.items():
            target = path.resolve()  # a link stays a link
            drafts[target] = _draft_of(target)
            with _told(path):
                _write(drafts[target], text.encode("utf-8"), target)
        try:
            for target, draft in drafts.items():
                with _told(target):
                    found = target.read_bytes() if target.exists() else None
                    draft.replace(target)
                before[target] = found
            for folder in {target.parent for target in drafts}:
                with _told(folder):
                    _sync_folder(folder)
        except StoreError:
            _put_back(before)
            raise
    finally:
        for draft in drafts.values():
            with suppress(OSError):  # what went wrong is told already
                draft.unlink()


def _put_back(before: Mapping[Path, bytes | None]) -> None:
    """Let files hold what they held before, to the byte; those that were not there go."""
    for target, content in before.items():
        with _told(target):
            if content is None:
                target.unlink()
                continue
            draft = _draft_of(target)
            _write(draft, content, target)
            draft.replace(target)


def _draft_of(target: Path) -> Path:
    return target.with_name(f".{target.name}{_NEW}")


def _write(draft: Path, content: bytes, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with draft.open("wb") as file:
        if target.exists():
            os.fchmod(file.fileno(), target.stat().st_mode & 0o777)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise StoreError(f"{path}: cannot be written: {why}") from error
    except UnicodeEncodeError as error:
        raise StoreError(f"{path}: cannot be written as UTF-8: {error.reason}") from error
