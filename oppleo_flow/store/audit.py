"""Who did what at a site, and when: an append-only table in a file of its own.

It is a file of its own because the command line writes into it too, also while nothing runs, and
because a site without a ledger has deploys as well.  The table refuses changes and deletions.
"""

import logging
import os
import pwd
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from oppleo_flow.clock import Clock
from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.sqlite_file import opened

_LOG = logging.getLogger(__name__)
Note = Callable[[str, str, str, str], object]
"""Notes who did what, about what, and its details."""
LONGEST: Final = 100_000
"""How much of the details is kept: more than any flow has that a person wrote."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS deed (
    number INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT NOT NULL, who TEXT NOT NULL,
    what TEXT NOT NULL, about TEXT NOT NULL, details TEXT NOT NULL, simulated INTEGER NOT NULL);
CREATE TRIGGER IF NOT EXISTS deed_stays BEFORE UPDATE ON deed
    BEGIN SELECT RAISE(ABORT, 'what was done is not changed'); END;
CREATE TRIGGER IF NOT EXISTS deed_is_kept BEFORE DELETE ON deed
    BEGIN SELECT RAISE(ABORT, 'what was done is not forgotten'); END;
"""


@immutable
class Deed:
    """What somebody did: `what` is one word, `about` what was done to, `details` a diff or so."""

    number: int
    at: datetime
    who: str
    what: str
    about: str
    details: str
    simulated: bool

    def as_json(self) -> dict[str, Any]:
        """Return the deed as plain JSON data."""
        return {**asdict(self), "at": self.at.isoformat()}


class AuditLog:
    """The deeds at one site.  Legal from any thread and from several processes.

    `simulated` is noted with each deed; `redact` takes the values of secrets out.
    """

    def __init__(
        self,
        path: Path,
        clock: Clock,
        *,
        simulated: bool = False,
        redact: Callable[[str], str] = lambda text: text,
    ) -> None:
        self._path = path
        self._clock = clock
        self._simulated = simulated
        self._redact = redact

    def note(self, who: str, what: str, about: str, details: str = "") -> None:
        """Note a deed that was just done.

        Raises:
            StoreError: It cannot be written.
        """
        at = self._clock.now().astimezone(UTC).isoformat(timespec="seconds")
        about, details = self._redact(about), self._redact(details)
        if len(details) > LONGEST:
            details = f"{details[:LONGEST]}\n… {len(details) - LONGEST} more characters"
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with opened(self._path, read_only=False) as db:
            db.executescript(_SCHEMA)
            db.execute(
                "INSERT INTO deed (at, who, what, about, details, simulated) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                (at, who, what, about, details, int(self._simulated)),
            )

    def deeds(self, *, since: datetime | None = None, count: int = 100) -> Sequence[Deed]:
        """Return the last deeds, the newest first, of those not before a moment.

        Raises:
            StoreError: They cannot be read.
        """
        if not self._path.exists():
            return ()
        earliest = "" if since is None else since.astimezone(UTC).isoformat(timespec="seconds")
        with opened(self._path, read_only=True) as db:
            rows = db.execute(
                "SELECT number, at, who, what, about, details, simulated FROM deed "
                "WHERE at >= ? ORDER BY number DESC LIMIT ?",
                (earliest, count),
            ).fetchall()
        return [
            Deed(number, datetime.fromisoformat(at), who, what, about, details, bool(simulated))
            for number, at, who, what, about, details, simulated in rows
        ]


def careful(note: Note) -> Note:
    """Return what notes deeds that are done already: that one cannot be noted is only logged."""

    def noted(who: str, what: str, about: str, details: str) -> None:
        try:
            note(who, what, about, details)
        except StoreError as error:
            _LOG.error("not in the audit: %s: %s %s: %s", who, what, about, error)

    return noted


def this_user() -> str:
    """Return who runs this program, as the system knows them."""
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
