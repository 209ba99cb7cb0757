"""`oppleo-flow db check`: is what a site keeps in order?  It changes nothing."""

import argparse
import json
from dataclasses import asdict

from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.site_ledger import add_ledger_options, site_of
from oppleo_flow.store.check.databases import check_databases


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("--json", action="store_true", help="print JSON")
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """Look at the ledger, the state and the audit, and print what is found."""
    site = site_of(args)
    checked = check_databases(site.ledger, site.state, site.audit)
    if args.json:
        print(json.dumps(asdict(checked), indent=2, ensure_ascii=False))
    else:
        print("\n".join([*checked.looked_at, *map(str, checked.findings)]))
    return FAILED if checked.errors else OK
