"""`oppleo-flow db`: what a site keeps, as databases: upgraded, checked, backed up and restored.

Each action is a module of its own.
"""

import argparse
import importlib
from collections.abc import Callable
from typing import Protocol, cast

from oppleo_flow.cli.command import Entry

ACTIONS = {
    "upgrade": Entry("upgrade", "bring the ledger to this version, after a copy is made of it"),
    "check": Entry("check", "look for damage, missing columns and rows that cannot be right"),
    "roll-up": Entry("roll_up", "make all that is rolled up of readings anew"),
    "backup": Entry("backup", "write all that the site keeps into one file, also while it runs"),
    "backups": Entry("backups", "list the backups and whether they are whole; let some go"),
    "import-oppleo": Entry("import_oppleo", "take over what an installation of Oppleo has"),
    "restore": Entry("restore", "put a backup back in the place of a site, or of none"),
}
EXAMPLES = (
    ("db upgrade --site garage", "what `run` would do at its start, told step by step"),
    ("db check", "0 where all is in order, 1 where something was found"),
    ("db check --json", "for a program"),
    ("db backup --encrypt --copy-to /mnt/nas", "with the secrets, and a copy on another disk"),
    ("db backups", "each backup, and whether every byte of it is as it was written"),
    ("db import-oppleo postgresql://pi:pw@localhost/oppleo --site house", "a site as Oppleo was"),
    ("db import-oppleo backup_2023.zip --dry-run", "what would become of each row of a backup"),
    ("db restore backups/backup-garage-20260115T120000Z.tar.gz new-garage", "as a site of its own"),
)


class Action(Protocol):
    """The module of an action."""

    declare: Callable[[argparse.ArgumentParser], None]
    """Add the action's arguments."""
    run: Callable[[argparse.Namespace], int]
    """Do it and return the exit code."""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of every action."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    for name, entry in ACTIONS.items():
        action = _module(name)
        declared = actions.add_parser(name, help=entry.summary, description=f"{entry.summary}.")
        action.declare(declared)


def run(args: argparse.Namespace) -> int:
    """Do what is asked for."""
    return _module(args.action).run(args)


def _module(name: str) -> Action:
    return cast(Action, importlib.import_module(f"{__name__}.{ACTIONS[name].module}"))
