"""`oppleo-flow graph`: a flow forwards, where its file tells it backwards."""

import argparse
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import SecretStr

from oppleo_flow.cli import graph_json
from oppleo_flow.cli.command import add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import Surroundings, add_target, flow_of, variables_of
from oppleo_flow.cli.graph_dot import dot
from oppleo_flow.cli.graph_mermaid import mermaid
from oppleo_flow.cli.graph_sketch import Sketch, sketch
from oppleo_flow.cli.graph_text import text
from oppleo_flow.flowfile import Finding, Graph

EXAMPLES = (
    ("graph garage", "the flow that this site runs"),
    ("graph flows/charge-point.yaml --expand", "one flow, with the nodes inside its subflows"),
    ("graph --format mermaid", "as a diagram that many sites and editors can show"),
    ("graph --format dot | dot -Tsvg > flow.svg", "as a picture, by Graphviz"),
    ("graph --format json", "for a program: every node, port and wire"),
)
_DRAWINGS: Mapping[str, Callable[[Sketch], str]] = {"text": text, "dot": dot, "mermaid": mermaid}


class _AnySecret:
    """Secrets of which only the names matter: a drawing shows none."""

    findings: tuple[Finding, ...] = ()

    def get(self, name: str) -> SecretStr:
        """Return something in the place of a secret."""
        return SecretStr(f"placeholder-for-{name}")

    def remedy(self, name: str) -> str:
        """Return nothing: no secret is ever missing."""
        return ""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_target(parser)
    add_variables(parser)
    parser.add_argument(
        "--format", choices=(*_DRAWINGS, "json"), default="text", help="(default: text)"
    )
    parser.add_argument(
        "--expand", action="store_true", help="draw the nodes inside a subflow, not one box for it"
    )
    about = f"with --format json:\n{textwrap.indent(graph_json.EXPLAINED, '  ')}"
    parser.epilog = f"{about}\n\n{parser.epilog}"


def run(args: argparse.Namespace) -> int:
    """Print the flow, then what is wrong with it.

    Missing secrets and types are drawn over; other errors leave nothing to draw.
    """
    folder, file = flow_of(args.target)
    around = Surroundings.of(folder, variables_of(args.variables, "graph"))
    result = around.check(file)
    graph = result.graph or _as_far_as_possible(around, file)
    if graph is not None and args.format == "json":
        print(graph_json.as_json(graph))
    elif graph is not None:
        print(_DRAWINGS[args.format](sketch(graph, expand=args.expand)))
    _tell([*result.errors, *result.warnings])
    return FAILED if graph is None else OK


def _as_far_as_possible(around: Surroundings, file: Path) -> Graph | None:
    """Return the graph of a flow whose secrets or node types are missing, and that is all."""
    settings = replace(around.settings, secrets=_AnySecret(), placeholders=True)
    return replace(around, settings=settings).check(file).graph


def _tell(findings: Sequence[Finding]) -> None:
    if findings:
        print("\n\n".join(finding.render() for finding in findings), file=sys.stderr)
