"""What an option takes, in words, from the JSON Schema of its settings class."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from oppleo_flow.node_spec import refs
from oppleo_flow.options import NodeConfig

_TYPES = {
    "boolean": "true | false",
    "integer": "whole number",
    "string": "text",
    "null": "nothing",
    "object": "mapping",
}
_BOUNDS = {
    "minimum": ">=",
    "exclusiveMinimum": ">",
    "maximum": "<=",
    "exclusiveMaximum": "<",
    "pattern": "like",
}


def option_texts(config: type[NodeConfig]) -> Iterator[tuple[str, str, str]]:
    """Yield name, what it takes, and description of every option."""
    schema = config.model_json_schema(mode="validation")
    for name, takes in _options(schema, schema.get("$defs", {}), config):
        yield name, takes, schema["properties"][name].get("description", "")


def option_words(
    schema: Mapping[str, Any],
    definitions: Mapping[str, Any],
    config: type[NodeConfig] | None = None,
) -> dict[str, str]:
    """Return what an editor shows of every option: its description, and what it takes.

    `schema` is that of a map of options, `config` its class as far as options name connections.
    """
    words = {}
    for name, takes in _options(schema, definitions, config):
        option = schema["properties"][name]
        inner = _inner(option["$ref"], definitions) if "$ref" in option else {}
        about = option.get("description", inner.get("description", ""))
        words[name] = f"{about}\n\n{takes}".strip()
    return words


def _options(
    schema: Mapping[str, Any], definitions: Mapping[str, Any], config: type[NodeConfig] | None
) -> Iterator[tuple[str, str]]:
    """Yield name and what it takes of every option."""
    named = {} if config is None else refs(config)
    for name, option in schema.get("properties", {}).items():
        if name in named:
            takes = f"name of a {named[name].__name__} connection"
        else:
            takes = _takes(option, definitions)
        if name in schema.get("required", ()):
            takes += "; required"
        elif option.get("default") is not None:
            takes += f"; default {_as_yaml(option['default'])}"
        else:
            takes += "; optional"
        yield name, takes


def _takes(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> str:
    """Return what a value of `schema` looks like."""
    match schema:
        case {"$ref": reference}:
            text = _takes(_inner(reference, definitions), definitions)
        case {"unit": "s"}:
            text = "duration, such as 10s"
        case {"unit": "%"}:
            text = "percentage, such as 1%"
        case {"const": value}:
            text = str(value)
        case {"enum": values}:
            text = " | ".join(map(str, values))
        case {"anyOf": parts}:
            texts = [_takes(part, definitions) for part in parts]
            text = " | ".join(part for part in dict.fromkeys(texts) if part != _TYPES["null"])
        case {"examples": [first, *_]}:
            text = f"text such as {first}"
        case {"type": "array"}:
            text = f"list of {_takes(schema.get('items', {}), definitions)}"
        case {"type": "object", "properties": fields}:
            text = f"{{{', '.join(fields)}}}"
        case _:
            kind = schema.get("type", "anything")
            bounds = [f"{sign} {schema[key]}" for key, sign in _BOUNDS.items() if key in schema]
            unit = [f"in {schema['unit']}"] if "unit" in schema else []
            text = ", ".join([_TYPES.get(kind, kind), *bounds, *unit])
    return text


def _inner(reference: str, definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the definition that a reference names, whatever stands before its name."""
    found: Mapping[str, Any] = definitions[reference.rpartition("/")[2].rpartition(".")[2]]
    return found


def _as_yaml(value: Any) -> str:
    """Return a default as one would write it in a flow."""
    return value if isinstance(value, str) and value else json.dumps(value, ensure_ascii=False)
