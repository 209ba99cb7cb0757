"""JSON Schemas of the files that people write, for the completion and the hints of an editor.

An editor reads YAML by its own rules, the checker reads plain scalars as text; so where the
checker takes text the schema takes numbers too, and `$(name)` may stand for any option.
"""

from collections.abc import Mapping
from typing import Any

from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec
from oppleo_flow.registry import Registry

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NAME = "^[a-z][a-z0-9_]*$"
_VARIABLE: Schema = {"type": "string", "pattern": r"\$\("}
_DURATION: Schema = {"anyOf": [{"type": "string", "pattern": r"^\d"}, _VARIABLE]}
_REFERENCE: Schema = {"type": "string", "description": "`node` or `node.port`."}
_WIRE: Schema = {
    "anyOf": [
        _REFERENCE,
        {
            "type": "object",
            "properties": {"ref": _REFERENCE, "durable": {"type": "boolean"}},
            "required": ["ref"],
            "additionalProperties": False,
        },
    ]
}
_WIRES: Schema = {"anyOf": [_WIRE, {"type": "array", "items": _WIRE}]}
_INBOX: Schema = {
    "type": "object",
    "properties": {
        "size": {"type": "integer", "minimum": 1},
        "full": {"enum": ["drop-oldest", "drop-newest", "latest", "spool", "block"]},
    },
    "additionalProperties": False,
}


def node_schema(spec: NodeSpec) -> Schema:
    """Return the schema of one node type's own options."""
    return {"$schema": _DRAFT, **spec.config.model_json_schema()}


def site_schema() -> Schema:
    """Return the schema of `oppleo.yaml`."""
    return {"$schema": _DRAFT, **SiteSettings.model_json_schema()}


def flow_schema(registry: Registry) -> Schema:
    """Return the schema of a flow file, with every node and connection type of `registry`."""
    definitions: Schema = {}
    for spec in registry.nodes().values():
        definitions |= _definitions(f"node.{spec.type_name}", spec, _reserved(spec))
    for link in registry.connections().values():
        reserved = {"simulate": {"type": "boolean", "description": "Use its simulated twin."}}
        definitions |= _definitions(f"connection.{link.type_name}", link, reserved)
    return {
        "$schema": _DRAFT,
        "title": "A flow of oppleo_flow",
        "type": "object",
        "properties": {
            "flow": {"type": "string", "pattern": "^[a-z][a-z0-9_-]*$"},
            "format": {"const": 1},
            "doc": {"type": "string"},
            "vars": {"type": "object"},
            "connections": _by_type("connection", list(registry.connections())),
            "nodes": _by_type("node", list(registry.nodes())),
            "tests": {"type": "array"},
        },
        "required": ["flow", "format", "nodes"],
        "additionalProperties": False,
        "$defs": definitions,
    }


def _by_type(kind: str, names: list[str]) -> Schema:
    """Return the schema of a mapping whose members have the options of their own `type`."""
    return {
        "type": "object",
        "propertyNames": {"pattern": _NAME},
        "additionalProperties": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": names}},
            "allOf": [
                {
                    "if": {"properties": {"type": {"const": name}}},
                    "then": {"$ref": f"#/$defs/{kind}.{name}"},
                }
                for name in names
            ],
        },
    }


def _definitions(key: str, spec: NodeSpec | ConnectionSpec, reserved: Schema) -> Schema:
    """Return the definition of one type, and those that its options refer to."""
    schema = spec.config.model_json_schema(ref_template=f"#/$defs/{key}.{{model}}")
    inner = {f"{key}.{name}": one for name, one in schema.get("$defs", {}).items()}
    options = {name: _loosened(one) for name, one in schema.get("properties", {}).items()}
    definition = {
        "description": spec.doc.partition("\n")[0],
        "type": "object",
        "properties": {"type": {"const": spec.type_name}, **reserved, **options},
        "required": ["type", *schema.get("required", [])],
        "additionalProperties": False,
    }
    return {key: definition, **inner}


def _loosened(option: Mapping[str, Any]) -> Schema:
    """Return the schema of an option that may also be a variable, and text written bare."""
    about = {key: option[key] for key in ("title", "description", "default") if key in option}
    value = {key: option[key] for key in option if key not in about}
    if value == {"type": "string"}:
        value = {"type": ["string", "number", "boolean"]}
    return {**about, "anyOf": [value, _VARIABLE]}


def _reserved(spec: NodeSpec) -> Schema:
    """Return the options that every node has, with the ports of this one."""
    ports = {"type": "object", "properties": dict.fromkeys(spec.inputs, _WIRES)}
    by_port = {"type": "object", "properties": dict.fromkeys(spec.inputs, _INBOX)}
    options: Schema = {
        "doc": {"type": "string", "description": "What this node is for, in one line."},
        "disabled": {"type": "boolean", "description": "Leave this node out."},
        "on_error": {"type": "object", "description": "What follows a handler that failed."},
        "keep": {"const": "durable", "description": "State survives restart and redeploy."},
        "log": {"enum": ["debug", "info", "warning", "error"]},
    }
    if spec.inputs:
        options["from"] = {"anyOf": [_WIRES, {**ports, "additionalProperties": False}]}
        options["inbox"] = {"anyOf": [_INBOX, {**by_port, "additionalProperties": False}]}
        options["stale_after"] = _DURATION
    if spec.safe_levels:
        options["safe"] = {
            "enum": list(spec.safe_levels),
            "description": "The level on stop, fault, stale input and exit.",
        }
        options["at_most"] = {"type": "string", "pattern": r"^\d+/"}
    return options
