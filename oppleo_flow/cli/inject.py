"""`oppleo-flow inject`: send a message into an input of the running flow."""

import argparse

from oppleo_flow.cli.command import add_site
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.running import Running
from oppleo_flow.testing.notation import noted

EXAMPLES = (
    (
        "inject authorise '{uid: 04A1B2C3, legacy_id: 19892716500}'",
        "as if this card were swiped: a session begins, or ends",
    ),
    ("inject report '{due: 2026-02-01T06:00:00+01:00}' garage", "write a statement of January"),
)
_EXPLAINED = """\
Send a message into an input of the running flow, as if a wire had brought it.

PAYLOAD is written as in the tests of a flow, or as JSON: a map of fields, of which `type:` says
which of several types is meant; or a plain value.  A field that has no default must be given,
because nothing is made up; a moment that is not given is now.

What moves the world by itself, a node with a safe level, takes no message from here: send to what
leads to it, so that what decides about it still does.  A message that the node cannot handle shows
as its fault.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = _EXPLAINED
    parser.add_argument(
        "input", metavar="NODE[.PORT]", help="an input; of a node alone `in`, or its only one"
    )
    parser.add_argument("payload", metavar="PAYLOAD", help="as {uid: 04A1B2C3, …}")
    add_site(parser)


def run(args: argparse.Namespace) -> int:
    """Send it, and say what was sent."""
    running = Running(site_folder(args.site))
    sent = running.ask("POST", "/inject", {"to": args.input, "payload": args.payload})
    print(f"sent into {sent['node']}.{sent['port']}: {sent['type']} {noted(sent['value'])}")
    return OK
