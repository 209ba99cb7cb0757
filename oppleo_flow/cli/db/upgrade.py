"""`oppleo-flow db upgrade`: bring the ledger to this version now, and say what was done."""

import argparse
import json
from typing import Any

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import locked
from oppleo_flow.cli.site_ledger import add_ledger_options, site_of
from oppleo_flow.store.schema import migrate


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """Upgrade the ledger of a site that does not run."""
    site = site_of(args)
    with locked(site.folder):
        site.ledger.parent.mkdir(parents=True, exist_ok=True)
        done = migrate(site.ledger)
    if done["before"] != done["after"] or done["rolled_back"]:
        note(site, "upgrade", f"ledger: {done['before']} to {done['after']}")
    print(json.dumps(done, indent=2) if args.json else in_words(str(site.ledger), done))
    return OK


def in_words(ledger: str, done: dict[str, Any]) -> str:
    """Return what an upgrade did, a line for each thing."""
    lines = []
    if done["rolled_back"]:
        lines.append("an interrupted upgrade had left it half done; its copy was put back")
    elif done["interrupted"]:
        lines.append("an interrupted upgrade was found; it had left the ledger whole")
    if done["before"] is None:
        lines.append(f"made at revision {done['after']}")
    elif done["before"] == done["after"]:
        lines.append(f"has revision {done['after']} already; nothing to do")
    else:
        before = done["before"] or "none"
        lines.append(f"upgraded from revision {before} to {done['after']}")
    if done["copy"] is not None:
        lines.append(f"as it was before: {done['copy']}")
    return "\n".join(f"{ledger}: {line}" for line in lines)
