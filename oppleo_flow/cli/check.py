"""`oppleo-flow check`: everything that is wrong with a site's settings and flows, in one run."""

import argparse
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from oppleo_flow.cli import profile_health
from oppleo_flow.cli.check_codes import codes_as_json, codes_as_text
from oppleo_flow.cli.command import add_variables
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_files import (
    Surroundings,
    add_target,
    flow_of,
    folder_of,
    is_file,
    variables_of,
)
from oppleo_flow.cli.folder import SETTINGS, site_folder
from oppleo_flow.cli.settings_file import check_settings
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.cli.site_ledger import day_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.flowfile import CheckResult, Finding, Place
from oppleo_flow.flowfile.files import FLOWS, SUBFLOWS
from oppleo_flow.registry import Registry

EXAMPLES = (
    ("check garage", "check oppleo.yaml, every flow and every node file of a site"),
    ("check flows/charge-point.yaml", "check one flow"),
    ("check --format json", "for a program: a list of findings, each with a stable code"),
    ("check --connect", "see whether meter, reader, pins and servers answer; nothing is changed"),
    ("check --format github", "annotations, as GitHub shows them beside the lines"),
    ("check --codes", "every code that a finding may have, with an example"),
)
_PLACE = re.compile(r"(?P<file>.+?):(?P<line>\d+): (?P<message>.*)", re.DOTALL)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    add_target(parser)
    add_variables(parser)
    parser.add_argument(
        "--format", choices=("text", "json", "github"), default="text", help="(default: text)"
    )
    parser.add_argument(
        "--connect",
        action="store_true",
        help="then open each connection of the flow and read one thing, changing nothing",
    )
    parser.add_argument("--notes", action="store_true", help="show what is only worth knowing, too")
    parser.add_argument(
        "--on",
        metavar="DAY",
        help="check what settings go by for that day, such as 2027-01-01 (default: today)",
    )
    parser.add_argument("--codes", action="store_true", help="list what can be found, and stop")


def run(args: argparse.Namespace) -> int:
    """Check, and print what was found; warnings and notes stop nothing."""
    if args.codes:
        print(codes_as_json() if args.format == "json" else codes_as_text())
        return OK
    variables = variables_of(args.variables, "check")
    if is_file(args.target):
        files = [Path(args.target)]
        around = Surroundings.of(folder_of(files[0]), variables)
        findings = list(around.check(files[0]).findings)
    else:
        folder = site_folder(args.target)
        settings, found = check_settings(folder / SETTINGS)
        flows = set((folder / FLOWS).glob("*.yaml"))
        if settings is not None:
            flows.add(Site(folder, settings).flow)
            late = profile_health.finding(settings, folder / SETTINGS, _day(args, settings))
            found = (*found, *([late] if late else []))
        files = [*sorted(flows), *sorted((folder / SUBFLOWS).glob("*.yaml"))]
        around = Surroundings.of(folder, variables)
        findings = [*found, *_in_files(around, files), *_broken_node_files(around.registry)]
        files = [folder / SETTINGS, *files]
    shown = [f for f in findings if args.notes or f.severity != "info"]
    if args.format == "json" and not args.connect:
        print(json.dumps([finding.as_json() for finding in findings], indent=2))
    elif args.format == "github":
        print("\n".join(map(_annotation, shown)))
    elif args.format == "text":
        print("\n\n".join([*(finding.render() for finding in shown), _summary(files, shown)]))
    if _count(findings, "error"):
        return FAILED
    return _connect(args, variables) if args.connect else OK


def _day(args: argparse.Namespace, settings: SiteSettings) -> date:
    """Return the day by which is checked: today, by the site's clock, unless one is named."""
    if args.on is not None:
        return day_of(args.on, "--on", "check")
    return profile_health.day_at(settings, SystemClock().now())


def _connect(args: argparse.Namespace, variables: Mapping[str, str]) -> int:
    # Not at the top: a check has no use for the drivers.
    from oppleo_flow.cli.connecting import connect_all  # noqa: PLC0415

    folder, flow = flow_of(args.target)
    verdicts = connect_all(Site.load(site_folder(str(folder))), flow, variables)
    if args.format == "json":
        print(json.dumps([verdict.as_json() for verdict in verdicts], indent=2))
    else:
        print("\n".join(map(str, verdicts)))
    return FAILED if any(verdict.level == "bad" for verdict in verdicts) else OK


def _annotation(finding: Finding) -> str:
    """Return a finding as GitHub's workflow commands have it."""
    level = {"error": "error", "warning": "warning"}.get(finding.severity, "notice")
    place = finding.place
    text = finding.message if finding.node is None else f"{finding.node}: {finding.message}"
    for sign, escaped in (("%", "%25"), ("\r", "%0D"), ("\n", "%0A")):
        text = text.replace(sign, escaped)
    where = f"file={place.file},line={place.line},col={place.column},title={finding.code}"
    return f"::{level} {where}::{text}"


def _in_files(around: Surroundings, files: Sequence[Path]) -> Iterator[Finding]:
    """Yield what is wrong with flows and subflows, each told once.

    A file that another leads to is checked together with that one, as it runs.
    """
    results = [(str(file), around.check(file)) for file in files]
    results.sort(key=lambda one: len(one[1].texts), reverse=True)
    whole: list[CheckResult] = []
    for file, result in results:
        if not any(file in other.texts for other in whole):
            whole.append(result)
    told = set()
    for result in sorted(whole, key=lambda one: next(iter(one.texts), "")):
        for finding in result.findings:
            if (finding.code, finding.place, finding.message) not in told:
                told.add((finding.code, finding.place, finding.message))
                yield finding


def _broken_node_files(registry: Registry) -> Iterator[Finding]:
    """Yield a warning for each node file of the site that cannot be used; no flow need use it."""
    for file, fault in registry.drop_in_faults().items():
        found = _PLACE.fullmatch(str(fault))
        line = int(found["line"]) if found else 1
        message = found["message"] if found else str(fault)
        yield Finding("node-file", "warning", Place(str(file), line, 1), message)


def _summary(files: Sequence[Path], findings: Sequence[Finding]) -> str:
    errors, warnings = _count(findings, "error"), _count(findings, "warning")
    checked = f"{len(files)} files checked" if len(files) != 1 else f"{files[0]}"
    if not findings:
        return f"{checked}: no errors"
    notes = _count(findings, "info")
    counted = [_number(errors, "error"), _number(warnings, "warning")]
    return f"{checked}: {', '.join([*counted, *([_number(notes, 'note')] if notes else [])])}"


def _count(findings: Sequence[Finding], severity: str) -> int:
    return sum(finding.severity == severity for finding in findings)


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
