"""`oppleo-flow versions`: what was deployed, when and why; and one step back."""

import argparse
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from oppleo_flow.cli.command import add_site_option, whole_number
from oppleo_flow.cli.deploy import DEPLOY_S, told
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.table import table
from oppleo_flow.cli.work_tree import told_by_git
from oppleo_flow.store.audit import this_user

EXAMPLES = (
    ("versions list", "the last fifty, the newest first; * is the one that runs"),
    ("versions diff 6", "what changed from version 6 to what runs"),
    ("versions diff 6 7", "what changed from version 6 to version 7"),
    ("versions back 6", "version 6 runs again, as a new version"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all that are kept, the newest first")
    show.add_argument(
        "--format", choices=("table", "json"), default="table", help="(default: table)"
    )
    diff = actions.add_parser("diff", help="what changed between two")
    diff.add_argument("old", metavar="FROM", type=whole_number, help="as `list` shows it")
    diff.add_argument(
        "new", metavar="TO", type=whole_number, nargs="?", help="(default: what runs)"
    )
    back = actions.add_parser("back", help="let one run again")
    back.add_argument("number", metavar="VERSION", type=whole_number, help="as `list` shows it")
    for action in (show, diff, back):
        add_site_option(action)


def run(args: argparse.Namespace) -> int:
    """List the versions of the running flow, compare two, or go back to one."""
    folder = site_folder(args.site)
    running = Running(folder)
    if args.action == "list":
        found = running.get("/flow/versions")
        print(_listing(found, args.format, ZoneInfo(Site.load(folder).timezone)))
        git = told_by_git(folder) if args.format == "table" else None
        if git is not None:
            print(git)
    elif args.action == "diff":
        to = "" if args.new is None else f"&to={args.new}"
        print(running.get(f"/flow/diff?from={args.old}{to}")["diff"], end="")
    else:
        revision = str(running.get("/flow")["revision"])
        done = running.ask(
            "POST",
            f"/flow/versions/{args.number}/deploy",
            {"who": f"{this_user()} (command)"},
            revision=revision,
            timeout_s=DEPLOY_S,
        )
        print("\n".join([f"version {done['version']} runs", *told(done["changes"])]))
    return OK


def _listing(found: Mapping[str, Any], form: str, zone: ZoneInfo) -> str:
    if form == "json":
        return json.dumps(found["versions"], indent=2, ensure_ascii=False)
    rows = [
        (
            f"{'*' if one['version'] == found['running'] else ''}{one['version']}",
            f"{datetime.fromisoformat(one['at']).astimezone(zone):%F %H:%M:%S}",
            one["who"],
            one["why"],
        )
        for one in found["versions"]
    ]
    return table(("version", "deployed", "by", "why"), rows, right=("version",))
