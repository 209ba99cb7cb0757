"""Taking in a backup that was made elsewhere, as that of the machine which this one replaces.

It comes in pieces, and lies in a folder of its own beside the site's own backups, where it is never
taken for one that is too old.  Until it is whole it is a draft, which nobody lists; whatever goes
wrong leaves nothing.
"""

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.age import ENDING, is_sealed
from oppleo_flow.store.backup.kept import EveryNaming, Naming
from oppleo_flow.store.backup.shelf import Shelf
from oppleo_flow.store.backup.verifying import verify_in_child
from oppleo_flow.whole_file import settle, writing

FOLDER: Final = "taken-in"
MOST: Final = 2 << 30
"""Of a backup that is taken in; years of a charge point are some tens of MB."""
_ROOM_BESIDE: Final = 64 << 20
_ZIPPED: Final = b"\x1f\x8b"
_DRAFT: Final = (".coming-", ".part")
_SHOWN: Final = 80


@immutable
class Coming:
    """What is said of a file before it comes: its name, and how many bytes it has."""

    name: str
    size: int


class Intake(Shelf):
    """The folder of the backups that were taken in, of whichever charge point they are."""

    def __init__(self, backups: Path, *, simulated: bool) -> None:
        super().__init__(backups / FOLDER, EveryNaming(), last_stays=False)
        self._simulated = simulated

    def check(self, coming: Coming) -> None:
        """Refuse what need not even be sent.

        Raises:
            Refused: It is too large, there is no room for it, it is here already, or nobody could
                say of when it is.
        """
        shown = coming.name[:_SHOWN]
        if not 0 < coming.size <= MOST:
            raise Refused(
                f"{shown}: a backup has 1 to {MOST} bytes, got {coming.size}; "
                "at the machine itself `oppleo-flow db restore` takes a larger one"
            )
        if coming.name.endswith(ENDING):
            self._new(_own_name(coming.name, shown), shown)
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            free = shutil.disk_usage(self.folder).free
        needed = 2 * coming.size + _ROOM_BESIDE
        if free < needed:
            raise Refused(
                f"{shown}: {free / 1e6:.0f} MB are free, and {needed / 1e6:.0f} MB are needed to "
                "take it in; make room first"
            )

    def take(self, coming: Coming, pieces: Iterable[bytes]) -> str:
        """Take in a backup, and return the name that it has here.

        An encrypted one is looked at no further: it is verified when its passphrase is known.

        Raises:
            Refused: As `check` does; or it is none, not all of it came, or it is of a simulation
                and this site is not, or the other way round.
            StoreError: It is damaged or of a newer version, or cannot be written.
        """
        self.check(coming)
        shown = coming.name[:_SHOWN]
        forget_drafts(self.folder)
        with _draft(self.folder) as (draft, file):
            with writing(self.folder):
                start = _write(file, pieces, coming.size, shown)
            name = _own_name(coming.name, shown) if is_sealed(start) else self._read(draft, coming)
            self._new(name, shown)
            with writing(self.folder):
                settle(draft, self.folder / name)
        return name

    def _read(self, draft: Path, coming: Coming) -> str:
        """Read all of a backup, and return its name: as it was given, if it is of that backup."""
        shown = coming.name[:_SHOWN]
        try:
            found = verify_in_child(draft, "")
        except StoreError as error:
            raise StoreError(str(error).replace(str(draft), shown)) from error
        naming = Naming(found.charge_point, found.simulated)
        name = naming.name(datetime.fromisoformat(found.created_at), encrypted=False)
        return _own_name(name, shown)

    def _new(self, name: str, shown: str) -> None:
        """Refuse what cannot be put here under its name."""
        if name.startswith("simulated-") != self._simulated:
            made_in = "a simulation" if name.startswith("simulated-") else "real hardware"
            raise Refused(f"{shown}: is a backup of {made_in}, and this site is not that")
        if (self.folder / name).exists() or (self.folder.parent / name).exists():
            raise Refused(f"{shown}: is here already, as {name}")


def forget_drafts(folder: Path) -> None:
    """Remove what somebody began to send who was killed meanwhile."""
    begin, end = _DRAFT
    for path in folder.glob(f"{begin}*{end}"):
        with suppress(OSError), path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # else it is being written
            path.unlink(missing_ok=True)


@contextmanager
def _draft(folder: Path) -> Iterator[tuple[Path, IO[bytes]]]:
    """Give a file for its owner only, that is gone at the end unless it got another name."""
    begin, end = _DRAFT
    with writing(folder):
        number, name = tempfile.mkstemp(dir=folder, prefix=begin, suffix=end)
    draft = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield draft, file
    finally:
        with suppress(OSError):
            draft.unlink(missing_ok=True)


def _write(file: IO[bytes], pieces: Iterable[bytes], size: int, shown: str) -> bytes:
    """Write what comes, piece by piece, and return how it begins."""
    start, there = b"", 0
    for piece in pieces:
        if not there:
            start = piece
            if not (is_sealed(start) or start.startswith(_ZIPPED)):
                raise Refused(f"{shown}: is no backup of oppleo-flow; choose one that it made")
        file.write(piece)
        there += len(piece)
    if there != size:
        raise Refused(f"{shown}: only {there} of {size} bytes came; send it again")
    file.flush()
    return start


def _own_name(given: str, shown: str) -> str:
    """Return the name that a backup was made under, from one that somebody's browser gave it."""
    stem = re.match(r"(?:backup|simulated)-[^/\\\0-\x1f]{1,100}?-\d{8}T\d{6}Z(?:-\d+)?", given)
    ending = ".tar.gz" + (ENDING if given.endswith(ENDING) else "")
    found = EveryNaming().own([f"{stem[0]}{ending}"]) if stem else []
    if not found:
        raise Refused(
            f"{shown}: does not say of when it is; give it the name that it was made under, "
            "as backup-garage-20260115T120000Z.tar.gz.age"
        )
    return found[0]
