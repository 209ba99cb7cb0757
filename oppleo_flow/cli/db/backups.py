"""`oppleo-flow db backups`: which there are, whether each is whole, and letting some go."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.db.backup import how_many
from oppleo_flow.cli.db.passphrase import add_passphrase, from_file
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, site_of
from oppleo_flow.cli.table import table
from oppleo_flow.errors import Refused, StoreError
from oppleo_flow.immutable import immutable
from oppleo_flow.store.backup.kept import Naming
from oppleo_flow.store.backup.reading import is_encrypted, unpack
from oppleo_flow.store.backup.request import DEFAULT_FOLDER

_WHOLE, _SEALED = "whole", "encrypted; give its passphrase to see whether it is whole"


@immutable
class Kept:
    """A backup as it may be listed; `state` says whether it is whole."""

    name: str
    size: int
    state: str
    created_at: str | None = None
    revision: str | None = None


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add(
        "--folder",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        help="where they are, in the site's folder if relative (default: %(default)s)",
    )
    add_passphrase(parser)
    add("--delete", metavar="NAME", action="append", default=[], help="let one go; may be repeated")
    add("--keep", metavar="N", type=how_many, help="let the oldest go, so that N whole ones stay")
    add("--json", action="store_true", help="print JSON")
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """List the backups, after those have gone that are to go."""
    site = site_of(args)
    folder = site.folder / args.folder
    passphrase = "" if args.passphrase_file is None else from_file(args.passphrase_file)
    found = _found(site, folder, passphrase)
    going = [*args.delete, *_too_old(found, args.keep)]
    if going:
        _let_go(site, folder, found, going)
        found = [one for one in found if one.name not in going]
    if args.json:
        print(json.dumps([asdict(one) for one in found], indent=2))
    else:
        rows = [(one.name, str(one.size), one.state) for one in found]
        print(table(("backup", "bytes", "state"), rows, right=("bytes",)))
    return OK if all(one.state in (_WHOLE, _SEALED) for one in found) else FAILED


def _found(site: Site, folder: Path, passphrase: str) -> list[Kept]:
    if not folder.is_dir():
        return []
    naming = Naming(site.charge_point, site.simulate)
    names = naming.own(path.name for path in folder.iterdir() if path.is_file())
    return [_looked_at(folder / name, passphrase) for name in names]


def _looked_at(file: Path, passphrase: str) -> Kept:
    """Read a whole backup, and return what is to be said of it."""
    size = file.stat().st_size
    try:
        if is_encrypted(file) and not passphrase:
            return Kept(file.name, size, _SEALED)
        manifest = unpack(file, passphrase, None)
    except StoreError as error:
        return Kept(file.name, size, str(error).removeprefix(f"{file}: "))
    return Kept(file.name, size, _WHOLE, manifest.created_at.isoformat(), manifest.revision)


def _too_old(found: Sequence[Kept], keep: int | str | None) -> list[str]:
    if not isinstance(keep, int):
        return []
    whole = [one.name for one in found if one.state == _WHOLE]
    if len(whole) <= keep:
        return []
    # All that are older than the last that stays, damaged ones too.
    names = [one.name for one in found]
    return names[names.index(whole[keep - 1]) + 1 :]


def _let_go(site: Site, folder: Path, found: Sequence[Kept], going: Sequence[str]) -> None:
    known = {one.name for one in found}
    for name in going:
        if name not in known:
            raise Refused(f"{folder}: has no backup {name!r} of {site.charge_point!r}")
    whole = {one.name for one in found if one.state == _WHOLE}
    if whole and whole <= set(going):
        raise Refused(f"{folder}: no whole backup would be left; make a new one first")
    for name in going:
        (folder / name).unlink()
        note(site, "backup", f"{folder / name}: deleted")
