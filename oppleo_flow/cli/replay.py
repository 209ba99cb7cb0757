"""`oppleo-flow replay`: whether a flow still does what it did when it was recorded."""

import argparse
import json
import logging
import sys
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from oppleo_flow.cli.command import PROGRAM, UsageError, add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK, USAGE
from oppleo_flow.cli.flow_files import Surroundings, flow_of, mistaken, variables_of
from oppleo_flow.cli.listening import seconds_of
from oppleo_flow.cli.progress import working
from oppleo_flow.cli.test import StandInSecrets, setting_of
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.testing.recording import Recording, read_recording
from oppleo_flow.testing.replay import Replayed, replay
from oppleo_flow.testing.replay_cast import Choice
from oppleo_flow.testing.replay_told import as_json, problem_of

EXAMPLES = (
    ("replay monday.ndjson", "does the flow of this site still do what it did on Monday?"),
    ("replay monday.ndjson flows/new.yaml --any-flow", "does another flow?"),
    ("replay monday.ndjson --set offpeak_only=on --json", "what would have been; for a program"),
    ("replay monday.ndjson --as-tests rfid", "what each card brought about, as tests of the flow"),
)
_EXPLAINED = f"""\
Play what `{PROGRAM} record` wrote through a flow, at speed, and compare.

What the sources sent (the nodes without inputs: readers, meters, schedules) is sent again at the
same moments, in virtual time; their faults come and go as they did.  Everything else runs, on a
simulated charge point with a ledger of its own that knows the cards as they were then; nothing
outside is touched, and no secret is needed.  What leaves each output is held against the recording,
and the first that is not the same is shown: what was expected, what was received, and the way it
took; the exit code is then 1.  Moments may differ by --within; an id that is made anew may be
another, as long as it is the same one throughout.  Nodes that are new are not compared.

A replay begins as a flow does that was just started.  A recording that begins within a session, or
in the middle of another thing that takes its time, differs for that reason, and the levels that
held something else are named: begin it when nothing is going on.
"""


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.description = _EXPLAINED
    parser.add_argument("file", metavar="FILE", type=Path, help="the recording")
    parser.add_argument(
        "target",
        metavar="FLOW",
        nargs="?",
        help="a flow file, or the folder of a site (default: $OPPLEO_SITE, else this folder)",
    )
    parser.add_argument(
        "--without",
        metavar="NODE",
        action="append",
        default=[],
        help="play nothing of a node, and do not compare it; may be repeated",
    )
    parser.add_argument(
        "--stub",
        metavar="NODE",
        action="append",
        default=[],
        help="let a node that has inputs send what it sent, too; may be repeated",
    )
    parser.add_argument(
        "--within", metavar="TIME", default="2s", help="how much moments may differ (default: 2s)"
    )
    parser.add_argument(
        "--any-flow",
        action="store_true",
        help="also a recording of another flow",
    )
    parser.add_argument(
        "--as-tests",
        metavar="NODE",
        help="print each message that begins at a node as a test, to be pasted into the flow",
    )
    add_variables(parser)
    parser.add_argument("--json", action="store_true", help="the result for a program")


def run(args: argparse.Namespace) -> int:
    """Replay, and print the first difference, or how much was the same."""
    # What goes wrong is part of the result; nobody reads a log of it.
    logging.getLogger("oppleo_flow").addHandler(logging.NullHandler())
    choice = Choice(
        frozenset(args.without),
        frozenset(args.stub),
        timedelta(seconds=seconds_of(args.within, "replay", "--within") or 0),
        args.as_tests,
    )
    recording = read_recording(args.file)
    folder, file = flow_of(args.target)
    variables = variables_of(args.variables, "replay")
    around = Surroundings.of(folder, variables, simulate=True, secrets=StandInSecrets())
    checked = around.check(file)
    errors = [*checked.errors, *mistaken(checked)]
    if checked.graph is None or errors:
        print("\n\n".join(error.render() for error in errors), file=sys.stderr)
        return USAGE
    graph = checked.graph
    _refuse_another(args, recording, graph)
    with working(f"replaying {recording.ended_at - recording.began_at}"):
        replayed = replay(graph, recording, choice, setting_of(file))
    if args.as_tests is not None:
        print("".join(replayed.tests), end="")
        return OK
    if args.json:
        print(json.dumps(as_json(replayed, recording), indent=2, ensure_ascii=False))
    else:
        print("\n".join(_told(replayed, graph, recording)))
    return OK if replayed.difference is None else FAILED


def _refuse_another(args: argparse.Namespace, recording: Recording, graph: Graph) -> None:
    if recording.flow != graph.name and not args.any_flow:
        raise Refused(
            f"{recording.file}: is a recording of the flow {recording.flow!r}, and {graph.file} is "
            f"{graph.name!r}; name the flow, or compare them nevertheless with --any-flow"
        )
    known = {*graph.nodes, *recording.nodes}
    for option, names in (("--without", args.without), ("--stub", args.stub)):
        unknown = [name for name in names if name not in known]
        if unknown:
            raise UsageError(f"{option}: there is no node {unknown[0]!r}", "replay")


def _told(replayed: Replayed, graph: Graph, recording: Recording) -> list[str]:
    lines = []
    if recording.cut is not None:
        lines.append(f"{recording.file}:{recording.cut}: is cut off here; what is before it counts")
    if recording.lost:
        lines.append(f"{recording.file}: {recording.lost} messages were lost when it was recorded")
    if replayed.began_otherwise:
        began = ", ".join(replayed.began_otherwise)
        lines.append(f"held something else when the recording began: {began}")
    if replayed.new:
        lines.append(f"not compared, because new: {', '.join(replayed.new)}")
    same = f"{replayed.same} messages on {replayed.outputs} wires were the same"
    if replayed.difference is None:
        return [*lines, f"{same}, after {replayed.played} of the sources"]
    zone = ZoneInfo(recording.timezone)
    problem = problem_of(replayed, graph, recording, zone)
    return [*lines, problem.render(graph.name), f"until then {same}"]
