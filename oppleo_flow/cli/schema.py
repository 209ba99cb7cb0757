"""`oppleo-flow schema`: JSON Schemas, so that an editor completes and explains what one types."""

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oppleo_flow.cli.command import add_site_option
from oppleo_flow.cli.exit_codes import OK
from oppleo_flow.cli.flow_schema import flow_schema, node_schema, site_schema
from oppleo_flow.cli.folder import default_folder
from oppleo_flow.registry import Registry

EXAMPLES = (
    ("schema", "write schemas/ into this folder"),
    (
        "schema -o .oppleo/schemas",
        "write them elsewhere; a flow then begins with "
        "`# yaml-language-server: $schema=../.oppleo/schemas/flow.schema.json`",
    ),
)


def declare(parser: argparse.ArgumentParser) -> None:
    """Add the arguments."""
    parser.add_argument("-o", "--output", metavar="DIR", default="schemas", help="where to write")
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Write the schemas."""
    folder = Path(args.site) if args.site else default_folder()
    files = schema_files(Registry.installed(folder / "nodes"))
    for name, schema in files.items():
        path = Path(args.output) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(schema), encoding="utf-8")
    print(f"wrote {len(files)} schemas into {args.output}")
    return OK


def schema_files(registry: Registry) -> Mapping[str, Mapping[str, Any]]:
    """Return every schema by the name of its file."""
    nodes = registry.nodes()
    return {
        "flow.schema.json": flow_schema(registry),
        "oppleo.schema.json": site_schema(),
        **{f"nodes/{name}.schema.json": node_schema(spec) for name, spec in nodes.items()},
    }


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
