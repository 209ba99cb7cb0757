"""`oppleo-flow hardware`: for the person with the screwdriver."""

import argparse
import json
import sys
from pathlib import Path

from oppleo_flow.cli.command import PROGRAM, add_variables
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.flow_files import Surroundings, add_target, flow_of, variables_of
from oppleo_flow.cli.hardware_parts import Part, parts_of
from oppleo_flow.cli.table import table
from oppleo_flow.cli.wiring_diagram import diagram
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import Graph

EXAMPLES = (
    ("hardware list garage", "each part of the flow, and where it is wired to"),
    ("hardware diagram garage -o wiring.svg", "a drawing of the header and of every wire"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="the parts, their pins, ports and addresses")
    show.add_argument("--json", action="store_true", help="print JSON")
    draw = actions.add_parser("diagram", help="draw the wires, as SVG")
    draw.add_argument(
        "-o", "--output", metavar="FILE", help="where to write it (default: print it)"
    )
    for action in (show, draw):
        add_target(action)
        add_variables(action)


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    graph = _graph(args)
    parts = parts_of(graph)
    if args.action == "diagram":
        drawn = diagram(f"{graph.name}: wiring", parts)
        if args.output is None:
            sys.stdout.write(drawn)
        else:
            Path(args.output).write_text(drawn, encoding="utf-8")
            print(f"wrote {args.output}")
    else:
        print(_as_json(parts) if args.json else _listing(parts))
    return OK


def _graph(args: argparse.Namespace) -> Graph:
    folder, file = flow_of(args.target)
    variables = variables_of(args.variables, "hardware")
    graph = Surroundings.of(folder, variables).check(file).graph
    if graph is None:
        raise ConfigError(f"{file}: has errors; see `{PROGRAM} check {file}`")
    return graph


def _listing(parts: list[Part]) -> str:
    rows = [
        (part.name, part.type, part.through, part.place, "simulated" if part.simulated else "")
        for part in parts
    ]
    return table(("part", "type", "through", "where", ""), rows)


def _as_json(parts: list[Part]) -> str:
    data = [
        {
            "name": part.name,
            "type": part.type,
            "through": part.through or None,
            "simulated": part.simulated,
            "where": [
                {"resource": claim.resource, "pin": claim.pin, "wire": claim.wire or None}
                for claim in part.claims
            ],
        }
        for part in parts
    ]
    return json.dumps(data, indent=2)
