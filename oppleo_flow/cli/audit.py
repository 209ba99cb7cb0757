"""`oppleo-flow audit`: who did what at a site, and when."""

import argparse
import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from oppleo_flow.cli.audit_trail import audit_of
from oppleo_flow.cli.command import UsageError, add_site_option
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import day_of, midnight, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock
from oppleo_flow.options import parse_seconds
from oppleo_flow.store.audit import Deed

EXAMPLES = (
    ("audit", "the last hundred deeds, the newest first"),
    ("audit --since 7d --details", "those of a week, with what a deploy changed"),
    ("audit --since 2026-01-01 --json", "for a program: all since that day at the site"),
)
_USUAL, _ALL = 100, 1_000_000


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--since", metavar="WHEN", help="a day such as 2026-01-31, or how long ago, such as 2h"
    )
    parser.add_argument("--details", action="store_true", help="show what was changed, too")
    parser.add_argument("--json", action="store_true", help="print JSON, with the details")
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """List what was done."""
    site = Site.load(site_folder(args.site))
    since = None if args.since is None else _moment(args.since, site)
    deeds = audit_of(site).deeds(since=since, count=_USUAL if since is None else _ALL)
    if args.json:
        print(json.dumps([deed.as_json() for deed in deeds], indent=2, ensure_ascii=False))
    else:
        print(_listing(deeds, site, details=args.details))
    return OK


def _moment(text: str, site: Site) -> datetime:
    """Return the moment that `--since` means."""
    if text[:1].isdigit() and text[-1:].isalpha():
        try:
            seconds = parse_seconds(text)
        except ValueError as error:
            raise UsageError(f"--since: {error}", "audit") from None
        if isinstance(seconds, int | float):
            return SystemClock().now() - timedelta(seconds=seconds)
    try:
        return midnight(day_of(text, "--since", "audit"), site)
    except UsageError:
        raise UsageError(
            f"--since: a day such as 2026-01-31, or a time such as 2h, is needed, got {text!r}",
            "audit",
        ) from None


def _listing(deeds: Sequence[Deed], site: Site, *, details: bool) -> str:
    heading = ("when", "who", "what", "about", "")
    rows = [
        (
            f"{deed.at.astimezone(zone_of(site)):%F %T}",
            deed.who,
            deed.what,
            deed.about,
            "simulated" if deed.simulated else "",
        )
        for deed in deeds
    ]
    first, *lines = table(heading, rows).splitlines()
    shown = [first]
    for deed, line in zip(deeds, lines, strict=True):
        shown.append(line)
        if details:
            shown += [f"    {one}".rstrip() for one in deed.details.splitlines()]
    return "\n".join(shown)
