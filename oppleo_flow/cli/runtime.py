"""`oppleo-flow _runtime`: the child of the guardian, in which a flow runs."""

import argparse
import gc

from oppleo_flow.cli import run as run_command

EXAMPLES = (("_runtime garage", "what `oppleo-flow run` starts; not for people"),)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("site", metavar="SITE")
    run_command.add_options(parser)
    parser.add_argument("--quarantine", metavar="NODE", action="append", default=[])


def run(args: argparse.Namespace) -> int:
    """Run the flow until told to stop; return why it ended."""
    # Nearly all that is made while it starts stays; `life` collects once, when it runs.
    gc.disable()
    from oppleo_flow.cli.life import run_flow  # noqa: PLC0415

    return run_flow(args)
