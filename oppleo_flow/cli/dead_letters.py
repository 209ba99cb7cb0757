"""`oppleo-flow dead-letters`: the messages that nobody could handle."""

import argparse
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.cli.command import add_site_option, whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.table import table

EXAMPLES = (
    ("dead-letters list", "what failed, at which node and why"),
    ("dead-letters list --format json", "for a program: with the whole messages"),
    ("dead-letters replay 7 8", "give two of them to their node once more"),
    ("dead-letters discard 7", "forget one"),
)
_ALL = 1000
_SHOWN = 60


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all of them, the newest first")
    show.add_argument(
        "--format", choices=("table", "json"), default="table", help="(default: table)"
    )
    replay = actions.add_parser("replay", help="give some to their node once more")
    discard = actions.add_parser("discard", help="forget some")
    for action in (replay, discard):
        action.add_argument(
            "numbers", metavar="ID", type=whole_number, nargs="+", help="as `list` shows it"
        )
    for action in (show, replay, discard):
        add_site_option(action)


def run(args: argparse.Namespace) -> int:
    """List the dead letters of the running flow, or do something with them."""
    folder = site_folder(args.site)
    running = Running(folder)
    if args.action == "list":
        found = running.get(f"/dead-letters?limit={_ALL}")
        print(_listing(found, args.format, ZoneInfo(Site.load(folder).timezone)))
        return OK
    done = "given once more to" if args.action == "replay" else "discarded, of"
    for number in args.numbers:
        letter = running.post(f"/dead-letters/{number}/{args.action}")
        print(f"{number}: {done} {letter['node']}.{letter['port']}")
    return OK


def _listing(found: Mapping[str, Any], form: str, zone: ZoneInfo) -> str:
    if form == "json":
        return json.dumps(found["dead_letters"], indent=2, ensure_ascii=False)
    rows = [
        (
            str(letter["id"]),
            f"{datetime.fromisoformat(letter['failed_at']).astimezone(zone):%F %H:%M:%S}",
            f"{letter['node']}.{letter['port']}",
            str(letter["tries"]),
            letter["error"],
            _short(letter["payload"]),
        )
        for letter in found["dead_letters"]
    ]
    lines = table(("id", "failed", "input", "tries", "error", "payload"), rows, right=("tries",))
    lost = found["lost"]
    return f"{lines}\n{lost} older ones have been given up" if lost else lines


def _short(payload: Any) -> str:
    """Return as much of a payload as fits on a line."""
    text = json.dumps(payload, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"
