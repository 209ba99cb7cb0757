"""`oppleo-flow hardware`: for the person with the screwdriver."""

import argparse
import json
import shlex
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from oppleo_flow.cli.command import PROGRAM, add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import (
    Surroundings,
    add_target,
    flow_of,
    mistaken,
    variables_of,
)
from oppleo_flow.cli.folder import SETTINGS, locked, site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.table import table
from oppleo_flow.cli.trial_kinds import TYPES_OF
from oppleo_flow.cli.wiring_diagram import diagram
from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.hardware_parts import Part, parts_of
from oppleo_flow.options import parse_seconds

EXAMPLES = (
    ("hardware list garage", "each part of the flow, and where it is wired to"),
    ("hardware diagram garage -o wiring.svg", "a drawing of the header and of every wire"),
    ("hardware pins garage", "a table of the header's pins, to hang beside the box"),
    ("hardware probe garage", "a verdict on each part, with what to check; nothing moves"),
    ("hardware test rfid garage --for 1m", "hold cards to the reader, and see what it reads"),
    ("hardware test evse-switch garage", "give the SmartEVSE access for 5 s; asks before"),
    ("hardware test led garage --simulate", "try the same on simulated hardware"),
)
_LONGEST_S: Final = 3600.0
_PROBES: Final = """\
ok         it answers
bad        it does not, or what it is connected by is not there; the next line says what to check
not moved  LED, buzzer and switch move the world: `test` tries them

The last line counts.  The site must not run meanwhile.

exit codes: 0 none is bad; 1 one is; 2 the flow has errors; 3 the site runs
"""
_TESTS: Final = """\
what is done:
  led          each thing that it can show, 2 s each, told in words
  buzzer       each pattern
  rfid         tells each card, with its UID and its number in Oppleo, for 30 s
  meter        reads as fast as the line allows, for 10 s: the first reading whole, then how many
               a second, and how many questions failed
  evse-switch  closes for 5 s and opens; what the pin reads back and, where the flow reads the LED
               of the SmartEVSE, whether that followed.  A car that is plugged in may charge, so
               it asks before
  evse-state   tells what the LED of the SmartEVSE says at each change, for 30 s

The site must not run meanwhile.  Outputs are at their safe level at the end, however it ends.
At the end stands the verdict: ok or bad, and what to check.

exit codes: 0 ok; 1 bad; 2 the flow has no such part; 3 the site runs; 130 ended with Ctrl-C
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    show = actions.add_parser("list", help="the parts, their pins, ports and addresses")
    draw = actions.add_parser("diagram", help="draw the wires, as SVG")
    pins = actions.add_parser("pins", help="the wires in the order of the header, as Markdown")
    actions.add_parser("meters", help="how each model of meter comes, as Markdown")
    look = actions.add_parser(
        "probe",
        help="ask every part, moving none; a verdict on each",
        epilog=_PROBES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    test = actions.add_parser(
        "test",
        help="try one part by hand, while the site does not run",
        epilog=_TESTS,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    draw.add_argument(
        "-o", "--output", metavar="FILE", help="where to write it (default: print it)"
    )
    test.add_argument(
        "part", metavar="PART", choices=TYPES_OF, help=f"one of {', '.join(TYPES_OF)}"
    )
    for action in (show, draw, pins, look, test):
        add_target(action)
        add_variables(action)
    for action in (show, look):
        action.add_argument("--json", action="store_true", help="print JSON")
    for action in (look, test):
        action.add_argument("--simulate", action="store_true", help="use simulated hardware")
    test.add_argument("--node", metavar="ID", help="which node, where the flow has several")
    test.add_argument(
        "--for",
        dest="for_s",
        metavar="TIME",
        type=_duration,
        help="how long to look, to keep closed or to show each thing, such as 30s",
    )
    test.add_argument(
        "--yes", action="store_true", help="evse-switch: do not ask whether it may close"
    )


def _duration(text: str) -> float:
    """Return a duration in seconds."""
    try:
        seconds = float(str(parse_seconds(text)))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{error}, got {text!r}") from None
    if not 0 < seconds <= _LONGEST_S:
        raise argparse.ArgumentTypeError(f"at most 1h, and more than 0s, got {text!r}")
    return seconds


def run(args: argparse.Namespace) -> int:
    """Do what was asked for."""
    return _ACTIONS[args.action](args)


def _list(args: argparse.Namespace) -> int:
    folder, _ = flow_of(args.target)
    is_site = (folder / SETTINGS).is_file()
    parts = parts_of(_graph(args, simulate=is_site and Site.load(folder).simulate))
    print(_as_json(parts) if args.json else _listing(parts))
    return OK


def _diagram(args: argparse.Namespace) -> int:
    graph = _graph(args)
    drawn = diagram(f"{graph.name}: wiring", parts_of(graph))
    if args.output is None:
        sys.stdout.write(drawn)
    else:
        Path(args.output).write_text(drawn, encoding="utf-8")
        print(f"wrote {args.output}")
    return OK


def _pins(args: argparse.Namespace) -> int:
    # Not at the top, here and below: a list has no use for drivers and engine.
    from oppleo_flow.cli.hardware_tables import pin_table  # noqa: PLC0415

    print(pin_table(parts_of(_graph(args))))
    return OK


def _meters(args: argparse.Namespace) -> int:
    from oppleo_flow.cli.hardware_tables import meter_table  # noqa: PLC0415

    print(meter_table())
    return OK


def _probe(args: argparse.Namespace) -> int:
    from oppleo_flow.cli.hardware_probe import in_a_sentence, probed  # noqa: PLC0415

    site = _site(args)
    graph = _graph(args, simulate=site.simulate)
    with locked(site.folder):
        verdicts = probed(site, graph, shlex.quote(args.target) if args.target else "")
    if args.json:
        print(json.dumps([verdict.as_json() for verdict in verdicts], indent=2))
    else:
        print("\n".join([*map(str, verdicts), in_a_sentence(verdicts)]))
    return FAILED if any(verdict.level == "bad" for verdict in verdicts) else OK


def _test(args: argparse.Namespace) -> int:
    from oppleo_flow.cli.hardware_trial import test_part  # noqa: PLC0415

    site = _site(args)
    return test_part(site, _graph(args, simulate=site.simulate), args)


_ACTIONS: Final[Mapping[str, Callable[[argparse.Namespace], int]]] = {
    "list": _list,
    "diagram": _diagram,
    "pins": _pins,
    "meters": _meters,
    "probe": _probe,
    "test": _test,
}


def _site(args: argparse.Namespace) -> Site:
    folder, _ = flow_of(args.target)
    return Site.load(site_folder(str(folder)), simulate=args.simulate)


def _graph(args: argparse.Namespace, *, simulate: bool = False) -> Graph:
    folder, file = flow_of(args.target)
    variables = variables_of(args.variables, "hardware")
    result = Surroundings.of(folder, variables, simulate=simulate).check(file)
    if result.graph is None:
        raise ConfigError(f"{file}: has errors; see `{PROGRAM} check {file}`")
    for finding in mistaken(result):  # or another port would be tried than somebody thinks
        raise ConfigError(f"{file}: {finding.message}")
    return result.graph


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
