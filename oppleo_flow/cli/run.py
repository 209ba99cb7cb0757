"""`oppleo-flow run`: becomes the guardian; the runtime is its child."""

import argparse
import os
from pathlib import Path

from oppleo_flow.child import child_environment, python_module
from oppleo_flow.cli.command import add_site, add_variables
from oppleo_flow.cli.folder import locked, site_folder
from oppleo_flow.guardian import Guardian, Settings

_LAST_PORT = 65535
EXAMPLES = (
    ("run garage", "run the flow that garage/oppleo.yaml names; Ctrl-C stops it"),
    ("run garage --simulate", "the same flow on simulated hardware, with a ledger of its own"),
    ("run --flow flows/night.yaml", "run another flow of this site"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_site(parser)
    add_options(parser)


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options that the runtime is told too."""
    parser.add_argument("--flow", metavar="FILE", help="the flow (default: as oppleo.yaml says)")
    parser.add_argument(
        "--simulate", action="store_true", help="use simulated hardware, and a ledger of its own"
    )
    parser.add_argument(
        "--port", metavar="N", type=_port, help="the page's port (default: as oppleo.yaml says)"
    )
    add_variables(parser)
    parser.add_argument(
        "--strict",
        action="store_true",
        help="do not start when hardware or a node type is missing",
    )


def _port(text: str) -> int:
    """Return a port's number."""
    if not (text.isdecimal() and text.isascii() and int(text) <= _LAST_PORT):
        raise argparse.ArgumentTypeError(f"a number from 0 to {_LAST_PORT} is needed, got {text!r}")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Become the guardian and its runtime, and watch over the one until the other ends."""
    folder = site_folder(args.site)
    args.flow = str(Path(args.flow).absolute()) if args.flow else None
    options = ["--flow", args.flow] if args.flow else []
    options += ["--port", str(args.port)] if args.port is not None else []
    options += [word for pair in args.variables for word in ("--set", pair)]
    options += [name for name in ("--simulate", "--strict", "--debug") if vars(args)[name[2:]]]
    os.environ.update(child_environment())
    os.chdir(folder)  # so that the path of a local socket in the site is short enough
    settings = Settings(
        command=python_module("oppleo_flow", "_runtime", str(folder), *options),
        safe_command=python_module("oppleo_flow.devices.safe_pins"),
    )
    with locked(folder):
        guardian = Guardian(settings)
        if not guardian.fork():
            return guardian.run()
        # Not at the top: the guardian has no use for it, and should be small.
        from oppleo_flow.cli import runtime  # noqa: PLC0415

        told = {"site": folder, "quarantine": [], "last_good": False}
        return runtime.run(argparse.Namespace(**{**vars(args), **told}))
