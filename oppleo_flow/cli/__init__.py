"""The command `oppleo-flow`: the composition root, the one package that may import everything.

Each command is a module of its own and is imported only when it runs: `run` becomes the guardian,
whose memory counts.
"""

import argparse
import importlib
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import cast

from oppleo_flow import __version__
from oppleo_flow.cli import exit_codes
from oppleo_flow.cli.command import PROGRAM, Command, Entry, Parser, UsageError, command_parser
from oppleo_flow.cli.ending import ends_when_told
from oppleo_flow.errors import ConfigError, OppleoError, Refused

COMMANDS = {
    "init": Entry("init", "make a site folder with settings and starter flows"),
    "run": Entry("run", "run a site's flow, watch over it, and serve its page"),
    "check": Entry("check", "check flows and report every error with its place"),
    "test": Entry("test", "run the tests that stand in flows, in virtual time and without effect"),
    "edit": Entry("edit", "change a flow from a script, line by line as an editor does"),
    "rename": Entry("rename", "give a part of a flow another name, everywhere it is named"),
    "fmt": Entry("fmt", "give flow files the form that all have; data and comments stay"),
    "graph": Entry("graph", "print a flow forwards, from its sources to its ends"),
    "nodes": Entry("nodes", "list the node types, or explain one"),
    "new-node": Entry("new_node", "write a node of your own, and a test for it, to start from"),
    "simulate": Entry("simulate", "let a simulated household use a flow for weeks, in seconds"),
    "deploy": Entry("deploy", "put another version of a flow in the place of the one that runs"),
    "versions": Entry("versions", "list the versions of a flow, compare two, go back to one"),
    "reload": Entry("reload", "run the site's own nodes with the code that their files hold now"),
    "sessions": Entry("sessions", "list the sessions of a month, correct one, start or stop one"),
    "audit": Entry("audit", "list who deployed, replayed, or changed cards and prices, and when"),
    "log-level": Entry("log_level", "show or change how much a running node writes down"),
    "tap": Entry("tap", "print what leaves an output of the running flow, live"),
    "inject": Entry("inject", "send a message into an input of the running flow"),
    "record": Entry("record", "write what happens in the running flow to a file"),
    "replay": Entry("replay", "play a recording through a flow, and show the first difference"),
    "dead-letters": Entry("dead_letters", "list, replay and discard what nobody could handle"),
    "notifications": Entry("notifications", "list what people were told, and how each went"),
    "notify-test": Entry("notify_test", "send a test to a person, and say how it went"),
    "report": Entry("report", "write the statement of a month as XLSX, PDF or CSV"),
    "statements": Entry("statements", "list, show and verify the statements that were issued"),
    "tokens": Entry("tokens", "list, add, enrol, change and disable the cards that may charge"),
    "users": Entry("users", "list the people who may sign in, add one, set a password"),
    "accounts": Entry("accounts", "list the drivers, vehicles and cost centres, or change them"),
    "meters": Entry("meters", "list the kWh meters, say what is known of one, or exchange one"),
    "prices": Entry("prices", "list the price versions, or set the price from a day on"),
    "db": Entry("db", "upgrade, check, back up and restore what a site keeps"),
    "calendar": Entry("calendar", "print the off-peak hours of two years, with their holidays"),
    "secrets": Entry("secrets", "list secrets and who uses them, or give one a value"),
    "doctor": Entry("doctor", "see whether this machine and this site are fit to run"),
    "hardware": Entry("hardware", "list, draw, probe and test the parts that a flow is wired to"),
    "schema": Entry("schema", "write JSON Schemas, by which an editor completes flow files"),
    "_runtime": Entry("runtime", "run a flow under a guardian", hidden=True),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; every error becomes one line on stderr."""
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    _write_in_any_encoding()
    try:
        with ends_when_told():
            code = _dispatch([word for word in words if word != "--debug"], debug)
        sys.stdout.flush()  # so that a reader that has gone is noticed here
        return code
    except SystemExit as done:  # argparse has printed a help text
        return int(done.code or exit_codes.OK)
    except KeyboardInterrupt:
        return exit_codes.INTERRUPTED
    except BrokenPipeError:  # the reader, `head` perhaps, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exit_codes.OK
    except Exception as error:  # the one place that turns an error into an exit code
        return _explain(error, debug)


def _write_in_any_encoding() -> None:
    """Write an escape where the terminal lacks a character: no command fails because of one."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _dispatch(words: Sequence[str], debug: bool) -> int:
    """Read the options before the command, and give the rest to the command."""
    split = next((i for i, word in enumerate(words) if not word.startswith("-")), len(words))
    _top_parser().parse_args(words[:split])
    if split == len(words):
        raise UsageError("no command given")
    name = words[split]
    entry = COMMANDS.get(name)
    if entry is None:
        import difflib  # noqa: PLC0415  (only who has mistyped needs it)

        close = difflib.get_close_matches(name, [n for n, e in COMMANDS.items() if not e.hidden])
        hint = f", did you mean {close[0]!r}?" if close else ""
        raise UsageError(f"{name!r} is not a command{hint}")
    command = cast(Command, importlib.import_module(f"{__name__}.{entry.module}"))
    parser = command_parser(name, entry, command)
    return command.run(parser.parse_args(words[split + 1 :], argparse.Namespace(debug=debug)))


def _top_parser() -> Parser:
    width = max(map(len, COMMANDS))
    shown = [f"  {n:<{width}}  {e.summary}" for n, e in COMMANDS.items() if not e.hidden]
    parser = Parser(
        prog=PROGRAM,
        usage=f"{PROGRAM} [--version] [--debug] COMMAND ...",
        description="A charge point that its owner can reshape.\n\ncommands:\n" + "\n".join(shown),
        epilog=f"`{PROGRAM} COMMAND --help` explains a command.\n\n{exit_codes.EXPLAINED}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"{PROGRAM} {__version__}")
    parser.add_argument(
        "--debug", action="store_true", help="show the traceback of an unexpected error"
    )
    return parser


def _explain(error: Exception, debug: bool) -> int:
    """Print one line about `error` and return the exit code that it stands for."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, OppleoError | UsageError):
        _say(str(error))
        if isinstance(error, Refused):
            return exit_codes.REFUSED
        return (
            exit_codes.USAGE if isinstance(error, ConfigError | UsageError) else exit_codes.FAILED
        )
    if isinstance(error, OSError) and error.strerror:
        _say(f"{error.filename}: {error.strerror}" if error.filename else error.strerror)
        return exit_codes.FAILED
    logger = logging.getLogger(__name__)
    if logger.hasHandlers():
        logger.critical("the command ended", exc_info=error)
    _say(f"internal error: {type(error).__name__}: {error}; `--debug` shows where")
    return exit_codes.FAILED


def _say(text: str) -> None:
    """Print one line on stderr."""
    line = " ".join(part.strip() for part in text.splitlines())
    print(f"{PROGRAM}: {line}", file=sys.stderr)
