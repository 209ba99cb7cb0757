"""`oppleo-flow db roll-up`: make anew what is rolled up, also while the site runs."""

import argparse

from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_ledger_options(parser)


def run(args: argparse.Namespace) -> int:
    """Make it anew, and say of which meters."""
    site = site_of(args)
    with ledger_of(site) as ledger:
        meters = ledger.readings.meters()
        ledger.readings.rebuild_roll_ups()
    done = f"rolled up anew: the readings of {', '.join(meters) or 'no meter'}"
    note(site, "ledger", done)
    print(done)
    return OK
