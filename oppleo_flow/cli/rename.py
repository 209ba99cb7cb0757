"""`oppleo-flow rename`: give a part of a flow another name, everywhere that it is named."""

import argparse
from pathlib import Path

from oppleo_flow.cli import edit
from oppleo_flow.cli.command import add_site_option
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.site import Site
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import YamlMap

EXAMPLES = (
    ("rename meter kwh_meter", "a node of the site's flow, also where other flows name it"),
    ("rename rs485 bus", "a connection, with the options that name it"),
    ("rename night/gate off_peak", "a node of the flow beside it that is called night"),
    ("rename meter kwh_meter --diff", "write nothing; print what would change"),
)
_SECTIONS = ("nodes", "connections", "subflows", "vars")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument(
        "name", metavar="NAME", help="a node, connection, subflow or variable, as NAME or FLOW/NAME"
    )
    parser.add_argument("new", metavar="NEW", help="its new name")
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what would change"
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Find what is meant, and rename it in every file, or in none."""
    flow = Site.load(site_folder(args.site)).flow
    other, _, name = args.name.rpartition("/")
    file = flow.with_name(f"{other}.yaml") if other else flow
    path = f"{_section(file, name)}.{name}"
    return edit.run(
        argparse.Namespace(file=file, verb="rename", path=path, value=args.new, diff=args.diff)
    )


def _section(file: Path, name: str) -> str:
    """Return the one section of a flow that has a part of that name."""
    text = read_text(file)
    if isinstance(text, Finding):
        raise ConfigError(text.headline())
    root = parse(text, Report(str(file), split_lines(text)))
    parts = {key: root.get(key) for key in _SECTIONS} if isinstance(root, YamlMap) else {}
    known = {key: part.entries for key, part in parts.items() if isinstance(part, YamlMap)}
    found = [key for key, names in known.items() if name in names]
    if len(found) > 1:
        both = " and ".join(f"{key}.{name}" for key in found)
        raise Refused(f"{file}: {name!r} is {both}; use `oppleo-flow edit {file} rename` for one")
    if not found:
        every = [one for names in known.values() for one in names]
        raise Refused(f"{file}: there is no {name!r}{hint(name, every)}")
    return found[0]
