"""Read a whole backup and say whether every byte and database in it is as it was written.

`python -m oppleo_flow.store.backup.verifying` reads which one, and its passphrase, from stdin.
"""

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Final

from oppleo_flow.child import run_module
from oppleo_flow.errors import OppleoError, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.reading import check_unpacked, unpack
from oppleo_flow.store.backup.site_files import DATABASES, LEDGER

NICENESS: Final = 15
_LONGEST_S: Final = 900.0


@immutable
class Verified:
    """What a whole backup is of."""

    charge_point: str
    created_at: str
    program: str
    revision: str
    members: int
    simulated: bool


def verify(file: Path, passphrase: str) -> Verified:
    """Return what a backup is of, after all of it has been read.

    Raises:
        StoreError: It is damaged, or the passphrase is not its own.
    """
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".verify-") as folder:
        manifest = unpack(file, passphrase, Path(folder), DATABASES.__contains__)
        check_unpacked(file, manifest, Path(folder))
        if not (Path(folder) / LEDGER).exists():
            raise StoreError(f"{file}: has no ledger; use another backup")
    return Verified(
        charge_point=manifest.charge_point,
        created_at=manifest.created_at.isoformat(),
        program=manifest.program,
        revision=manifest.revision,
        members=len(manifest.members),
        simulated=manifest.simulated,
    )


def verify_in_child(file: Path, passphrase: str) -> Verified:
    """Verify a backup in a process of its own, with low priority.

    Raises:
        StoreError: As `verify` does, or it took too long.
    """
    given = json.dumps({"file": str(file), "passphrase": passphrase})
    said = run_module("oppleo_flow.store.backup.verifying", (), timeout_s=_LONGEST_S, given=given)
    return Verified(**json.loads(said))


def _main() -> int:
    """Verify what stdin asks for; why it is not whole goes to stderr, as one line."""
    asked = json.loads(sys.stdin.read())
    os.nice(NICENESS)
    try:
        found = verify(Path(asked["file"]), asked["passphrase"])
    except OppleoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    json.dump(asdict(found), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
