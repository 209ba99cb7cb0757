"""`oppleo-flow tap`: what leaves an output of the running flow, live."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from itertools import islice
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from oppleo_flow.cli.command import PROGRAM, add_site, whole_number
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.listening import add_time, lines_from, seconds_of
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.testing.notation import noted

EXAMPLES = (
    ("tap meter", "every reading of the node `meter`, until Ctrl-C"),
    ("tap session.started --count 1", "wait for the next session"),
    ("tap authorise.accepted garage --for 10m --json", "of another site, for a program"),
)
_DATA = "data: "


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "output",
        metavar="NODE[.PORT]",
        help="an output; of a node alone `out`, or its only one but `error`",
    )
    add_site(parser)
    add_time(parser, "listen")
    parser.add_argument(
        "--count", metavar="N", type=whole_number, help="end after so many messages"
    )
    parser.add_argument("--json", action="store_true", help="each message as a line of JSON")


def run(args: argparse.Namespace) -> int:
    """Print the messages as they come."""
    for_s = seconds_of(args.time, "tap")
    folder = site_folder(args.site)
    zone = ZoneInfo(Site.load(folder).timezone)
    path = f"/taps?{urlencode({'at': args.output})}"
    with closing(lines_from(Running(folder), path, for_s)) as lines:
        try:
            for message in islice(_messages(lines), args.count):
                print(json.dumps(message) if args.json else _told(message, zone), flush=True)
        except KeyboardInterrupt:
            pass  # this is how one ends it
    return OK


def _messages(lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    for line in lines:
        if not line.startswith(_DATA):
            continue
        event = json.loads(line[len(_DATA) :])
        if event["missed"]:
            text = f"{event['missed']} messages came faster than they could be shown"
            print(f"{PROGRAM}: {text}", file=sys.stderr)
        yield from event["messages"]


def _told(message: Mapping[str, Any], zone: ZoneInfo) -> str:
    at = datetime.fromisoformat(message["at"]).astimezone(zone)
    text = f"{at:%F %H:%M:%S}.{at.microsecond // 1000:03} {message['type']}"
    return f"{text} {noted(message['value'])}"
