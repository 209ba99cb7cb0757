"""`oppleo-flow calendar`: when the off-peak hours of a site are, day by day."""

import argparse
import csv
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from nodes.charging.offpeak_gate import OffpeakGateConfig
from oppleo_flow.charging.calendar import WEEKDAYS, Calendar
from oppleo_flow.charging.calendar_days import CalendarDay, calendar_days, usual_hours
from oppleo_flow.charging.month import Month
from oppleo_flow.cli.command import UsageError, add_site, whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.flow_files import Surroundings
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import month_of, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock

EXAMPLES = (
    (
        "calendar garage",
        "the off-peak hours of two years: the usual week, and the days that differ",
    ),
    ("calendar --name dal --months 2", "one calendar, this month and the next"),
    ("calendar --format csv > hours.csv", "every span in which it is open, with its offset"),
)
_MOST_MONTHS = 120
_DAY = timedelta(days=1)
_FIELDS = ("calendar", "from", "to", "holiday")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_site(parser)
    parser.add_argument(
        "--name", metavar="NAME", help="of oppleo.yaml or a gate's id (default: all there are)"
    )
    parser.add_argument("--from", dest="first", metavar="YYYY-MM", help="(default: this month)")
    parser.add_argument(
        "--months", type=whole_number, default=24, metavar="N", help="how many (default: 24)"
    )
    parser.add_argument(
        "--format", choices=("text", "json", "csv"), default="text", help="(default: text)"
    )


def run(args: argparse.Namespace) -> int:
    """Print the calendars."""
    site = Site.load(site_folder(args.site))
    if not 1 <= args.months <= _MOST_MONTHS:
        raise UsageError(f"--months: 1 to {_MOST_MONTHS}, got {args.months}", "calendar")
    here = zone_of(site)
    month = (
        month_of(args.first, "calendar", option="--from")
        if args.first
        else Month.of(SystemClock().now(), here)
    )
    first, last = date(month.year, month.month, 1), _day_after(month, args.months)
    chosen = _chosen(_calendars(site), args.name)
    days = {name: list(calendar_days(c, first, last)) for name, c in chosen.items()}
    if args.format == "text":
        texts = [_text(name, chosen[name], days[name], first, last) for name in chosen]
        print("\n\n".join(texts))
    elif args.format == "json":
        print(json.dumps([row for name in days for row in _rows(name, days[name])], indent=2))
    else:
        writer = csv.DictWriter(sys.stdout, _FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row for name in days for row in _rows(name, days[name]))
    return OK


def _calendars(site: Site) -> dict[str, Calendar]:
    """Return the calendars of the settings, and those that stand in gates of the flow."""
    rules = dict(site.settings.calendars)
    if site.flow.is_file():
        checked = Surroundings.of(site.folder, {}, simulate=True, placeholders=True).check(
            site.flow
        )
        for node in checked.graph.nodes.values() if checked.graph else ():
            if isinstance(node.config, OffpeakGateConfig) and node.config.calendar is None:
                rules.setdefault(node.id, node.config.rules())
    return {name: rule.calendar(site.timezone) for name, rule in rules.items()}


def _chosen(calendars: Mapping[str, Calendar], name: str | None) -> Mapping[str, Calendar]:
    if name is None and not calendars:
        raise UsageError("there is no calendar in oppleo.yaml, and no gate in the flow", "calendar")
    if name is None:
        return calendars
    if name not in calendars:
        known = ", ".join(calendars) or "none"
        raise UsageError(f"--name: there is no calendar {name!r}; known: {known}", "calendar")
    return {name: calendars[name]}


def _day_after(month: Month, count: int) -> date:
    years, number = divmod(month.month - 1 + count, 12)
    return date(month.year + years, number + 1, 1)


def _text(
    name: str, calendar: Calendar, days: Sequence[CalendarDay], first: date, last: date
) -> str:
    usual = usual_hours(days)
    week = [(WEEKDAYS[weekday], hours or "shut") for weekday, hours in usual.items()]
    head = f"{name}: open from {first} to {last - _DAY}, by the clock of {calendar.zone.key}"
    other = [_other(one) for one in days if _differs(one, usual)]
    parts = [head, table(("every", "open"), week)]
    if other:
        parts.append(table(("but on", "", "open", "h", "because"), other, right=("h",)))
    return "\n\n".join(parts)


def _differs(one: CalendarDay, usual: Mapping[int, str]) -> bool:
    return (
        one.holiday is not None or one.length != _DAY or usual.get(one.day.weekday()) != one.hours
    )


def _other(one: CalendarDay) -> tuple[str, str, str, str, str]:
    why = [] if one.holiday is None else [one.holiday]
    if one.length != _DAY:
        why.append("the clock goes " + ("back" if one.length > _DAY else "forward"))
    hours = f"{one.open / timedelta(hours=1):g}"
    return str(one.day), WEEKDAYS[one.day.weekday()], one.hours or "shut", hours, ", ".join(why)


def _rows(name: str, days: Sequence[CalendarDay]) -> Iterator[dict[str, Any]]:
    """Yield the open spans, each within its day; times are local, with their offset."""
    for one in days:
        for start, stop in one.spans:
            times = (start.isoformat(timespec="minutes"), stop.isoformat(timespec="minutes"))
            yield dict(zip(_FIELDS, (name, *times, one.holiday), strict=True))
