"""`oppleo-flow report`: the statement of a month, for an employer or the books."""

import argparse
from pathlib import Path
from typing import get_args

from oppleo_flow.charging.month import Month
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.progress import working
from oppleo_flow.cli.site_ledger import add_ledger_options, month_of, site_of, zone_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.reports import Format, ReportRequest, report_in_child

EXAMPLES = (
    ("report --month 2026-01 --format xlsx --format pdf", "two files in the site's reports/"),
    ("report --month 2026-01 --format csv -o /tmp", "one for another program, elsewhere"),
    ("report", "last month's, as XLSX"),
)
_TIMEOUT_S = 600.0


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--month", metavar="YYYY-MM", help="(default: the last whole month)")
    parser.add_argument(
        "--format",
        choices=get_args(Format),
        action="append",
        help="may be repeated (default: xlsx)",
    )
    parser.add_argument(
        "-o", "--output", metavar="DIR", type=Path, help="(default: the site's reports/)"
    )
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """Write the files, in a process of its own, and say what is in them."""
    site = site_of(args)
    zone = zone_of(site)
    now = SystemClock().now()
    last = Month.of(now, zone).previous()
    month = last if args.month is None else month_of(args.month, "report")
    request = ReportRequest(
        ledger=site.ledger,
        charge_point=site.charge_point,
        month=month,
        zone=zone,
        formats=tuple(args.format or ("xlsx",)),
        folder=args.output or site.folder / "reports",
        created_at=now,
        currency=site.settings.currency,
        simulated=site.simulate,
    )
    with working(f"writing the statement of {month}"):
        written = report_in_child(request, timeout_s=_TIMEOUT_S)
    print("\n".join(written.files))
    number = f"{written.sessions} session{'' if written.sessions == 1 else 's'}"
    sums = f"{written.energy_wh / 1000:.3f} kWh, {written.total} {written.currency}"
    unknown = written.energy_unknown
    left_out = f"; {unknown} of unknown energy, not in the sums" if unknown else ""
    print(f"{month}: {number}, {sums}{left_out}")
    return OK
