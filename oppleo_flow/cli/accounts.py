"""`oppleo-flow accounts`: the drivers, vehicles and cost centres that sessions are for."""

import argparse
from collections.abc import Iterator
from typing import get_args

from oppleo_flow.charging.tokens import AccountKind
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of
from oppleo_flow.cli.table import table
from oppleo_flow.store import Ledger

EXAMPLES = (
    ("accounts list", "all drivers, vehicles and cost centres"),
    ("accounts add driver Anna", "then `tokens change family --driver Anna`"),
    ("accounts add vehicle ioniq --plate X-123-Y", "a plate stands on statements"),
    ("accounts remove cost-centre acme", "one that no card is for; past sessions keep its name"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all of them")
    add = actions.add_parser("add", help="make one known")
    remove = actions.add_parser("remove", help="forget one that no card is for")
    for action in (add, remove):
        kinds = get_args(AccountKind)
        action.add_argument(
            "kind", metavar="KIND", choices=kinds, help=f"one of {', '.join(kinds)}"
        )
        action.add_argument("name", metavar="NAME")
    add.add_argument("--plate", help="of a vehicle")
    for action in (show, add, remove):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List them, add one or remove one."""
    site = site_of(args)
    with ledger_of(site, read_only=args.action == "list") as ledger:
        if args.action == "list":
            print(table(("kind", "name", "plate"), list(_rows(ledger))))
            return OK
        if args.action == "add":
            if args.plate and args.kind != "vehicle":
                raise UsageError("--plate: only a vehicle has one", "accounts")
            ledger.accounts.add(args.kind, args.name, plate=args.plate)
            done = f"{args.kind} {args.name!r} is known"
        else:
            ledger.accounts.remove(args.kind, args.name)
            done = f"{args.kind} {args.name!r} is known no more"
    note(site, "account", done)
    print(done)
    return OK


def _rows(ledger: Ledger) -> Iterator[tuple[str, str, str]]:
    plates = {vehicle.name: vehicle.plate or "" for vehicle in ledger.accounts.vehicles()}
    for kind in get_args(AccountKind):
        for name in ledger.accounts.names(kind):
            yield kind, name, plates[name] if kind == "vehicle" else ""
