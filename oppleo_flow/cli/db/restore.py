"""`oppleo-flow db restore`: put a backup back in the place of a site, or of none."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.db.passphrase import add_passphrase, from_file, typed
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import default_folder, locked
from oppleo_flow.cli.site import Site
from oppleo_flow.clock import SystemClock
from oppleo_flow.store.backup.reading import is_encrypted
from oppleo_flow.store.backup.restoring import Restored, restore


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the backup")
    parser.add_argument(
        "site",
        metavar="SITE",
        nargs="?",
        help="the folder that becomes the site (default: $OPPLEO_SITE, else this folder)",
    )
    parser.add_argument(
        "--force", action="store_true", help="also where there is a site, which is put aside"
    )
    add_passphrase(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Restore a backup, where nothing runs."""
    file = args.file.absolute()
    folder = (Path(args.site) if args.site else default_folder()).resolve()
    passphrase = ""
    if is_encrypted(file):
        path = args.passphrase_file
        passphrase = typed(file.name) if path is None else from_file(path)
    new = not folder.exists()
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with locked(folder):
            done = restore(file, passphrase, folder, force=args.force, now=SystemClock().now())
    finally:
        _leave_nothing(folder, new=new)
    note(Site.load(folder, simulate=done.simulated), "restore", str(file), done.created_at)
    print(json.dumps(asdict(done), indent=2) if args.json else _in_words(folder, file, done))
    return OK


def _leave_nothing(folder: Path, *, new: bool) -> None:
    """Remove the lock of a folder in which nothing else has come to be."""
    own = folder / ".oppleo"
    if own.is_dir() and [path.name for path in own.iterdir()] == ["lock"]:
        (own / "lock").unlink()
        own.rmdir()
    if new and not any(folder.iterdir()):
        folder.rmdir()


def _in_words(folder: Path, file: Path, done: Restored) -> str:
    lines = [
        f"{folder}: restored from {file}",
        f"charge point {done.charge_point!r} as it was at {done.created_at}, {done.members} files",
    ]
    if done.finished:
        lines[0] = f"{folder}: finished the interrupted restore of {file}"
    if done.upgraded:
        lines.append(f"its ledger was upgraded to revision {done.revision}")
    if not done.secrets:
        lines.append("its secrets are not in this backup: secrets.yaml is as it was, or missing")
    if done.aside is not None:
        lines.append(f"what was there before: {folder / done.aside}")
    return "\n".join(lines)
