"""`oppleo-flow graph`: a flow forwards, where its file tells it backwards."""

import argparse
import sys

from oppleo_flow.cli.command import add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import (
    Surroundings,
    add_target,
    flow_of,
    variables_of,
)
from oppleo_flow.cli.graph_text import draw, mermaid

EXAMPLES = (
    ("graph garage", "the flow that this site runs"),
    ("graph flows/charge-point.yaml", "one flow"),
    ("graph --format mermaid", "as a diagram that many sites and editors can show"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_target(parser)
    add_variables(parser)
    parser.add_argument("--format", choices=("text", "mermaid"), default="text")


def run(args: argparse.Namespace) -> int:
    """Print the flow; one with errors has no graph."""
    folder, file = flow_of(args.target)
    result = Surroundings.of(folder, variables_of(args.variables, "graph")).check(file)
    if result.graph is None:
        print("\n\n".join(finding.render() for finding in result.errors), file=sys.stderr)
        return FAILED
    print(draw(result.graph) if args.format == "text" else mermaid(result.graph))
    return OK
