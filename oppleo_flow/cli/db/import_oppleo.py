"""`oppleo-flow db import-oppleo`: take over what an installation of Oppleo has."""

import argparse
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import PROGRAM, UsageError, add_site_option
from oppleo_flow.cli.db.import_site import USUAL_ZONE, Target, Wanted, target
from oppleo_flow.cli.db.import_words import in_words, remarks_of
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.clock import SystemClock
from oppleo_flow.oppleo_import.importing import ImportOptions, import_oppleo
from oppleo_flow.oppleo_import.opening import Opened, opened
from oppleo_flow.oppleo_import.report import ImportReport, Remark
from oppleo_flow.oppleo_import.session_writer import By
from oppleo_flow.oppleo_import.tokens import AUTHORS_CARD
from oppleo_flow.options import TimeZone
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.store.audit import this_user

_COMMAND = "db import-oppleo"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "source",
        metavar="SOURCE",
        help="the address of Oppleo's database (postgresql://user:password@host:5432/oppleo), its "
        "oppleo.ini, a backup that Oppleo made (.zip), or a dump by pg_dump",
    )
    parser.add_argument("--ini", metavar="FILE", help="Oppleo's oppleo.ini, beside an address")
    parser.add_argument(
        "--timezone",
        metavar="ZONE",
        help="the zone of the clock that Oppleo ran by (default: the site's; for a new site "
        f"{USUAL_ZONE})",
    )
    parser.add_argument(
        "--confirm-token",
        metavar="NUMBER",
        action="append",
        default=[],
        help=f"let a card charge that every Oppleo lets charge, {AUTHORS_CARD}: it is yours",
    )
    parser.add_argument(
        "--meter",
        metavar="DEVICE=NAME",
        action="append",
        default=[],
        help="what the readings of an energy device are called here (default: meter for the one "
        "that is read, its own name for any other); may be repeated",
    )
    parser.add_argument(
        "--yearly-feasts",
        action="store_true",
        help="let Easter Monday and the like, which Oppleo has of one year, hold each year",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what it would do, write nothing"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--remarks",
        metavar="FILE",
        help="where the remarks go, a line for each row that is not as it was "
        "(default: reports/ of the site)",
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Import, and account for every row."""
    zone = None if args.timezone is None else _zone(args.timezone)
    wanted = Wanted(args.site, zone, args.dry_run, args.yearly_feasts)
    now = SystemClock().now()
    report = ImportReport(_nowhere)
    ini = None if args.ini is None else Path(args.ini)
    with (
        opened(args.source, ini) as oppleo,
        remarks_of(report) as remarks,
        target(wanted, oppleo.source, oppleo.ini, report) as into,
    ):
        remarks.go_to(_remarks_file(args, into, now))
        _import(args, oppleo, into, report, now)
        remarks.close()
        told = _told(args, report, into, remarks.written)
    print(told)
    return OK if report.sums.are_reconciled else FAILED


def _import(
    args: argparse.Namespace, oppleo: Opened, into: Target, report: ImportReport, now: datetime
) -> None:
    site = into.site
    options = ImportOptions(
        zone=ZoneInfo(args.timezone or site.timezone),
        by=By(f"{this_user()} ({_COMMAND})", now),
        currency=site.currency,
        confirmed=frozenset(args.confirm_token),
        meter_names=_meter_names(args.meter),
    )
    location = site.service(StoreLocation)
    with _progress() as tell, open_ledger(location, site.charge_point) as ledger:
        import_oppleo(oppleo.source, ledger, options, report, tell)
    if report.changed() and not args.dry_run:
        note(site, "import", f"taken over from Oppleo: {oppleo.source.place}")


def _remarks_file(args: argparse.Namespace, into: Target, now: datetime) -> Path | None:
    """Return where remarks go; nowhere when nothing is to be written."""
    if args.remarks is not None:
        return Path(args.remarks)
    if args.dry_run:
        return None
    return into.site.folder / "reports" / f"oppleo-import-{now:%Y%m%dT%H%M%SZ}.csv"


def _told(args: argparse.Namespace, report: ImportReport, into: Target, file: Path | None) -> str:
    written = [str(path) for path in into.files] if not args.dry_run else []
    if file is not None:
        written.append(str(file))
    if args.json:
        data = {"dry_run": args.dry_run, "files": written, **report.as_json()}
        return json.dumps(data, indent=2, ensure_ascii=False)
    parts = [in_words(report), "\n".join(f"written: {path}" for path in written)]
    if args.dry_run:
        parts.append("this was a dry run: nothing was written")
    elif into.files:
        parts.append(f"next:  {PROGRAM} check {into.site.folder}")
    return "\n\n".join(part for part in parts if part)


def _zone(text: str) -> str:
    try:
        return TypeAdapter(TimeZone).validate_python(text)
    except ValidationError:
        raise UsageError(
            f"--timezone: an IANA name such as {USUAL_ZONE} is needed, got {text!r}", _COMMAND
        ) from None


def _meter_names(said: list[str]) -> dict[str, str]:
    names = {}
    for text in said:
        device, equals, name = text.partition("=")
        if not (device and equals and name):
            raise UsageError(f"--meter: DEVICE=NAME is needed, got {text!r}", _COMMAND)
        names[device] = name
    return names


def _nowhere(remark: Remark) -> None:
    """Let a remark go: nothing is to be written."""


@contextmanager
def _progress() -> Iterator[Callable[[str, int], None]]:
    """Give what tells, on a terminal, how far it is."""
    shown = sys.stderr.isatty()

    def tell(table: str, rows: int) -> None:
        if shown:
            sys.stderr.write(f"\r{table}: {rows:,} rows ")
            sys.stderr.flush()

    try:
        yield tell
    finally:
        if shown:
            sys.stderr.write("\r\x1b[K")
