"""What a command is: a module that declares its arguments and runs with them."""

import argparse
from collections.abc import Callable, Sequence
from typing import NoReturn, Protocol

from oppleo_flow.cli import exit_codes
from oppleo_flow.immutable import immutable

PROGRAM = "oppleo-flow"
_MOST_DIGITS = 16


class UsageError(Exception):
    """The command line cannot be understood; `command` says whose help to read."""

    def __init__(self, message: str, command: str = "") -> None:
        self.command = command
        program = f"{PROGRAM} {command}".rstrip()
        super().__init__(f"{message}; see `{program} --help`")


class Command(Protocol):
    """A command's module, imported when the command is asked for."""

    EXAMPLES: Sequence[tuple[str, str]]
    """Command lines and what each is for."""
    declare: Callable[[argparse.ArgumentParser], None]
    """Add the command's arguments."""
    run: Callable[[argparse.Namespace], int]
    """Do it and return the exit code."""


@immutable
class Entry:
    """A command as the list of commands shows it; `module` is looked up in this package."""

    module: str
    summary: str
    hidden: bool = False


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, raised and not printed."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        raise UsageError(message, self.prog.removeprefix(PROGRAM).strip())


def command_parser(name: str, entry: Entry, command: Command) -> Parser:
    """Return the parser of one command; its help needs no other page."""
    examples = "\n".join(f"  {PROGRAM} {line}\n      {what}" for line, what in command.EXAMPLES)
    parser = Parser(
        prog=f"{PROGRAM} {name}",
        description=entry.summary[0].upper() + entry.summary[1:] + ".",
        epilog=f"examples:\n{examples}\n\n{exit_codes.EXPLAINED}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an unexpected error"
    )
    command.declare(parser)
    return parser


def whole_number(text: str) -> int:
    """Return the number that an argument is.

    Raises:
        ArgumentTypeError: It is none.
    """
    if not (text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS):
        raise argparse.ArgumentTypeError(f"a whole number is needed, got {text!r}")
    return int(text)


def add_site(parser: argparse.ArgumentParser) -> None:
    """Add the argument SITE as every command has it."""
    parser.add_argument(
        "site",
        metavar="SITE",
        nargs="?",
        help="the site folder, with oppleo.yaml in it (default: $OPPLEO_SITE, else this folder)",
    )


def add_site_option(parser: argparse.ArgumentParser) -> None:
    """Add the option --site, for commands whose arguments are other things."""
    parser.add_argument(
        "--site",
        metavar="SITE",
        help="the site folder (default: $OPPLEO_SITE, else this folder)",
    )


def add_variables(parser: argparse.ArgumentParser) -> None:
    """Add the option that sets variables of the flow."""
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        dest="variables",
        action="append",
        default=[],
        help="give a variable of the flow another value; may be repeated",
    )
