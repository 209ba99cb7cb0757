"""Unpacking a backup beside a site that runs, so that its next start has only to put it in place.

All that can fail is done while the site goes on as it is: opening it, if it is encrypted, reading
every byte, checking its databases, bringing its ledger up to date.  A passphrase is so needed now,
and kept nowhere.

`python -m oppleo_flow.store.backup.preparing` reads from stdin which one, where, and how it opens.
"""

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import Final

from oppleo_flow.child import answer, run_module
from oppleo_flow.errors import StoreError
from oppleo_flow.store.backup.manifest import Manifest
from oppleo_flow.store.backup.restoring import (
    STAGING,
    Restored,
    clear,
    finish,
    unpacked,
    write_journal,
)
from oppleo_flow.store.backup.writing import hash_of
from oppleo_flow.whole_file import draft_beside, settle, writing

PREPARED: Final = ".oppleo/restore-prepared"
_FACTS: Final = ".oppleo/restore-prepared.json"
_NICENESS: Final = 15
_LONGEST_S: Final = 1800.0
_ROOM_BESIDE: Final = 64 << 20


def prepare(file: Path, passphrase: str, folder: Path) -> None:
    """Unpack and check a backup beside a site; whatever fails leaves nothing behind.

    Raises:
        StoreError: It cannot be read, is damaged, of a newer version, or opened by another
            passphrase; or there is no room for it.
    """
    staging, facts = folder / PREPARED, folder / _FACTS
    with writing(folder):
        forget(folder)
        free = shutil.disk_usage(folder).free
        needed = file.stat().st_size + _ROOM_BESIDE if file.is_file() else 0
        if free < needed:
            raise StoreError(
                f"{folder}: {free / 1e6:.0f} MB are free, and {needed / 1e6:.0f} MB at least are "
                "needed to unpack the backup; make room first"
            )
        try:
            manifest = unpacked(file, passphrase, staging)
            told = {"sha256": hash_of(file)[1], "manifest": manifest.as_text()}
            draft = draft_beside(facts)
            draft.write_text(json.dumps(told), encoding="utf-8")
            settle(draft, facts)
        finally:
            if not facts.exists():
                forget(folder)


def prepare_in_child(file: Path, passphrase: str, folder: Path) -> None:
    """Prepare a backup in a process of its own, with low priority; raises as `prepare` does."""
    given = json.dumps({"file": str(file), "passphrase": passphrase, "folder": str(folder)})
    run_module("oppleo_flow.store.backup.preparing", (), timeout_s=_LONGEST_S, given=given)


def restore_prepared(folder: Path, now: datetime) -> Restored:
    """Put what was prepared in the place of a site that nobody uses meanwhile.

    What was there before is kept aside.

    Raises:
        StoreError: Nothing whole was prepared, or the folder cannot be written.
    """
    staging, facts = folder / PREPARED, folder / _FACTS
    with writing(folder):
        try:
            told = json.loads(facts.read_text(encoding="utf-8"))
            manifest = Manifest.parse(told["manifest"].encode(), str(facts))
            sha256 = str(told["sha256"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"{facts}: cannot be understood: {error}; ask once more") from error
        clear(folder / STAGING)
        staging.rename(folder / STAGING)
        write_journal(folder, folder / STAGING, manifest, sha256, force=True, now=now)
        facts.unlink()
        done = finish(folder)
        assert done is not None
        return done[1]


def forget(folder: Path) -> None:
    """Remove what was prepared, if anything was."""
    (folder / _FACTS).unlink(missing_ok=True)
    clear(folder / PREPARED)


def _main() -> int:
    asked = json.loads(sys.stdin.read())
    return answer(
        "restore",
        lambda: prepare(Path(asked["file"]), asked["passphrase"], Path(asked["folder"])),
        niceness=_NICENESS,
    )


if __name__ == "__main__":
    sys.exit(_main())
