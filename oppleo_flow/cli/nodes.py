"""`oppleo-flow nodes`: the node types that this installation and this site know."""

import argparse
import itertools
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from oppleo_flow.cli.command import PROGRAM, add_site_option
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.folder import default_folder
from oppleo_flow.cli.option_text import option_texts
from oppleo_flow.errors import UnknownNodeType
from oppleo_flow.node import Example
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, type_text
from oppleo_flow.payloads import Payload
from oppleo_flow.registry import Registry

EXAMPLES = (
    ("nodes", "list all types by category, those in this site's nodes/ too"),
    ("nodes charge-session", "explain one: help, options, ports and examples"),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("type", metavar="TYPE", nargs="?", help="the type to explain")
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Print the list, or the page of one type."""
    folder = Path(args.site) if args.site else default_folder()
    registry = Registry.installed(folder.resolve() / "nodes")
    if args.type is not None:
        spec = _find(registry, args.type)
        print("\n".join(_page(spec, registry.category(spec.type_name))))
        return OK
    print("\n".join(_listing(registry)))
    for fault in registry.faults.values():
        print(f"{PROGRAM}: {fault}", file=sys.stderr)
    return FAILED if registry.faults else OK


def _find(registry: Registry, name: str) -> NodeSpec | ConnectionSpec:
    """Return the node or connection type of a name; raise as the registry does for nodes."""
    try:
        return registry.node(name)
    except UnknownNodeType:
        if name in registry.connections():
            return registry.connection(name)
        raise


def _listing(registry: Registry) -> Iterator[str]:
    specs: list[NodeSpec | ConnectionSpec] = [
        *registry.nodes().values(),
        *registry.connections().values(),
    ]
    width = max((len(spec.type_name) for spec in specs), default=0)

    def category(spec: NodeSpec | ConnectionSpec) -> str:
        return registry.category(spec.type_name)

    for name, members in itertools.groupby(sorted(specs, key=category), category):
        yield name
        for spec in members:
            what = "" if isinstance(spec, NodeSpec) else "Connection: "
            yield f"  {spec.type_name:<{width}}  {what}{_first_line(spec.doc)}"


def _first_line(doc: str) -> str:
    return doc.partition("\n")[0]


def _page(spec: NodeSpec | ConnectionSpec, category: str) -> Iterator[str]:
    yield f"{spec.type_name}  ({category})"
    yield ""
    yield from spec.doc.splitlines()
    yield from _section("options", list(_options(spec)))
    if isinstance(spec, NodeSpec):
        yield from _section("inputs", _inputs(spec))
        yield from _section("outputs", _outputs(spec))
        examples = [list(_example(spec, example)) for example in spec.cls.examples]
        yield from _section("examples", list(itertools.chain.from_iterable(examples)))
    yield ""
    yield f"file: {spec.file}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield ""
        yield title
        yield from (f"  {line}".rstrip() for line in lines)


def _options(spec: NodeSpec | ConnectionSpec) -> Iterator[str]:
    for name, takes, description in option_texts(spec.config):
        yield f"{name}: {takes}"
        yield from (f"    {line}" for line in textwrap.wrap(description, 90))
    if isinstance(spec, NodeSpec) and spec.safe_levels:
        yield f"safe: {' | '.join(spec.safe_levels)}; required"
        yield "    The level on stop, fault, stale input and exit."


def _inputs(spec: NodeSpec) -> list[str]:
    return [
        f"{port.name}: {type_text(port.type)}{'' if port.required else '; may stay unwired'}"
        for port in spec.inputs.values()
    ]


def _outputs(spec: NodeSpec) -> list[str]:
    kinds = {"event": "events", "level": "a level, whose last value holds"}
    lines = [
        f"{port.name}: {type_text(port.type)}; {kinds[port.kind]}" for port in spec.outputs.values()
    ]
    if spec.options_make_outputs:
        lines.append("and those that its options name")
    return [*lines, "error: Failure; events"]


def _example(spec: NodeSpec, example: Example) -> Iterator[str]:
    if example.doc:
        yield f"# {example.doc}"
    yield f"type: {spec.type_name}"
    for name, value in example.config.items():
        yield f"{name}: {value}"
    yield f"  sent: {_payloads(example.send)}"
    if example.advance:
        yield f"  later: {example.advance:g} s"
    for port, payload in example.expect.items():
        yield f"  leaves `{port}`: {_payloads(payload)}"


def _payloads(sent: Any) -> str:
    """Return payloads as a reader of the example needs them: what is special about each."""
    if isinstance(sent, Payload):
        usual = type(sent).sample()
        special = [
            f"{field.name}: {getattr(sent, field.name)}"
            for field in fields(sent)  # type: ignore[arg-type]  # every payload type is a dataclass
            if getattr(sent, field.name) != getattr(usual, field.name)
        ]
        return f"{type(sent).__name__} {{{', '.join(special)}}}" if special else type(sent).__name__
    if isinstance(sent, dict):
        return "{" + ", ".join(f"{name}: {_payloads(one)}" for name, one in sent.items()) + "}"
    if isinstance(sent, list | tuple):
        return ", then ".join(_payloads(one) for one in sent) or "nothing"
    return str(sent)
