"""The JSON Schema of a flow file as far as it depends on no node type."""

from typing import Final

from oppleo_flow.cli.option_schema import TEXT, TRUTH, VARIABLE, Schema, or_nothing, wrapped

ID: Final = "^[a-z][a-z0-9_]*$"
_NAME: Final = "^[a-z][a-z0-9_-]*$"
_REFERENCE: Final[Schema] = {
    "type": "string",
    "pattern": r"^([\w-]+:)?([\w-]+/)?[\w-]+(\.[\w-]+)*$",
    "patternErrorMessage": "a reference is needed, such as meter or meter.reading",
    "description": (
        "`node`, `node.port`, `node.error`, `flow.errors`, `other/node.port` of another flow, "
        "or `in.port` within a subflow."
    ),
}
_WIRE: Final[Schema] = {
    "anyOf": [
        {"$ref": "#/definitions/reference"},
        {
            "type": "object",
            "properties": {
                "ref": {"$ref": "#/definitions/reference"},
                "durable": or_nothing(TRUTH)
                | {"description": "Whether a message survives a restart; it may come twice."},
            },
            "required": ["ref"],
            "additionalProperties": False,
        },
    ]
}
_KINDS: Final = (
    *("str", "int", "float", "bool", "duration", "seconds", "percent", "time", "timezone"),
    *("secret", "choice", "connection"),
)
WIRES: Final[Schema] = {"$ref": "#/definitions/wires"}
_NODES: Final[Schema] = {"$ref": "#/definitions/nodes"}
_CONNECTIONS: Final[Schema] = {"$ref": "#/definitions/connections"}
_TESTS: Final[Schema] = {"$ref": "#/definitions/tests"}


def outline_definitions() -> dict[str, Schema]:
    """Return what the outline refers to, but for `nodes`, `connections` and `tests`."""
    return {
        "reference": _REFERENCE,
        "wire": _WIRE,
        "wires": {
            "anyOf": [*_WIRE["anyOf"], {"type": "array", "items": {"$ref": "#/definitions/wire"}}]
        },
        "subflow": _subflow(),
    }


def file_outline() -> Schema:
    """Return the outline of a flow file."""
    parts: dict[str, Schema] = {
        "flow": {"type": "string", "pattern": _NAME, "description": "The flow's name."},
        "format": {"enum": [1, "1"], "description": "The version of this language."},
        "doc": {**TEXT, "description": "What the flow is for."},
        "disabled": or_nothing({"anyOf": [TRUTH, VARIABLE]})
        | {"description": "Whether none of its nodes runs; they are checked all the same."},
        "vars": _map_of(TEXT, "Values that `$(name)` stands for; `--set name=value` wins."),
        "connections": or_nothing(wrapped(_CONNECTIONS, description="What nodes share.")),
        "nodes": wrapped(_NODES, description="The nodes by their ids."),
        "subflows": {
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/definitions/subflow"},
            "description": "Groups of nodes that stand for one: `type: flow:name`.",
        },
        "tests": _TESTS,
    }
    return {
        "type": "object",
        "properties": parts,
        "required": ["flow", "format", "nodes"],
        "additionalProperties": False,
    }


def subflow_outline() -> Schema:
    """Return the outline of a file that holds one subflow; its parts are those in a flow."""
    flow = "flow.schema.json#/definitions/subflow/properties"
    return {
        "type": "object",
        "properties": {
            "subflow": {"type": "string", "pattern": _NAME, "description": "As the file's name."},
            "format": {"enum": [1, "1"], "description": "The version of this language."},
            **{name: {"$ref": f"{flow}/{name}"} for name in _subflow()["properties"]},
        },
        "required": ["subflow", "format", "nodes"],
        "additionalProperties": False,
    }


def _subflow() -> Schema:
    """Return the schema of a subflow."""
    sources: Schema = {"anyOf": [_REFERENCE, {"type": "array", "items": _REFERENCE, "minItems": 1}]}
    return {
        "type": "object",
        "properties": {
            "doc": {**TEXT, "description": "What it is for."},
            "params": _map_of(_parameter(), "The options of its node."),
            "in": _map_of({"type": "string"}, "Its inputs, and which payloads each takes."),
            "out": _map_of(sources, "Its outputs, and which outputs inside each stands for."),
            "nodes": _NODES,
            "tests": _TESTS,
        },
        "required": ["nodes"],
        "additionalProperties": False,
    }


def _map_of(value: Schema, description: str) -> Schema:
    return {
        "type": ["object", "null"],
        "propertyNames": {"pattern": ID},
        "additionalProperties": value,
        "description": description,
    }


def _parameter() -> Schema:
    """Return the schema of a parameter of a subflow."""
    return {
        "type": "object",
        "properties": {
            "type": {"enum": [*_KINDS], "description": "What it is."},
            "doc": {**TEXT, "description": "What it is for."},
            "default": {**TEXT, "description": "Its value where the node gives none."},
            "unit": {**TEXT, "description": "The unit of a number."},
            "min": {**TEXT, "description": "The least that a number may be."},
            "max": {**TEXT, "description": "The most that a number may be."},
            "choices": {"type": "array", "items": TEXT, "description": "What a choice may be."},
            "kind": {**TEXT, "description": "The type of the connection."},
        },
        "required": ["type"],
        "additionalProperties": False,
    }
