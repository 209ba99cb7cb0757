"""Which files of a site go into a backup, what they are called in it, and where they go back to."""

import os
from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable

SETTINGS: Final = "oppleo.yaml"
SECRETS: Final = "secrets.yaml"
ACCOUNT_KEY: Final = "account.key"
"""It lies beside the ledger, whose second factors it opens."""
SECRET: Final = frozenset({SECRETS, ACCOUNT_KEY})
"""What only an encrypted backup has."""
DASHBOARD: Final = "dashboard.json"
"""What is pinned there; it lies beside the ledger, too."""
LEDGER: Final = "ledger.sqlite"
DATABASES: Final = ("state.sqlite", LEDGER, "audit.sqlite")
"""In the order in which they are copied: what the state has yet to deliver to a ledger is in one of
them if the state comes first, or in both, and a ledger keeps the same event once."""
BESIDE_LEDGER: Final = (*DATABASES, ACCOUNT_KEY, DASHBOARD)
"""In a backup they are called by their names alone."""
FOLDERS: Final = ("flows", "subflows", "nodes", "reports/archive", ".oppleo/history")
_OWN: Final = ".oppleo"
_MADE_AGAIN: Final = "__pycache__"
_HALF_WRITTEN: Final = (".new", ".part", ".tmp")


@immutable
class SitePlaces:
    """Where a site keeps things; `ledger` lies apart where the site is simulated."""

    folder: Path
    ledger: Path

    @classmethod
    def of(cls, folder: Path, *, simulated: bool) -> "SitePlaces":
        """Return the places of a site."""
        own = folder / _OWN
        return cls(folder, (own / "simulated" if simulated else own) / LEDGER)

    @property
    def own(self) -> Path:
        """Return the folder of what the program itself keeps."""
        return self.folder / _OWN

    def database(self, name: str) -> Path:
        """Return where one of the databases is."""
        return self.own / name if name == "audit.sqlite" else self.ledger.with_name(name)

    def target(self, name: str) -> Path:
        """Return where a member of a backup goes."""
        return self.database(name) if name in BESIDE_LEDGER else self.folder / name

    def units(self, secrets: Collection[str]) -> Iterator[Path]:
        """Yield what a backup with some secrets stands for as a whole, there or not."""
        yield self.folder / SETTINGS
        yield self.target(DASHBOARD)
        for name in sorted(secrets, reverse=True):
            yield self.target(name)
        for name in FOLDERS:
            yield self.folder / name
        for name in DATABASES:
            yield self.database(name)

    def files(self, *, secrets: bool) -> Iterator[tuple[str, Path]]:
        """Yield the files besides the databases, by their names in a backup.

        Raises:
            StoreError: A folder cannot be read.
        """
        for name in (SETTINGS, DASHBOARD, *(sorted(SECRET) if secrets else [])):
            if self.target(name).exists():
                yield name, self.target(name)
        for name in FOLDERS:
            if (self.folder / name).exists():
                for path in _files_in(self.folder / name):
                    yield path.relative_to(self.folder).as_posix(), path


def is_member(name: str) -> bool:
    """Return whether a backup may have a member of a name: none leads out of the site."""
    if name in (SETTINGS, DASHBOARD, *SECRET, *DATABASES):
        return True
    path = PurePosixPath(name)
    inside = any(name.startswith(f"{folder}/") for folder in FOLDERS)
    return inside and ".." not in path.parts and str(path) == name


def _files_in(folder: Path) -> Iterator[Path]:
    """Yield the files in a folder and those below it, also those that links lead to."""

    def cannot(error: OSError) -> None:
        raise StoreError(f"{error.filename}: cannot be read: {error.strerror}") from error

    seen: set[tuple[int, int]] = set()
    for where, folders, names in os.walk(folder, onerror=cannot, followlinks=True):
        here = Path(where).stat()
        if (here.st_dev, here.st_ino) in seen:  # a link leads back
            folders.clear()
            continue
        seen.add((here.st_dev, here.st_ino))
        folders[:] = sorted(name for name in folders if name != _MADE_AGAIN)
        for name in sorted(names):
            draft = name.startswith(".") and name.endswith(_HALF_WRITTEN)
            if not draft and (Path(where) / name).is_file():  # a pipe would never come to its end
                yield Path(where) / name
