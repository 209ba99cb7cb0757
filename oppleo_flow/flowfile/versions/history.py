"""The versions of a site's flows that were deployed: the last fifty, and the last that was good."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.saving import save
from oppleo_flow.immutable import immutable

KEPT: Final = 50
_FORMAT = 1
_FILE = re.compile(r"(\d{6,})\.json")
_GOOD = "good.json"


@immutable
class Version:
    """What was deployed at one time: `who` did it, and `why` in one line."""

    number: int
    at: datetime
    who: str
    why: str
    flows: FlowSet

    @property
    def revision(self) -> str:
        """Return the revision of its texts."""
        return self.flows.revision


class History:
    """The versions in a folder, one file each; the number of the newest is the greatest.

    What is kept is read when it is asked for.  One thread at a time writes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def record(self, flows: FlowSet, *, at: datetime, who: str, why: str) -> Version:
        """Keep a version as the newest, and let go of those that are too old.

        Raises:
            StoreError: It cannot be written.
        """
        numbers = self._numbers()
        version = Version(max(numbers, default=0) + 1, at, who, _line(why), flows)
        save({self._path(version.number): _as_text(version)})
        for number in numbers[: max(0, len(numbers) + 1 - KEPT)]:
            self._path(number).unlink(missing_ok=True)
        return version

    def forget(self, version: Version) -> None:
        """Take back a version that came to nothing."""
        self._path(version.number).unlink(missing_ok=True)

    def newest(self, main: str | None = None) -> Version | None:
        """Return the newest version, or the newest of a flow; None when there is none.

        Raises:
            StoreError: It cannot be read.
        """
        return next(self.versions(main), None)

    def versions(self, main: str | None = None) -> Iterator[Version]:
        """Yield the versions, or those of a flow, the newest first; raises as `newest` does."""
        for number in reversed(self._numbers()):
            version = _read(self._path(number))
            if main is None or version.flows.main == main:
                yield version

    def version(self, number: int) -> Version:
        """Return one version.

        Raises:
            LookupError: It is not kept, or never was.
            StoreError: It cannot be read.
        """
        path = self._path(number)
        if number < 1 or not path.exists():
            raise LookupError(f"there is no version {number}")
        return _read(path)

    def of_revision(self, revision: str) -> Version | None:
        """Return the newest version with a revision; None when it is not kept."""
        return next((found for found in self.versions() if found.revision == revision), None)

    def mark_good(self, version: Version) -> None:
        """Note that a version has shown that it runs; it is kept however old it gets.

        Raises:
            StoreError: It cannot be written.
        """
        save({self._folder / _GOOD: _as_text(version)})

    def good(self, main: str) -> Version | None:
        """Return the last version of a flow that has shown that it runs; None without one.

        Raises:
            StoreError: It cannot be read.
        """
        path = self._folder / _GOOD
        version = _read(path) if path.exists() else None
        return version if version is not None and version.flows.main == main else None

    def _path(self, number: int) -> Path:
        return self._folder / f"{number:06d}.json"

    def _numbers(self) -> list[int]:
        """Return the numbers of the versions that are kept, the oldest first."""
        if not self._folder.is_dir():
            return []
        found = (_FILE.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(name[1]) for name in found if name)


def _line(text: str) -> str:
    return " ".join(text.split())


def _as_text(version: Version) -> str:
    data = {
        "format": _FORMAT,
        "number": version.number,
        "at": version.at.isoformat(),
        "who": version.who,
        "why": version.why,
        "main": version.flows.main,
        "files": dict(version.flows.files),
    }
    return f"{json.dumps(data, ensure_ascii=False, indent=1)}\n"


def _read(path: Path) -> Version:
    try:
        data: dict[str, Any] = json.loads(path.read_bytes())
        return Version(
            number=int(data["number"]),
            at=datetime.fromisoformat(data["at"]),
            who=str(data["who"]),
            why=str(data["why"]),
            flows=FlowSet(str(data["main"]), dict(data["files"])),
        )
    except OSError as error:
        raise StoreError(f"{path}: cannot be read: {(error.strerror or '').lower()}") from error
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise StoreError(f"{path}: is no version of a flow; move it away") from error
