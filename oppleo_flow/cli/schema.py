"""`oppleo-flow schema`: JSON Schemas, so that an editor completes and explains what one types."""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from oppleo_flow.cli.command import PROGRAM, add_site_option
from oppleo_flow.cli.exit_codes import FAILED, OK
from oppleo_flow.cli.flow_schema import (
    flow_schema,
    meter_schema,
    node_schema,
    site_schema,
    subflow_schema,
)
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
    parser.add_argument(
        "-o", "--output", metavar="DIR", default="schemas", help="(default: schemas)"
    )
    add_site_option(parser)


def run(args: argparse.Namespace) -> int:
    """Write the schemas; a node file that cannot be used is told and left out."""
    folder = Path(args.site) if args.site else default_folder()
    registry = Registry.installed(folder / "nodes")
    files = schema_files(registry)
    for name, schema in files.items():
        path = Path(args.output) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(schema_text(schema), encoding="utf-8")
    print(f"wrote {len(files)} schemas into {args.output}")
    for fault in registry.faults.values():
        print(f"{PROGRAM}: left out: {fault}", file=sys.stderr)
    return FAILED if registry.faults else OK


def schema_files(registry: Registry) -> Mapping[str, Mapping[str, Any]]:
    """Return every schema by the name of its file."""
    nodes = registry.nodes()
    return {
        "flow.schema.json": flow_schema(registry),
        "subflow.schema.json": subflow_schema(),
        "oppleo.schema.json": site_schema(),
        "meter.schema.json": meter_schema(),
        **{f"nodes/{name}.schema.json": node_schema(spec) for name, spec in nodes.items()},
    }


def schema_text(schema: Mapping[str, Any]) -> str:
    """Return a schema as it stands in its file."""
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
