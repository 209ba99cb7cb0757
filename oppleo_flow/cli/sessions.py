"""`oppleo-flow sessions`: what was charged in a month, and correcting, starting and ending it."""

import argparse
import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.charging.month import Month
from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.session_acts import (
    control,
    correct,
    declare_control,
    declare_correct,
    declare_join,
    join,
)
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import (
    add_ledger_options,
    ledger_of,
    month_of,
    site_of,
    zone_of,
)
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock

EXAMPLES = (
    ("sessions", "this month's sessions as a table; an open one has no end"),
    ("sessions --month 2026-01 --format csv > january.csv", "for a spreadsheet"),
    ("sessions --month 2026-01 --format json", "for a program: energy in Wh, money as text"),
    ("sessions correct 3f2a91c0 --end-kwh 1244.5 --why 'read by eye'", "the original stays"),
    ("sessions correct 3f2a91c0 --void --why 'a test of mine'", "take one off the bill"),
    ("sessions join 3f2a91c0 7be01d44 --why 'one visit'", "the later one becomes void"),
    ("sessions start page", "let a token charge at the running charge point, without its card"),
    ("sessions stop", "end the session that is under way there"),
)
_FIELDS = (
    *("session_id", "label", "uid", "started_at", "ended_at", "meter_start_wh", "meter_end_wh"),
    *("energy_wh", "price_per_kwh", "amount", "currency", "reason", "flags"),
    *("trigger", "driver", "vehicle", "plate", "cost_centre", "odometer_km"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--month", metavar="YYYY-MM", help="(default: this month)")
    parser.add_argument("--format", choices=("table", "json", "csv"), default="table")
    add_ledger_options(parser)
    actions = parser.add_subparsers(dest="action", metavar="ACTION")
    declare_correct(actions)
    declare_join(actions)
    declare_control(actions)


def run(args: argparse.Namespace) -> int:
    """Print the sessions that overlap the month, or do something with one."""
    site = site_of(args)
    if args.action == "correct":
        return correct(site, args)
    if args.action == "join":
        return join(site, args)
    if args.action is not None:
        return control(site, args)
    return _list(site, args)


def _list(site: Site, args: argparse.Namespace) -> int:
    zone = zone_of(site)
    month = month_of(args.month, "sessions") if args.month else Month.of(SystemClock().now(), zone)
    since, until = month.bounds(zone)
    with ledger_of(site, read_only=True) as ledger:
        sessions = ledger.sessions.between(since, until)
    if args.format == "table":
        print(session_table(sessions, zone, ids=True))
        return OK
    if args.format == "json":
        whole = [
            {
                **session_row(session, zone),
                "slices": slice_rows(session, zone),
                "corrections": correction_rows(session, zone),
            }
            for session in sessions
        ]
        print(json.dumps(whole, indent=2, ensure_ascii=False))
    else:
        _print_csv([session_row(session, zone) for session in sessions])
    return OK


def _print_csv(rows: Iterable[Mapping[str, Any]]) -> None:
    # Not at the top: most commands write no CSV.
    from oppleo_flow.reports.csv_lines import harmless  # noqa: PLC0415

    writer = csv.DictWriter(sys.stdout, _FIELDS, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        told = {**row, "flags": " ".join(row["flags"])}
        writer.writerow(
            {name: harmless(cell) if isinstance(cell, str) else cell for name, cell in told.items()}
        )


def session_row(session: SessionRecord, zone: ZoneInfo) -> dict[str, Any]:
    """Return a session as plain data; what is unknown is None."""
    of = session.attribution
    values = (
        *(str(session.session_id), session.label, session.uid),
        *(_iso(session.started_at, zone), _iso(session.ended_at, zone)),
        *(session.meter_start_wh, session.meter_end_wh, session.energy_wh),
        None if session.price_per_kwh is None else str(session.price_per_kwh),
        None if session.amount is None else str(session.amount),
        *(session.currency, session.reason, list(session.flags)),
        *(session.trigger, of.driver, of.vehicle, of.plate, of.cost_centre),
        session.odometer_km,
    )
    return dict(zip(_FIELDS, values, strict=True))


def slice_rows(session: SessionRecord, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return what each part of a session's energy costs, as plain data."""
    return [
        {
            "since": _iso(part.since, zone),
            "until": _iso(part.until, zone),
            "meter_start_wh": part.start_wh,
            "meter_end_wh": part.end_wh,
            "energy_wh": part.energy_wh,
            "tariff": part.kind,
            "price_per_kwh": None if part.per_kwh is None else str(part.per_kwh),
            "estimated": part.estimated,
        }
        for part in session.slices
    ]


def _iso(at: datetime | None, zone: ZoneInfo) -> str | None:
    return None if at is None else at.astimezone(zone).isoformat(timespec="seconds")


def correction_rows(session: SessionRecord, zone: ZoneInfo) -> list[dict[str, Any]]:
    """Return who corrected a session, when and why."""
    return [
        {"at": _iso(one.at, zone), "who": one.who, "why": one.why} for one in session.corrections
    ]


def session_table(sessions: Sequence[SessionRecord], zone: ZoneInfo, *, ids: bool = False) -> str:
    """Return sessions as a table, by the local clock; with `ids` also how each is named."""
    rows: list[tuple[str, ...]] = [
        (
            f"{session.started_at.astimezone(zone):%F %H:%M}",
            f"{session.ended_at.astimezone(zone):%F %H:%M}" if session.ended_at else "open",
            session.label,
            "?" if session.energy_wh is None else f"{session.energy_wh / 1000:.3f}",
            "?" if session.amount is None else str(session.amount),
            " ".join(session.flags) if session.ended_at else "",
        )
        for session in sessions
    ]
    heading: tuple[str, ...] = ("start", "end", "card", "kWh", "amount", "note")
    if ids:
        named = zip(sessions, rows, strict=True)
        rows = [(str(session.session_id)[:8], *row) for session, row in named]
        heading = ("id", *heading)
    return table(heading, rows, right=("kWh", "amount"))
