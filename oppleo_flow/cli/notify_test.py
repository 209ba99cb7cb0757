"""`oppleo-flow notify-test`: send a test by a node of the running flow, and say how it went."""

import argparse
import time
from datetime import datetime
from pathlib import Path

from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.cli.command import add_site, whole_number
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_ledger import ledger_of, zone_of
from oppleo_flow.errors import ServiceError, StoreError
from oppleo_flow.store import StoreLocation
from oppleo_flow.testing.notation import noted
from oppleo_flow.wording import wording

EXAMPLES = (
    ("notify-test push", "does it reach the telephone?"),
    ("notify-test owner", "by whatever the recipient `owner` is told, unless it is quiet now"),
)
_EXPLAINED = """\
Send a test message into a node of the running flow that tells people something, and say how it
went.

To a recipient it goes as all else does: at its quiet hours it is held, and nothing is sent.
"""
_LOOK_S = 0.2
_IN_WORDS = {
    "sent": "sent",
    "simulated": "simulated, so nothing was sent",
    "failed": "not sent",
    "refused": "refused for good",
    "unknown": "it is not known whether it was sent",
}


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = _EXPLAINED
    parser.add_argument("node", metavar="NODE", help="such as a prowl, an email or a recipient")
    parser.add_argument(
        "--wait",
        metavar="S",
        type=whole_number,
        default=30,
        help="how many seconds to wait for the result (default: 30)",
    )
    add_site(parser)


def run(args: argparse.Namespace) -> int:
    """Send it, and wait for what becomes of it."""
    folder = site_folder(args.site)
    site = Site.load(folder)
    say = wording(site.language)
    now = datetime.now(zone_of(site))
    moment = f"{say.day(now)}, {now:%H:%M:%S}"
    text = say("notice.test.text", node=args.node, moment=moment)
    note = {"type": "Notification", "title": say("notice.test.title"), "text": text}
    Running(folder).ask("POST", "/inject", {"to": args.node, "payload": noted(note)})
    told = _wait_for(folder, text, args.wait)
    if told is None:
        raise ServiceError(
            f"{args.node}: nothing was sent within {args.wait} s: it waits behind what could not "
            "be sent yet, or a recipient holds it, or is wired to nobody; "
            "`oppleo-flow notifications` shows how the last ones went"
        )
    reason = f": {told.error}" if told.error else ""
    print(f"{told.node}: {_IN_WORDS[told.result]}{reason}")
    return OK if told.result in ("sent", "simulated") else FAILED


def _wait_for(folder: Path, text: str, wait_s: float) -> ToldOnce | None:
    """Return what became of a message; None: nothing within the time.

    Raises:
        StoreError: Until then the ledger could not be read.
    """
    sites = [Site.load(folder, simulate=simulate) for simulate in (False, True)]
    until = time.monotonic() + wait_s
    while True:
        last = time.monotonic() >= until
        for site in sites:
            try:
                told = _find(site, text)
            except StoreError:  # the runtime may be making it just now
                if last:
                    raise
                continue
            if told is not None:
                return told
        if last:
            return None
        time.sleep(_LOOK_S)


def _find(site: Site, text: str) -> ToldOnce | None:
    if not site.service(StoreLocation).path.exists():
        return None
    with ledger_of(site, read_only=True) as ledger:
        return next((one for one in ledger.told.newest(20) if text in one.text), None)
