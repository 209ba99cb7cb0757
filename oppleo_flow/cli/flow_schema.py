"""JSON Schemas of the files that people write, for the completion and the hints of an editor.

An editor reads YAML by its own rules, the checker reads plain scalars as text; so where the
checker takes text the schema takes numbers too, and `$(name)` may stand for any option.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from oppleo_flow.cli.site_config import SiteSettings
from oppleo_flow.flowfile.node_options import ConnectionOptions, InboxOptions, NodeOptions
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec
from oppleo_flow.registry import Registry

Schema = dict[str, Any]
_DRAFT = "https://json-schema.org/draft/2020-12/schema"
_NAME = "^[a-z][a-z0-9_]*$"
_VARIABLE: Schema = {"type": "string", "pattern": r"\$\("}
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_COMMON = "#/$defs/options.{model}"
_WORDS = ("title", "description", "default", "unit", "ge", "gt", "le", "lt")
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


def node_schema(spec: NodeSpec) -> Schema:
    """Return the schema of one node type's own options."""
    return {"$schema": _DRAFT, **spec.config.model_json_schema()}


def site_schema() -> Schema:
    """Return the schema of `oppleo.yaml`."""
    return {"$schema": _DRAFT, **SiteSettings.model_json_schema()}


def flow_schema(registry: Registry) -> Schema:
    """Return the schema of a flow file, with every node and connection type of `registry`."""
    definitions = _common()
    properties = ConnectionOptions.model_json_schema()["properties"]
    shared = {name: _loosened(one) for name, one in properties.items()}
    for spec in registry.nodes().values():
        definitions |= _definitions(f"node.{spec.type_name}", spec, _reserved(spec))
    for link in registry.connections().values():
        definitions |= _definitions(f"connection.{link.type_name}", link, shared)
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
    inner = {f"{key}.{name}": _loosened(one) for name, one in schema.get("$defs", {}).items()}
    options = {name: _loosened(one) for name, one in schema.get("properties", {}).items()}
    definition = {
        "description": spec.doc.partition("\n")[0],
        "type": "object",
        "properties": {"type": {"const": spec.type_name}, **reserved, **options},
        "required": ["type", *schema.get("required", [])],
        "additionalProperties": False,
    }
    return {key: definition, **inner}


def _loosened(schema: Mapping[str, Any]) -> Schema:
    """Return the schema of a value as it may be written: bare, or as a variable.

    `null` goes: an option that should have no value is left out.
    """
    about = {key: schema[key] for key in ("description", "default") if schema.get(key) is not None}
    choices: list[Schema] = []
    for one in _alternatives(schema):
        if one not in choices and one != {"type": "null"}:
            choices.append(one)
    if not all(one.get("type") in ("object", "array") or "$ref" in one for one in choices):
        choices.append(_VARIABLE)
    if _TEXT in choices:
        choices = [one for one in choices if one.get("type") in ("object", "array", _TEXT["type"])]
    return {**about, **(choices[0] if len(choices) == 1 else {"anyOf": choices})}


def _alternatives(schema: Mapping[str, Any]) -> Iterator[Schema]:
    """Yield what a value may be, each without the words about it."""
    if "anyOf" in schema:
        for one in schema["anyOf"]:
            yield from _alternatives(one)
        return
    bare = {key: value for key, value in schema.items() if key not in _WORDS}
    for key in ("properties", "$defs"):
        if key in bare:
            bare[key] = {name: _loosened(one) for name, one in bare[key].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(bare.get(key), dict):
            bare[key] = _loosened(bare[key])
    if "prefixItems" in bare:
        bare["prefixItems"] = [_loosened(one) for one in bare["prefixItems"]]
    yield _TEXT if bare == {"type": "string"} else bare


def _common() -> Schema:
    """Return the definitions of what the options of every node refer to."""
    schema = NodeOptions.model_json_schema(ref_template=_COMMON)
    inner = {f"options.{name}": _loosened(one) for name, one in schema.get("$defs", {}).items()}
    return {**inner, "options.inbox": _loosened(InboxOptions.model_json_schema())}


def _reserved(spec: NodeSpec) -> Schema:
    """Return the options that every node has, as far as they mean something to this one."""
    properties = NodeOptions.model_json_schema(ref_template=_COMMON)["properties"]
    options = {name: _loosened(one) for name, one in properties.items()}
    if spec.safe_levels:
        options["safe"] = {**options["safe"], "enum": list(spec.safe_levels)}
        del options["safe"]["type"]
    else:
        del options["safe"]
    if spec.inputs:
        inbox: Schema = {"$ref": "#/$defs/options.inbox"}
        options["from"] = {"anyOf": [_WIRES, _by_port(spec, _WIRES)]}
        options["inbox"] = {"anyOf": [inbox, _by_port(spec, inbox)]}
    return options


def _by_port(spec: NodeSpec, one: Schema) -> Schema:
    ports = dict.fromkeys(spec.inputs, one)
    return {"type": "object", "properties": ports, "additionalProperties": False}
