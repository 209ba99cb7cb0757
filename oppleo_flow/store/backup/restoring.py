"""Putting a backup back in the place of a site, whole or not at all.

First everything is unpacked, verified and brought up to date beside the site, which does not
notice.  Then it is written down what is to be moved where, and only then it is moved.  Whoever is
interrupted before that has changed nothing; after it, the next restore first finishes this one.
"""

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.manifest import Manifest
from oppleo_flow.store.backup.reading import check_unpacked, unpack
from oppleo_flow.store.backup.site_files import (
    BESIDE_LEDGER,
    DATABASES,
    LEDGER,
    SECRET,
    SECRETS,
    SitePlaces,
)
from oppleo_flow.store.backup.writing import hash_of
from oppleo_flow.store.revision import HEAD
from oppleo_flow.store.schema import migrate
from oppleo_flow.store.sqlite_file import opened
from oppleo_flow.whole_file import draft_beside, settle, sync_folder, writing

JOURNAL: Final = ".oppleo/restore.json"
STAGING: Final = ".oppleo/restore"
_BESIDE: Final = ("", "-wal", "-shm")  # SQLite's files beside a database are parts of it


@immutable
class Restored:
    """What a restore did: of whom and when the backup is, and where what was there is now."""

    charge_point: str
    created_at: str
    simulated: bool
    members: int
    revision: str
    upgraded: bool
    secrets: bool
    aside: str | None
    finished: bool = False
    """Whether an interrupted restore of the same backup was finished."""


def restore(
    file: Path, passphrase: str, folder: Path, *, force: bool = False, now: datetime
) -> Restored:
    """Put a backup back into a folder that nobody uses meanwhile; return what was done.

    What was there before is kept aside; where there was something it needs `force`.

    Raises:
        StoreError: The backup cannot be read, is damaged, or of a newer version; or the folder
            cannot be written.  The site is as it was.
        Refused: There is a site already.
    """
    with writing(folder):
        sha256 = hash_of(file)[1] if file.is_file() else ""
        finished = finish(folder)
        if finished is not None and finished[0] == sha256:
            return finished[1]
        made = _new_folders(folder)
        staging = folder / STAGING
        try:
            clear(staging)
            manifest = unpacked(file, passphrase, staging)
            write_journal(folder, staging, manifest, sha256, force=force, now=now)
        finally:
            if not (folder / JOURNAL).exists():  # nothing was changed, and nothing stays
                clear(staging)
                for path in made:
                    with suppress(OSError):
                        path.rmdir()
        done = finish(folder)
        assert done is not None
        return replace(done[1], finished=False)


def finish(folder: Path) -> tuple[str, Restored] | None:
    """Do what is written down and not done yet; return whose backup it is, and what was done.

    Raises:
        StoreError: A file cannot be moved, or what is written down not be read.
    """
    journal = folder / JOURNAL
    if not journal.exists():
        return None
    with writing(folder):
        try:
            plan = json.loads(journal.read_text(encoding="utf-8"))
            restored = Restored(**plan["restored"])
        except (ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{journal}: cannot be understood: {error}") from error
        for source, target in (*plan["aside"], *plan["place"]):
            _move_once(folder / source, folder / target)
        # From here on it is a restored site; only what was needed for it is left over.
        journal.unlink()
        sync_folder(journal.parent)
        clear(folder / STAGING)
    return plan["sha256"], restored


def _move_once(source: Path, target: Path) -> None:
    """Move something unless that was done already."""
    if os.path.lexists(target):
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    source.rename(target)
    sync_folder(target.parent)
    sync_folder(source.parent)


def _new_folders(folder: Path) -> list[Path]:
    """Make the folders that are needed; return those that were not there, the innermost first."""
    made: list[Path] = []
    for path in (folder, folder / ".oppleo"):
        if not path.exists():
            path.mkdir(parents=True)
            made.insert(0, path)
    return made


def unpacked(file: Path, passphrase: str, staging: Path) -> Manifest:
    """Unpack and verify a backup, and bring its ledger up to date; all of it is on the disk.

    Raises:
        StoreError: It cannot be read, is damaged, or of a newer version.
    """
    staging.mkdir(mode=0o700)
    manifest = unpack(file, passphrase, staging)
    check_unpacked(file, manifest, staging)
    if not (staging / LEDGER).exists():
        raise StoreError(f"{file}: has no ledger; use another backup")
    if manifest.revision != HEAD:
        migrate(staging / LEDGER)
        for copy in staging.glob("ledger.before-*"):
            copy.unlink()
    for name in DATABASES:
        if (staging / name).exists():
            _as_one_file(staging / name)
    _sign_out_everybody(staging / LEDGER)
    for where, _, names in os.walk(staging):
        for name in names:
            with (Path(where) / name).open("rb") as written:
                os.fsync(written.fileno())
        sync_folder(Path(where))
    return manifest


def _as_one_file(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE")


def _sign_out_everybody(ledger: Path) -> None:
    """End the sessions in a ledger: some of them may have been ended since it was copied."""
    with opened(ledger, read_only=False) as db:
        db.execute("DELETE FROM web_sessions")
    _as_one_file(ledger)


def write_journal(
    folder: Path, staging: Path, manifest: Manifest, sha256: str, *, force: bool, now: datetime
) -> None:
    """Write down what of `staging` is to be moved where; from here on it will be.

    Raises:
        Refused: There is a site already.
    """
    places = SitePlaces.of(folder, simulated=manifest.simulated)
    secrets = SECRET & {member.name for member in manifest.members}
    there = [unit for unit in places.units(secrets) if os.path.lexists(unit)]
    if there and not force:
        names = ", ".join(str(unit.relative_to(folder)) for unit in there)
        raise Refused(f"{folder}: has a site already ({names}); --force puts it aside")
    aside = f".oppleo/before-restore-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if (folder / aside).exists():
        raise Refused(f"{folder / aside}: is there already; try again in a second")
    restored = Restored(
        charge_point=manifest.charge_point,
        created_at=manifest.created_at.isoformat(),
        simulated=manifest.simulated,
        members=len(manifest.members),
        revision=HEAD,
        upgraded=manifest.revision != HEAD,
        secrets=SECRETS in secrets,
        aside=aside if there else None,
    )
    plan = {
        "sha256": sha256,
        "restored": {**asdict(restored), "finished": True},
        "aside": [
            [name, f"{aside}/{name}"]
            for unit in there
            for ending in _BESIDE
            for name in [f"{unit.relative_to(folder)}{ending}"]
            if not ending or os.path.lexists(folder / name)
        ],
        "place": list(_placements(folder, places, staging)),
    }
    draft = draft_beside(folder / JOURNAL)
    draft.write_text(json.dumps(plan, indent=2), encoding="utf-8")
    settle(draft, folder / JOURNAL)


def _placements(folder: Path, places: SitePlaces, staging: Path) -> Iterator[list[str]]:
    """Yield what of the unpacked goes where; folders go as they are."""
    for unit in places.units(SECRET):
        name = unit.name if unit.name in BESIDE_LEDGER else unit.relative_to(folder).as_posix()
        if (staging / name).exists():
            yield [f"{STAGING}/{name}", unit.relative_to(folder).as_posix()]


def clear(folder: Path) -> None:
    """Remove a folder with all in it, if there is one."""
    if folder.exists():
        shutil.rmtree(folder)
