"""`oppleo-flow report`: the statement of a month, for an employer or the books."""

import argparse
from pathlib import Path
from typing import get_args

from oppleo_flow.charging.month import YEARS, Month
from oppleo_flow.charging.period import Period
from oppleo_flow.charging.reimbursement import profile_codes
from oppleo_flow.charging.selection import PURPOSES, Selection
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.progress import working
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import (
    add_ledger_options,
    day_of,
    month_of,
    site_of,
    statements_of,
    zone_of,
)
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused
from oppleo_flow.payloads import ReportWritten
from oppleo_flow.reports import Format, ReportRequest, report_in_child
from oppleo_flow.store.audit import this_user
from oppleo_flow.wording import LANGUAGES

EXAMPLES = (
    ("report --month 2026-01 --format xlsx --format pdf", "a preview, in the site's reports/"),
    ("report --month 2026-01 --format pdf --issue", "the statement, with a number, for good"),
    ("report --year 2026 --vehicle van --format pdf", "a year of one vehicle"),
    ("report --from 2026-01-05 --until 2026-02-10 --language nl", "any days, in Dutch"),
    ("report --month 2026-01 --format csv -o /tmp", "one for another program, elsewhere"),
    ("report", "last month's, as XLSX"),
)
_TIMEOUT_S = 600.0


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add = parser.add_argument
    add("--month", metavar="YYYY-MM", help="(default: the last whole month)")
    add("--year", metavar="YYYY", help="a calendar year")
    add("--from", dest="first", metavar="DAY", help="the first day, such as 2026-01-05")
    add("--until", metavar="DAY", help="the day after the last one")
    for purpose in PURPOSES:
        name = purpose.replace("_", "-")
        add(f"--{name}", metavar="NAME", help=f"only the sessions of this {purpose_word(purpose)}")
    add(
        "--format",
        choices=get_args(Format),
        action="append",
        help="may be repeated (default: xlsx)",
    )
    add("--language", choices=LANGUAGES, help="(default: the site's)")
    add(
        "--profile",
        choices=profile_codes(),
        help="by whose rules is reimbursed (default: the site's)",
    )
    add("--issue", action="store_true", help="give it a number, and keep it for good")
    add("-o", "--output", metavar="DIR", type=Path, help="(default: the site's reports/)")
    add_ledger_options(parser)


def purpose_word(purpose: str) -> str:
    """Return what a purpose is called."""
    words = {"card": "card, by its label", "point": "one of several charge points"}
    return words.get(purpose, purpose.replace("_", " "))


def run(args: argparse.Namespace) -> int:
    """Write the files, in a process of its own, and say what is in them."""
    site = site_of(args)
    now = SystemClock().instant()
    if args.issue and now.trusted is False:
        raise Refused(
            f"report: this machine does not know what time it is, and shows {now.wall:%F %H:%M} "
            "UTC; set its clock before a statement is issued"
        )
    request = _request(site, args)
    request.check()
    with working(f"writing the statement of {request.period}"):
        written = report_in_child(request, timeout_s=_TIMEOUT_S)
    print("\n".join(written.files))
    if written.number is not None:
        name = f"{written.number} v{written.version}"
        note(site, "issue", f"statement {name}", f"{written.total} {written.currency}")
    print(_summary(written))
    return OK


def _request(site: Site, args: argparse.Namespace) -> ReportRequest:
    statements = statements_of(site)
    request = statements.preview(
        _period(site, args),
        SystemClock().now(),
        tuple(args.format or ("xlsx",)),
        selection=Selection(**{purpose: getattr(args, purpose) for purpose in PURPOSES}),
        profile=args.profile,
        language=args.language,
        folder=args.output,
    )
    return statements.issued(request, f"{this_user()} (command)") if args.issue else request


def _period(site: Site, args: argparse.Namespace) -> Period:
    """Return the period that is asked for.

    Raises:
        UsageError: It is asked for twice, in part, or is none.
    """
    is_range = args.first is not None or args.until is not None
    if (args.month is not None) + (args.year is not None) + is_range > 1:
        raise UsageError("one of --month, --year, and --from with --until is enough", "report")
    if args.year is not None:
        return Period.of_year(_year(args.year))
    if not is_range:
        last = Month.of(SystemClock().now(), zone_of(site)).previous()
        return Period.of_month(last if args.month is None else month_of(args.month, "report"))
    if args.first is None or args.until is None:
        raise UsageError("--from and --until: both are needed", "report")
    days = day_of(args.first, "--from", "report"), day_of(args.until, "--until", "report")
    try:
        return Period(*days)
    except ValueError as error:
        raise UsageError(str(error), "report") from None


def _year(text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) in YEARS:
        return int(text)
    raise UsageError(f"--year: a year such as 2026 is needed, got {text!r}", "report")


def _summary(written: ReportWritten) -> str:
    name = f"preview of {written.period}"
    if written.number is not None:
        name = f"{written.number} v{written.version}"
    of = f" of {', '.join(written.selection)}" if written.selection else ""
    number = f"{written.sessions} session{'' if written.sessions == 1 else 's'}"
    sums = f"{written.energy_wh / 1000:.3f} kWh, {written.total} {written.currency}"
    left_out = {
        "unknown energy, not in the sums": written.energy_unknown,
        "unknown price, not in the total": written.price_unknown,
    }
    said = "".join(f"; {count} of {what}" for what, count in left_out.items() if count)
    return f"{name}{of}: {number}, {sums}{said}"
