"""Whether the databases of a site are in order: the files, the tables and the rows."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from oppleo_flow.errors import StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.check.finding import DatabaseFinding
from oppleo_flow.store.check.ledger import check_ledger
from oppleo_flow.store.check.structure import additions, differences, newest, structure
from oppleo_flow.store.database_copy import trouble_in
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.schema import revision
from oppleo_flow.store.sqlite_file import opened

_INDEX = ": index "
"""In what differs: without an index rows can still be read."""


@immutable
class Checked:
    """What was looked at, a line for each file, and what was found."""

    looked_at: tuple[str, ...]
    findings: tuple[DatabaseFinding, ...]

    @property
    def errors(self) -> int:
        """Return how many of the findings are errors."""
        return sum(found.level == "error" for found in self.findings)


def check_databases(ledger: Path, *others: Path) -> Checked:
    """Check a ledger and what else is kept beside it; those that are not there are said to be."""
    looked_at, findings = [], []
    for path in (ledger, *others):
        if not path.exists():
            looked_at.append(f"{path}: is not there yet")
            continue
        found = list(_of_ledger(path) if path == ledger else _of_file(path))
        findings += found
        errors = any(one.level == "error" for one in found)
        looked_at.append(f"{path}: {'is not in order' if errors else 'is in order'}")
    return Checked(tuple(looked_at), tuple(findings))


def _of_file(path: Path) -> Iterator[DatabaseFinding]:
    """Yield the damage that SQLite finds in a file."""
    try:
        with opened(path, read_only=True) as db:
            damage = trouble_in(db)
    except StoreError as error:
        yield DatabaseFinding("error", "unreadable", str(path), _without(path, error))
        return
    if damage is not None:
        text = f"is damaged: {damage}; restore it from a backup"
        yield DatabaseFinding("error", "damaged", str(path), text)


def _of_ledger(path: Path) -> Iterator[DatabaseFinding]:
    damage = list(_of_file(path))
    if damage:
        yield from damage
        return
    with opened(path, read_only=True) as db:
        yield from _of_tables(path, db)


def _of_tables(path: Path, db: sqlite3.Connection) -> Iterator[DatabaseFinding]:
    """Yield where the tables of a ledger are not those of this version."""
    try:
        found = revision(db, path)
    except StoreError as error:
        yield DatabaseFinding("error", "wrong-revision", str(path), _without(path, error))
        return
    if found is None:
        yield DatabaseFinding("note", "empty", str(path), "has no tables yet")
        return
    if found != HEAD:
        text = f"is a ledger of an older version, got revision {found!r}; run `db upgrade`"
        yield DatabaseFinding("error", "older-revision", str(path), text)
        return
    there, wanted = structure(db), newest()
    found_different = list(differences(there, wanted))
    for difference in found_different:
        text = f"{difference}; restore it from a backup"
        yield DatabaseFinding("error", "changed-table", str(path), text)
    for addition in additions(there, wanted):
        yield DatabaseFinding("note", "addition", str(path), addition)
    if all(_INDEX in difference for difference in found_different):
        yield from check_ledger(db, path)


def _without(path: Path, error: StoreError) -> str:
    """Return what an error says of a file, without its name."""
    return str(error).removeprefix(f"{path}: ")
