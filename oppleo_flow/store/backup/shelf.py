"""The backups of a charge point that lie in a folder: which there are, and letting one go."""

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Protocol

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.age import ENDING

_TIME: Final = re.compile(r"(\d{8}T\d{6})Z")


@immutable
class Shelved:
    """A backup as its file tells without being read."""

    name: str
    size: int
    made_at: datetime
    encrypted: bool


class _Naming(Protocol):
    """Tells which names are of backups that count."""

    def own(self, names: Iterable[str]) -> list[str]:
        """Return those names, the newest first."""
        ...


class Shelf:
    """A folder of backups, of which those of one charge point count; the last of them stays."""

    def __init__(self, folder: Path, naming: _Naming, *, last_stays: bool = True) -> None:
        self.folder = folder
        self._naming = naming
        self._last_stays = last_stays

    def all(self) -> list[Shelved]:
        """Return the backups, the newest first; none where there is no folder.

        One that goes while this looks, as the oldest does when a new one is made, is none of them.

        Raises:
            StoreError: The folder cannot be looked into.
        """
        try:
            sizes = dict(self._sizes())
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StoreError(f"{self.folder}: cannot be read: {error.strerror}") from error
        return [_shelved(name, sizes[name]) for name in self._naming.own(sizes)]

    def file(self, name: str) -> Path:
        """Return the file of a backup.

        Raises:
            LookupError: There is none of this charge point of that name.
        """
        if name not in [one.name for one in self.all()]:
            raise LookupError(name)
        return self.folder / name

    def let_go(self, name: str) -> None:
        """Delete a backup.

        Raises:
            LookupError: There is none of this charge point of that name.
            Refused: It is the only one.
            StoreError: It cannot be deleted.
        """
        file = self.file(name)
        if self._last_stays and len(self.all()) == 1:
            raise Refused(f"{file}: is the only backup; make a new one first")
        try:
            file.unlink()
        except FileNotFoundError:
            raise LookupError(name) from None
        except OSError as error:
            raise StoreError(f"{file}: cannot be deleted: {error.strerror}") from error

    def _sizes(self) -> Iterator[tuple[str, int]]:
        for path in self.folder.iterdir():
            with suppress(FileNotFoundError):
                if path.is_file():
                    yield path.name, path.stat().st_size


def made_at(name: str) -> datetime:
    """Return when a backup of one's own was made, by its name."""
    found = _TIME.search(name)
    assert found is not None  # else it would not be one's own
    return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=UTC)


def _shelved(name: str, size: int) -> Shelved:
    return Shelved(name, size, made_at(name), name.endswith(ENDING))
