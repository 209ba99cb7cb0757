"""`oppleo-flow new-node`: a node that works, with its test, to change into one's own."""

import argparse
import keyword
import re
from pathlib import Path

from oppleo_flow.cli.command import UsageError, add_site_option
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.folder import site_folder
from oppleo_flow.cli.templates import template, write_new
from oppleo_flow.errors import ConfigError, Refused
from oppleo_flow.registry import Registry

EXAMPLES = (
    ("new-node grid-alarm", "write nodes/grid_alarm.py and tests/test_grid_alarm.py in this site"),
    ("new-node grid-alarm --built-in flow", "write both in a clone of the project itself"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("name", metavar="NAME", help="the node type: words with hyphens")
    parser.add_argument(
        "--built-in",
        metavar="CATEGORY",
        help="a node of the built-in pack; this folder is then a clone of the project",
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Write the node and its test."""
    name = args.name
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise UsageError(
            f"a node type is lower-case words with hyphens, such as grid-alarm, got {name!r}",
            "new-node",
        )
    if keyword.iskeyword(name):
        raise UsageError(
            f"{name!r} is a word that Python keeps for itself; choose another name", "new-node"
        )
    if args.built_in is None:
        node, test, text = _drop_in(site_folder(args.site), name)
    else:
        node, test, text = _built_in(Path(), args.built_in, name)
    write_new({node: template("node/node.py.txt", **_names(name)), test: text})
    print(f"wrote {node}\nwrote {test}\nrun the test:  python -m pytest {test}")
    return OK


def _drop_in(folder: Path, name: str) -> tuple[Path, Path, str]:
    nodes = folder / "nodes"
    _refuse_a_known(Registry.installed(nodes), name)
    file = name.replace("-", "_")
    return (
        nodes / f"{file}.py",
        folder / "tests" / f"test_{file}.py",
        template("node/test_drop_in.py.txt", **_names(name)),
    )


def _built_in(clone: Path, category: str, name: str) -> tuple[Path, Path, str]:
    if not (clone / "nodes" / category / "__init__.py").is_file():
        found = sorted(folder.parent.name for folder in (clone / "nodes").glob("*/__init__.py"))
        has = (
            f"there are: {', '.join(found)}" if found else "this folder is no clone of the project"
        )
        raise ConfigError(
            f"{clone / 'nodes' / category}: not a category of the built-in pack; {has}"
        )
    _refuse_a_known(Registry.installed(), name)
    file = name.replace("-", "_")
    return (
        clone / "nodes" / category / f"{file}.py",
        clone / "tests" / "nodes" / category / f"test_{file}.py",
        template("node/test_built_in.py.txt", category=category, **_names(name)),
    )


def _names(name: str) -> dict[str, str]:
    """Return the node's type, its file's stem and its class's name."""
    words = name.split("-")
    return {
        "type": name,
        "name": "_".join(words),
        "class": "".join(word.capitalize() for word in words),
    }


def _refuse_a_known(registry: Registry, name: str) -> None:
    try:
        category = registry.category(name)
    except KeyError:
        return
    raise Refused(f"{name!r} is already a node type, in {category!r}; choose another name")
