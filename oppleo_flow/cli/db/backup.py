"""`oppleo-flow db backup`: write all that a site keeps into one file, and verify it."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import whole_number
from oppleo_flow.cli.db.passphrase import add_passphrase, from_file, secret, typed
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, site_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.payloads import BackupMade
from oppleo_flow.store.backup.making import make_backup
from oppleo_flow.store.backup.request import (
    DEFAULT_FOLDER,
    DEFAULT_KEEP,
    BackupRequest,
    Keep,
    Share,
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add(
        "--folder",
        type=Path,
        default=Path(DEFAULT_FOLDER),
        help="where to, in the site's folder if relative (default: %(default)s)",
    )
    add(
        "--keep",
        metavar="N",
        type=how_many,
        default=DEFAULT_KEEP,
        help="how many stay, of this charge point's, or `all` (default: %(default)s)",
    )
    add("--encrypt", action="store_true", help="encrypt it; only then it has the secrets too")
    add_passphrase(parser)
    add(
        "--passphrase-secret",
        metavar="NAME",
        help="the passphrase is a secret of the site; keep it elsewhere as well",
    )
    add(
        "--copy-to",
        metavar="WHERE",
        action="append",
        default=[],
        help="a folder, or smb://server/share/folder; may be repeated",
    )
    add("--smb-user", metavar="NAME", default="", help="who signs in at the share")
    add("--smb-secret", metavar="NAME", help="the secret of the site that is the password there")
    add("--json", action="store_true", help="print JSON")
    add_ledger_options(parser)


def how_many(text: str) -> Keep:
    """Return how many backups are kept.

    Raises:
        ArgumentTypeError: It is no number above 0, nor `all`.
    """
    if text == "all":
        return "all"
    number = whole_number(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1 is kept, got 0")
    return number


def run(args: argparse.Namespace) -> int:
    """Make a backup."""
    site = site_of(args)
    made = make_backup(_request(site, args))
    note(site, "backup", made.file, made.sha256)
    facts = {**asdict(made), "at": made.at.isoformat()}
    print(json.dumps(facts, indent=2) if args.json else _in_words(made))
    return OK


def _request(site: Site, args: argparse.Namespace) -> BackupRequest:
    password = secret(site.folder, args.smb_secret) if args.smb_secret else ""
    return BackupRequest(
        site=site.folder,
        ledger=site.ledger,
        charge_point=site.charge_point,
        simulated=site.simulate,
        folder=site.folder / args.folder,
        created_at=SystemClock().now(),
        keep=args.keep,
        passphrase=_passphrase(site, args),
        copy_to=tuple(map(_absolute, args.copy_to)),
        share=Share(args.smb_user, password),
    )


def _absolute(where: str) -> str:
    """Return a share as it is, and a folder as whoever typed it meant it."""
    return where if "://" in where else str(Path(where).absolute())


def _passphrase(site: Site, args: argparse.Namespace) -> str:
    if args.passphrase_file is not None:
        return from_file(args.passphrase_file)
    if args.passphrase_secret is not None:
        return secret(site.folder, args.passphrase_secret)
    return typed("the new backup") if args.encrypt else ""


def _in_words(made: BackupMade) -> str:
    kind = "encrypted" if made.encrypted else "not encrypted, without the secrets"
    lines = [f"{made.file}: {made.members} files, {made.size} bytes, verified; {kind}"]
    return "\n".join([*lines, *(f"{copy}: a copy, verified" for copy in made.copies)])
