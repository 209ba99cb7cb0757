"""`oppleo-flow users`: the people who may sign in.  A password is asked for, never an argument.

It works whether the site runs or not, and whoever is locked out there: who may write to the site's
ledger is its owner.
"""

import argparse
import getpass
import sys
from typing import TYPE_CHECKING

from oppleo_flow.accounts.accounts import check_name, check_password
from oppleo_flow.accounts.rights import RIGHTS, Role, role_named
from oppleo_flow.cli.audit_trail import note
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.console import say
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.site_ledger import add_ledger_options, ledger_of, site_of
from oppleo_flow.cli.table import table
from oppleo_flow.clock import SystemClock
from oppleo_flow.errors import Refused
from oppleo_flow.passwords import hash_password, needs_rehash
from oppleo_flow.store.user_rows import User

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger

EXAMPLES = (
    ("users list", "who may sign in as what, and what is due at their next sign-in"),
    ("users add anna", "let somebody sign in; it asks for a password; the first one is an admin"),
    ("users add jan --role driver --driver Jan", "let a driver see his own sessions"),
    ("users role jan operator", "give somebody another role; they are to sign in anew"),
    ("users reset anna", "another password for who is locked out; their API tokens end too"),
    ("users reset anna < password.txt", "from a file: the first line of it"),
    ("users disable-2fa anna", "let somebody in without the app that they lost"),
    ("users remove anna", "let somebody sign in no more"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    add_ledger_options(actions.add_parser("list", help="everybody"))
    for name, summary in (
        ("add", "let somebody sign in"),
        ("role", "give somebody another role; API tokens for more than it may end"),
        ("reset", "give somebody another password; sessions, API tokens and lock-out end"),
        ("password", "the same as reset"),
        ("disable-2fa", "take somebody's second factor away"),
        ("remove", "let somebody sign in no more"),
    ):
        action = actions.add_parser(name, help=summary)
        action.add_argument("name", metavar="NAME", help="by which they sign in")
        if name == "role":
            action.add_argument("role", metavar="ROLE", choices=[*Role], help=", ".join(Role))
        if name == "add":
            action.add_argument(
                "--role",
                choices=[*Role],
                metavar="ROLE",
                help=f"{', '.join(Role)} (default: admin for the first, viewer for others)",
            )
        if name in ("add", "role"):
            action.add_argument("--driver", help="whose sessions are theirs")
        add_ledger_options(action)


def run(args: argparse.Namespace) -> int:
    """List the users, or change one."""
    site = site_of(args)
    if args.action == "list":
        with ledger_of(site, read_only=True) as ledger:
            print(_listing(ledger.users.all()))
        return OK
    password = None
    if args.action in ("add", "reset", "password"):
        check_name(args.name)
        password = hash_password(_asked(args.name))
    with ledger_of(site) as ledger:
        done = _change(ledger, args, password)
        left = ledger.users.all()
    note(site, "user", done)
    print(done)
    if any(user.password for user in left) and not any(map(_administers, left)):
        say("nobody administers the site now; `oppleo-flow users role NAME admin`", sys.stderr)
    return OK


def _change(ledger: "Ledger", args: argparse.Namespace, password: str | None) -> str:
    """Do what was asked for; return what was done."""
    users, name = ledger.users, args.name
    if args.action in ("add", "role") and args.driver is not None:
        _check_driver(ledger, args.driver)
    if args.action == "add":
        first = not any(user.password for user in users.all())
        role = args.role or (Role.ADMIN if first else Role.VIEWER)
        new = User(name, password, role=str(role), driver=args.driver)
        users.add(new, SystemClock().now())
        return f"{name!r} may sign in as {role}"
    match args.action:
        case "role":
            may = {right.value for right in RIGHTS[Role(args.role)]}
            ended = users.set_terms(name, role=args.role, driver=args.driver, may=may)
            done = f"{name!r} is {args.role}{_and_tokens(ended)}"
        case "disable-2fa":
            users.remove_second_factor(name)
            done = f"{name!r} signs in without a second factor"
        case "remove":
            users.remove(name)
            done = f"{name!r} may sign in no more"
        case _:
            ended = users.set_password(name, password or "", end_tokens=True)
            done = f"{name!r} has another password{_and_tokens(ended)}"
    ledger.sign_ins.end_sessions(name)
    return done


def _administers(user: User) -> bool:
    return user.role == Role.ADMIN and user.password is not None


def _and_tokens(ended: int) -> str:
    return f", and {ended} API token{'' if ended == 1 else 's'} of theirs ended" if ended else ""


def _check_driver(ledger: "Ledger", driver: str) -> None:
    if driver not in ledger.accounts.names("driver"):
        raise Refused(
            f"driver {driver!r}: is not known; add it with `oppleo-flow accounts add driver`"
        )


def _listing(users: list[User]) -> str:
    rows = [
        (user.name, _role(user), user.driver or "", _password(user), _factor(user))
        for user in users
    ]
    return table(("user", "role", "driver", "password", "second factor"), rows)


def _role(user: User) -> str:
    known = role_named(user.role) is not None
    return user.role if known else f"{user.role}: not of this version; give another"


def _password(user: User) -> str:
    if user.password is None:
        return "none: set one"
    return "of Oppleo, renewed at the next sign-in" if needs_rehash(user.password) else "set"


def _factor(user: User) -> str:
    if user.totp_secret is not None:
        return "on"
    if not user.second_factor_due:
        return ""
    return "of Oppleo, unsealed at the next sign-in" if user.sealed_secret else "to be set up anew"


def _asked(name: str) -> str:
    """Return the password that is typed twice, unseen, or comes from standard input."""
    if sys.stdin.isatty():
        password = getpass.getpass(f"password of {name}: ")
        if getpass.getpass("once more: ") != password:
            raise UsageError("the two are not the same", "users")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    check_password(name, password)
    return password
