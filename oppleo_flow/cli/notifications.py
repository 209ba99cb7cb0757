"""`oppleo-flow notifications`: what people were told, and how it went."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.cli.command import whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of, zone_of
from oppleo_flow.cli.table import table
from oppleo_flow.sending.cut import shortened

EXAMPLES = (
    ("notifications", "the last of what people were told, and how each went"),
    ("notifications --last 500 --format json", "for a program: with the whole texts"),
)
_SHOWN = 60


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "--last", metavar="N", type=whole_number, default=50, help="so many (default: 50)"
    )
    parser.add_argument(
        "--format", choices=("table", "json"), default="table", help="(default: table)"
    )
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """List what was told, the newest first."""
    site = site_of(args)
    with ledger_of(site, read_only=True) as ledger:
        found = ledger.told.newest(args.last)
    print(_as_json(found) if args.format == "json" else _as_table(found, zone_of(site)))
    return OK


def _as_json(found: Sequence[ToldOnce]) -> str:
    return json.dumps([_facts(one) for one in found], indent=2, ensure_ascii=False)


def _facts(one: ToldOnce) -> dict[str, Any]:
    return {**asdict(one), "at": one.at.isoformat()}


def _as_table(found: Sequence[ToldOnce], zone: ZoneInfo) -> str:
    rows = [
        (
            f"{one.at.astimezone(zone):%F %H:%M:%S}",
            one.node,
            one.event,
            shortened(one.title, _SHOWN),
            one.result,
            str(one.tries),
            shortened(one.error, _SHOWN),
        )
        for one in found
    ]
    columns = ("when", "by", "event", "title", "result", "tries", "error")
    return table(columns, rows, right=("tries",))
