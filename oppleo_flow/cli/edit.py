"""`oppleo-flow edit`: change a flow from a script, line by line as an editor does."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.flow_files import folder_of
from oppleo_flow.cli.text_file import alone_in, difference, write_text
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.flowfile import Finding
from oppleo_flow.flowfile.editing import (
    DeletePart,
    Edit,
    FlowText,
    KnownTypes,
    RenamePart,
    SetOption,
    Together,
    UnsetOption,
    apply_across,
    edit_from_json,
    renamed_nodes,
)
from oppleo_flow.flowfile.editing.document import Document
from oppleo_flow.flowfile.editing.values import EditValue
from oppleo_flow.flowfile.layout import layout_file, with_renamed
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.registry import Registry

EXAMPLES = (
    ("edit flows/garage.yaml set nodes.meter.every 5s", "set an option"),
    ("edit flows/garage.yaml set nodes.led.from '[session.status, meter]'", "set a list or a map"),
    ("edit flows/garage.yaml unset nodes.meter.on_error", "take an option away"),
    ("edit flows/garage.yaml rename nodes.meter kwh_meter", "also where other flows name it"),
    ("edit flows/garage.yaml delete nodes.buzzer", "delete a node and the wires from it"),
    (
        'edit flows/garage.yaml json \'[{"edit": "add-part", "path": ["nodes", "log"], '
        '"value": {"type": "debug", "from": "meter"}, "after": "meter"}]\'',
        "do any edits, all or none; `-` reads them from standard input",
    ),
)
_VERBS = ("set", "unset", "rename", "delete", "json")
_WITH_VALUE = ("set", "rename")
_WRITTEN = ("[", "{", '"', "'", "!secret ")


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("file", metavar="FILE", type=Path, help="a flow file")
    parser.add_argument("verb", choices=_VERBS, help="what to do")
    parser.add_argument(
        "path",
        metavar="PATH",
        help="what to change, such as nodes.meter.every; with `json` the edits",
    )
    parser.add_argument(
        "value",
        metavar="VALUE",
        nargs="?",
        help="for `set` its new value, for `rename` its new name",
    )
    parser.add_argument(
        "--diff", action="store_true", help="write nothing; print what would change"
    )


def run(args: argparse.Namespace) -> int:
    """Do the edit in every file that it concerns, or in none."""
    if (args.value is not None) != (args.verb in _WITH_VALUE):
        wanted = "needs" if args.verb in _WITH_VALUE else "takes no"
        raise UsageError(f"{args.verb} {wanted} VALUE", "edit")
    edit = _edit(args.verb, args.path, args.value)
    with alone_in(folder_of(args.file)):
        return _apply(args, edit)


def _apply(args: argparse.Namespace, edit: Edit) -> int:
    """Apply the edit to what the files say now, and write what has changed."""
    texts = _around(args.file)
    types = KnownTypes(Registry.installed(folder_of(args.file) / "nodes"))
    edited = apply_across(edit, str(args.file), texts, types)
    changed = {
        name: (texts[name].text, one.text.text)
        for name, one in edited.items()
        if one.changed is not None
    }
    changed |= _layout(args.file, edit)
    for name, (old, new) in changed.items():
        if args.diff:
            print(difference(name, old, new), end="")
        else:
            write_text(Path(name), new)
            print(f"{name}: changed")
    if not changed:
        print(f"{args.file}: says so already")
    return OK


def _layout(file: Path, edit: Edit) -> dict[str, tuple[str, str]]:
    """Return the layout of a flow, before and after an edit, if the edit concerns it."""
    layout = layout_file(file)
    text = read_text(layout) if layout.is_file() else ""
    if isinstance(text, Finding):
        return {}
    new = with_renamed(text, renamed_nodes(edit))
    return {} if new == text else {str(layout): (text, new)}


def _edit(verb: str, path: str, value: str) -> Edit:
    """Return the edit that a command line means."""
    if verb == "json":
        text = sys.stdin.read() if path == "-" else path
        edits = _json(text)
        return Together(tuple(map(edit_from_json, edits if isinstance(edits, list) else [edits])))
    names = tuple(int(name) if name.isdecimal() else name for name in path.split("."))
    match verb:
        case "set":
            return SetOption(names, _value(value))
        case "unset":
            return UnsetOption(names)
        case "rename":
            return RenamePart(names, value)
        case _:
            return DeletePart(names, unwire=names[-2:-1] == ("nodes",))


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError(f"edit: no JSON: {error}") from None


def _value(text: str) -> EditValue:
    """Return a value: a list, a map, a quote and a secret as a flow writes them, else a text."""
    if not text.startswith(_WRITTEN):
        return text
    try:
        return Document(f"value: {text}\n", "VALUE").data["value"]
    except Refused as refused:
        raise UsageError(str(refused).removesuffix("; mend this first"), "edit") from None


def _around(file: Path) -> Mapping[str, FlowText]:
    """Return the text of a file and of all flows and subflows beside it."""
    site = file.parent.parent if file.parent.name in ("flows", "subflows") else file.parent
    folders = dict.fromkeys([file.parent, site / "flows", site / "subflows"])
    beside = [other for folder in folders for other in sorted(folder.glob("*.yaml"))]
    others = [other for other in beside if other.absolute() != file.absolute()]
    texts = {}
    for one in [file, *others]:
        text = read_text(one)
        if isinstance(text, Finding):
            raise ConfigError(text.headline())
        texts[str(one)] = FlowText(text, str(one))
    return texts
