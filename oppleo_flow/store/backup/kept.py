"""The backups in a folder: what they are called, and letting go of the oldest."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.age import ENDING
from oppleo_flow.store.backup.request import Keep

_PLAIN = ".tar.gz"
_TIME = "%Y%m%dT%H%M%SZ"


@immutable
class Naming:
    """What the backups of a charge point are called; others' never are."""

    charge_point: str
    simulated: bool

    def name(self, at: datetime, *, encrypted: bool, taken: Iterable[str] = ()) -> str:
        """Return the name of a backup; another one where it is taken."""
        stem = f"{self._begin}{at.astimezone(UTC):{_TIME}}"
        ending = f"{_PLAIN}{ENDING if encrypted else ''}"
        there = {name.partition(".")[0] for name in taken}
        number = 1
        while (tried := stem if number == 1 else f"{stem}-{number}") in there:
            number += 1
        return f"{tried}{ending}"

    def own(self, names: Iterable[str]) -> list[str]:
        """Return those names that are of such backups, the newest first."""
        pattern = rf"{re.escape(self._begin)}(\d{{8}}T\d{{6}}Z)(?:-(\d+))?\.tar\.gz(?:\.age)?"
        found = []
        for name in names:
            if match := re.fullmatch(pattern, name):
                found.append((match[1], int(match[2] or 1), name))
        return [name for _, _, name in sorted(found, reverse=True)]

    def leftovers(self, names: Iterable[str]) -> list[str]:
        """Return what a run that was killed has left half written."""
        return [
            name
            for name in names
            if name.endswith(".part") and self.own([name.removeprefix(".").removesuffix(".part")])
        ]

    @property
    def _begin(self) -> str:
        return f"{'simulated' if self.simulated else 'backup'}-{self.charge_point}-"


class EveryNaming:
    """What the backups of any charge point are called."""

    def own(self, names: Iterable[str]) -> list[str]:
        """Return those names that are of backups, the newest first."""
        found = []
        for name in names:
            match = re.fullmatch(r"[a-z]+-.+-(\d{8}T\d{6}Z)(?:-(\d+))?\.tar\.gz(?:\.age)?", name)
            if match and name.startswith(("backup-", "simulated-")) and _is_time(match[1]):
                found.append((match[1], int(match[2] or 1), name))
        return [name for _, _, name in sorted(found, reverse=True)]


def _is_time(text: str) -> bool:
    try:
        datetime.strptime(text, _TIME).replace(tzinfo=UTC)
    except ValueError:
        return False
    return True


def draft_of(name: str) -> str:
    """Return what a backup is called while it is being written."""
    return f".{name}.part"


def too_old(own: Iterable[str], keep: Keep, newest: str) -> list[str]:
    """Return which of the backups, given newest first, go; never the one just made and verified.

    By a clock that was set back the one just made may seem to be the oldest.
    """
    others = [name for name in own if name != newest]
    return [] if keep == "all" else others[max(0, keep - 1) :]
