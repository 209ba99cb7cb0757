"""`oppleo-flow log-level`: how much each node of the running flow writes into the log."""

import argparse

from oppleo_flow.cli.command import UsageError, add_site_option
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.cli.table import table

EXAMPLES = (
    ("log-level", "the level of each node"),
    ("log-level meter debug", "let one node tell all that it can, without a restart"),
    ("log-level meter --reset", "let it say as much as the flow says again"),
)
_LEVELS = ("debug", "info", "warning", "error")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("node", metavar="NODE", nargs="?", help="the node's id")
    parser.add_argument(
        "level", metavar="LEVEL", nargs="?", choices=_LEVELS, help=f"one of {', '.join(_LEVELS)}"
    )
    parser.add_argument(
        "--reset", action="store_true", help="as the flow says, or oppleo.yaml where it does not"
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Show the levels, or change one until the node or the program starts anew."""
    running = Running(site_folder(args.site))
    if args.node is None and not args.reset:
        nodes = running.get("/log-levels")["nodes"]
        print(table(("node", "level"), sorted(nodes.items())))
        return OK
    if args.node is None or (args.level is None) != args.reset:
        raise UsageError("say for one NODE either LEVEL or --reset", "log-level")
    done = running.ask("PUT", "/log-levels", {"node": args.node, "level": args.level})
    print(f"{done['node']}: {done['level']}, until the node or the program starts anew")
    return OK
