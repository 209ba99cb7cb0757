"""`oppleo-flow accounts`: the drivers, vehicles and cost centres that sessions are for."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from oppleo_flow.charging.tokens import AccountKind, Vehicle
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock
from oppleo_flow.sending import MailAddress
from oppleo_flow.store import Ledger

EXAMPLES = (
    ("accounts list", "all drivers, vehicles and cost centres"),
    ("accounts add driver Anna", "then `tokens change family --driver Anna`"),
    (
        "accounts add vehicle ioniq --make Hyundai --model 'Ioniq 5' --plate X-123-Y",
        "a plate stands on statements",
    ),
    ("accounts change vehicle ioniq --plate none", "what is known of a vehicle"),
    ("accounts change driver Anna --email anna@example.org", "where their own statements go"),
    ("accounts rename driver Anna --to 'Anna B'", "past sessions and statements keep the old name"),
    ("accounts retire vehicle ioniq", "one that has no new sessions; `restore` takes it back"),
    ("accounts remove cost-centre acme", "one that no card is for; past sessions keep its name"),
)
_OF_VEHICLE = ("plate", "make", "model", "vin")
_NONE = "none"


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="all of them")
    add = actions.add_parser("add", help="make one known")
    change = actions.add_parser("change", help="change what is known of one")
    rename = actions.add_parser("rename", help="give one another name, its cards too")
    retire = actions.add_parser("retire", help="let one have no new sessions")
    restore = actions.add_parser("restore", help="let one have sessions again")
    remove = actions.add_parser("remove", help="forget one that no card is for")
    for action in (add, change, rename, retire, restore, remove):
        kinds = get_args(AccountKind)
        action.add_argument(
            "kind", metavar="KIND", choices=kinds, help=f"one of {', '.join(kinds)}"
        )
        action.add_argument("name", metavar="NAME")
    rename.add_argument("--to", metavar="NAME", required=True, help="its new name")
    for action in (add, change):
        for option in _OF_VEHICLE:
            action.add_argument(f"--{option}", help="of a vehicle, or none")
        action.add_argument(
            "--email", help="of a driver or a cost centre, for their own statements, or none"
        )
    for action in (show, add, change, rename, retire, restore, remove):
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List them, or do something with one."""
    site = site_of(args)
    with ledger_of(site, read_only=args.action == "list") as ledger:
        if args.action == "list":
            print(table(_HEADING, list(_rows(ledger)), right=("km",)))
            return OK
        done = f"{args.kind} {args.name!r} {_do(ledger, args)}"
    note(site, "account", done)
    print(done)
    return OK


def _do(ledger: Ledger, args: argparse.Namespace) -> str:
    """Do what is asked for; return what became of it."""
    kind, name, accounts = args.kind, args.name, ledger.accounts
    match args.action:
        case "add":
            email = _email(args)
            accounts.add(kind, name, vehicle=_vehicle(args, Vehicle(name)))
            if email is not None:
                accounts.set_email(kind, name, email)
            return "is known"
        case "change":
            _change(ledger, args)
            return "is changed"
        case "rename":
            accounts.rename(kind, name, args.to)
            return f"is now {args.to!r}"
        case "retire":
            accounts.retire(kind, name, SystemClock().now())
            return "is retired"
        case "restore":
            accounts.retire(kind, name, None)
            return "is back"
    accounts.remove(kind, name)
    return "is known no more"


def _change(ledger: Ledger, args: argparse.Namespace) -> None:
    email, vehicle = _email(args), _vehicle(args, Vehicle(args.name))
    if vehicle is not None:
        ledger.accounts.change(_changed(ledger, args))
    elif args.email is None:
        raise UsageError("nothing would change; say --email, or see `rename`", "accounts")
    else:
        ledger.accounts.set_email(args.kind, args.name, email)


def _email(args: argparse.Namespace) -> str | None:
    """Return the address that the command line says; None of none.

    Raises:
        UsageError: It is no address, or a vehicle's.
    """
    if args.email is not None and args.kind == "vehicle":
        raise UsageError("--email: a vehicle has none", "accounts")
    if args.email in (None, _NONE):
        return None
    try:
        return TypeAdapter[str](MailAddress).validate_python(args.email)
    except ValidationError as error:
        why = error.errors()[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"--email: {why}, got {args.email!r}", "accounts") from None


def _vehicle(args: argparse.Namespace, before: Vehicle) -> Vehicle | None:
    """Return a vehicle with what the command line says of it; None of what is no vehicle.

    Raises:
        UsageError: It is none, and yet something is said of it; or it cannot be.
    """
    given = {name: getattr(args, name) for name in _OF_VEHICLE}
    said: dict[str, Any] = {
        name: None if text == _NONE else text for name, text in given.items() if text is not None
    }
    if args.kind != "vehicle":
        if said:
            raise UsageError(f"--{next(iter(said))}: only a vehicle has one", "accounts")
        return None
    try:
        return replace(before, **said)
    except ValueError as error:
        raise UsageError(f"--{error}", "accounts") from None


def _changed(ledger: Ledger, args: argparse.Namespace) -> Vehicle:
    known = {one.name: one for one in ledger.accounts.vehicles()}
    before = known.get(args.name, Vehicle(args.name))
    after = _vehicle(args, before)
    assert after is not None  # it is one
    if after == before and args.name in known:
        raise UsageError("nothing would change; say what is another, such as --plate", "accounts")
    return after


_HEADING = ("kind", "name", "plate", "make and model", "vin", "km", "e-mail", "state", "before")


def _rows(ledger: Ledger) -> Iterator[tuple[str, ...]]:
    for kind in get_args(AccountKind):
        for one in ledger.accounts.all(kind):
            vehicle = one.vehicle or Vehicle(one.name)
            yield (
                *(kind, one.name, vehicle.plate or ""),
                " ".join(part for part in (vehicle.make, vehicle.model) if part),
                vehicle.vin or "",
                "" if one.odometer_km is None else str(one.odometer_km),
                one.email or "",
                "" if one.retired_at is None else "retired",
                ", ".join(one.former),
            )
