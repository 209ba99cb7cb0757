"""`oppleo-flow statements`: those that were issued, and whether their files are as they were."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from oppleo_flow.charging.issued import Issued
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.errors import Refused
from oppleo_flow.reports import archive_of
from oppleo_flow.reports.archive import Archive

EXAMPLES = (
    ("statements", "every version of every statement that was issued"),
    ("statements show garage-202601", "all that is kept of its last version, with its files"),
    ("statements verify", "whether the files of all of them are as they were issued"),
)
_SHORT_HASH = 16


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("action", choices=("list", "show", "verify"), nargs="?", default="list")
    add("number", metavar="NUMBER", nargs="?", help="of which one")
    add("--version", dest="wanted", type=int, metavar="N", help="(default: the last, or all)")
    add("--json", action="store_true", help="print JSON")
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """List statements, show one, or verify them."""
    site = site_of(args)
    with ledger_of(site, read_only=True) as ledger:
        found = _chosen(ledger.statements.all(), args)
        archive = Archive(archive_of(site.folder, simulated=site.simulate), ledger)
        if args.action == "verify":
            return _verify(found, archive)
        if args.action == "show":
            return _show(site, found[-1:], archive, as_json=args.json)
    if args.json:
        print(json.dumps([_as_json(one) for one in found], indent=2, ensure_ascii=False))
    else:
        print(_table(site, found))
    return OK


def _chosen(found: Sequence[Issued], args: argparse.Namespace) -> Sequence[Issued]:
    """Return the versions that are asked for.

    Raises:
        Refused: There is none of this number and version, or none is named to be shown.
    """
    if args.number is None:
        if args.action == "show":
            raise Refused("statements: show needs a number; `oppleo-flow statements` lists them")
        return found
    chosen = [one for one in found if one.number == args.number]
    if args.wanted is not None:
        chosen = [one for one in chosen if one.version == args.wanted]
    if not chosen:
        version = "" if args.wanted is None else f" in version {args.wanted}"
        raise Refused(
            f"statement {args.number}: was never issued{version}; "
            "`oppleo-flow statements` lists them"
        )
    return chosen


def _table(site: Site, found: Sequence[Issued]) -> str:
    zone = zone_of(site)
    rows = [
        (
            *(one.number, str(one.version), str(one.period)),
            ", ".join(
                f"{purpose.replace('_', ' ')} {name}" for purpose, name in one.selection.said
            ),
            *(str(one.sessions), f"{one.energy_wh / 1000:.3f}", f"{one.total} {one.currency}"),
            *(f"{one.created_at.astimezone(zone):%F %H:%M}", one.content_hash[:_SHORT_HASH]),
        )
        for one in found
    ]
    heading = ("number", "version", "period", "only of", "sessions", "kWh", "total", "issued")
    return table((*heading, "content"), rows, right=("version", "sessions", "kWh", "total"))


def _show(site: Site, found: Sequence[Issued], archive: Archive, *, as_json: bool) -> int:
    (issued,) = found
    files = [asdict(one) for one in archive.verify(issued)]
    if as_json:
        print(json.dumps({**_as_json(issued), "files": files}, indent=2, ensure_ascii=False))
        return OK
    shown = {name: value for name, value in _as_json(issued).items() if value not in (None, "")}
    width = max(map(len, shown))
    for name, value in shown.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        print(f"{name.replace('_', ' '):<{width}}  {text}")
    for file in files:
        print(f"{'file':<{width}}  {file['file']} ({file['verdict']})")
    return OK


def _verify(found: Sequence[Issued], archive: Archive) -> int:
    """Say of each file that is not as it was issued; what is in the ledger is the measure."""
    checked = [one for issued in found for one in archive.verify(issued)]
    wrong = [one for one in checked if one.verdict != "sound"]
    for one in wrong:
        said = "is missing" if one.verdict == "missing" else "was altered since it was issued"
        print(f"{one.file}: {said}; put it back from a backup")
    statements = f"{len(found)} statement{'' if len(found) == 1 else 's'}"
    print(f"{statements}, {len(checked)} files: {len(wrong)} not as they were issued")
    return FAILED if wrong else OK


def _as_json(issued: Issued) -> dict[str, Any]:
    """Return a version as plain data: energy in Wh, money as text."""
    change = issued.change
    return {
        "number": issued.number,
        "version": issued.version,
        "period": str(issued.period),
        "only_of": dict(issued.selection.said) or None,
        "sessions": issued.sessions,
        "energy_wh": issued.energy_wh,
        "total": str(issued.total),
        "currency": issued.currency,
        "issued_at": issued.created_at.isoformat(),
        "issued_by": issued.who,
        "content_hash": issued.content_hash,
        "ledger_hash": issued.ledger_hash,
        "replaces": issued.replaces,
        "changed": None if change is None else asdict(change),
    }
