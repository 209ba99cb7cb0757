"""The JSON Schema of an option as an editor sees it.

An editor reads YAML by its own rules and knows the kind of each scalar; the checker leaves every
scalar text until the option's type reads it.  So a number may be text here, a truth `on` or `No`,
text a number, and everything a variable; an option with nothing behind it is one that is not there.
The schema is never stricter than the checker.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from oppleo_flow.cli.option_text import option_words
from oppleo_flow.options import NodeConfig

Schema = dict[str, Any]
VARIABLE: Schema = {"type": "string", "pattern": r"\$"}
"""A text with a variable in it, or with a dollar."""
NOTHING: Schema = {"type": "null"}
TEXT: Schema = {"type": ["string", "number", "boolean", "null"]}
"""Any scalar: the checker takes it as the text that it is."""
_INTEGER = r"^[-+]?[0-9]+$|^0x[0-9a-fA-F]+$|\$"
_NUMBER = r"^[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]{1,3})?$|\$"
_TRUTH = r"^([oO][nN]|[oO][fF][fF]|[yY][eE][sS]|[nN][oO]|[tT][rR][uU][eE]|[fF][aA][lL][sS][eE])$|\$"
TRUTH: Schema = {
    "type": ["boolean", "string"],
    "pattern": _TRUTH,
    "patternErrorMessage": "on or off is needed",
}
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf")
_PLAIN = {"true": True, "false": False, "null": None}
_SHORTEST_VARIABLE = 4  # `$(a)`
_FOREIGN = re.compile(r"\(\?(?![:=!])|\\[AZzpP]")
"""What a pattern may have in Python and may not in an editor, which reads it as JavaScript."""


class OptionSchemas:
    """Makes the schemas of settings classes; their inner classes gather in `definitions`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def of(self, config: type[NodeConfig], key: str) -> Schema:
        """Return the schema of a map of options; its inner classes are named after `key`."""
        schema = config.model_json_schema(ref_template=f"#/definitions/{key}.{{model}}")
        inner = schema.get("$defs", {})
        for name, one in inner.items():
            self.definitions[f"{key}.{name}"] = _written(one, option_words(one, inner))
        return _written(schema, option_words(schema, inner, config))


def wrapped(schema: Schema, **more: Any) -> Schema:
    """Return a schema with more about it; beside a reference an editor would not see it."""
    return {"allOf": [schema], **more} if "$ref" in schema else {**schema, **more}


def or_nothing(schema: Schema) -> Schema:
    """Return a schema that takes nothing as well: the option is as if it were not there."""
    if not schema or NOTHING in schema.get("anyOf", ()):
        return schema
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], NOTHING]}
    if "$ref" in schema or "type" not in schema:
        return {"anyOf": [schema, NOTHING]}
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    return {**schema, "type": list(dict.fromkeys([*kinds, "null"]))}


def _or_something(schema: Schema) -> Schema:
    """Return the schema of an option that is needed, so that nothing is not enough."""
    if "anyOf" in schema:
        return one_of([_or_something(one) for one in schema["anyOf"] if one != NOTHING])
    kinds = schema.get("type")
    if not isinstance(kinds, list) or "null" not in kinds:
        return schema
    left = [kind for kind in kinds if kind != "null"]
    return {**schema, "type": left if len(left) > 1 else left[0]}


def _written(schema: Mapping[str, Any], words: Mapping[str, str]) -> Schema:
    """Return the schema of a map of options as it may be written."""
    required = schema.get("required", [])
    options = {}
    for name, one in schema.get("properties", {}).items():
        value = value_schema(one)
        value = _or_something(value) if name in required else or_nothing(value)
        default = {} if one.get("default") is None else {"default": one["default"]}
        options[name] = wrapped(value, description=words[name], **default)
    return {
        "type": "object",
        "properties": options,
        **({"required": required} if required else {}),
        "additionalProperties": schema.get("additionalProperties", True),
    }


def value_schema(schema: Mapping[str, Any]) -> Schema:
    """Return the schema of a value as it may be written."""
    choices: list[Schema] = []
    for one in _alternatives(schema):
        if one not in choices:
            choices.append(one)
    return one_of(choices)


def one_of(choices: Iterable[Schema]) -> Schema:
    """Return the schema of what is one of these."""
    choices = [*choices]
    if {} in choices:
        return {}
    if TEXT in choices:
        choices = [TEXT, *(one for one in choices if not _is_scalar(one))]
    return choices[0] if len(choices) == 1 else {"anyOf": choices}


def _is_scalar(schema: Schema) -> bool:
    return "$ref" not in schema and schema.get("type") not in ("array", "object")


def _alternatives(schema: Mapping[str, Any]) -> Iterator[Schema]:
    """Yield what a value may be, each without the words about it."""
    match schema:
        case {"$ref": reference}:
            yield {"$ref": reference}
        case {"anyOf": parts} | {"oneOf": parts}:
            about = {key: schema[key] for key in ("unit", "format") if key in schema}
            for part in parts:
                yield from _alternatives({**part, **about})
        case {"enum": _} | {"const": _}:
            yield from choice(schema.get("enum") or [schema["const"]])
        case {"type": "null" | "boolean" as kind}:
            yield TRUTH if kind == "boolean" else NOTHING
        case {"type": "integer"}:
            yield _scalar("integer", _INTEGER, "a whole number is needed", schema)
        case {"type": "number"}:
            yield _scalar("number", _NUMBER, "a number is needed", schema)
        case {"type": "string"}:
            yield _text(schema)
        case {"type": "array"}:
            yield _list(schema)
        case {"type": "object"}:
            yield _map(schema)
        case _:
            yield {}


def choice(values: Sequence[Any]) -> Iterator[Schema]:
    """Yield one of some values, as an editor reads each."""
    if any(isinstance(value, bool) for value in values):
        yield TRUTH
    words = [value for value in values if isinstance(value, str)]
    numbers = [value for value in values if isinstance(value, int | float)]
    as_read: list[Any] = [_PLAIN[word] for word in words if word in _PLAIN]
    as_read += [int(word) for word in words if word.isdecimal()]
    yield {"enum": [*values, *as_read]}
    quoted = "".join(rf"^{str(number).replace('.', '[.]')}$|" for number in numbers)
    yield {"type": "string", "pattern": rf"{quoted}\$"}


def _scalar(
    kind: str, pattern: str, wanted: str, bounds: Mapping[str, Any] | None = None
) -> Schema:
    """Return a number or a truth; in quotes it is text that reads as one."""
    limits = {key: bounds[key] for key in _BOUNDS if key in bounds} if bounds else {}
    return {
        "type": [kind, "string"],
        **limits,
        "pattern": pattern,
        "patternErrorMessage": wanted,
    }


def _text(schema: Mapping[str, Any]) -> Schema:
    """Return text: a number, too, unless a unit or a format belongs to it."""
    bare = schema.get("format", "password") == "password" and "unit" not in schema
    made: Schema = dict(TEXT) if bare else {"type": "string"}
    least, most = schema.get("minLength", 0), schema.get("maxLength", "")
    if "pattern" in schema and not _FOREIGN.search(schema["pattern"]):
        made["pattern"] = rf"({schema['pattern']})|\$"
        if "examples" in schema:
            made["patternErrorMessage"] = f"text such as {schema['examples'][0]} is needed"
    elif most or least > _SHORTEST_VARIABLE:
        made["pattern"] = rf"^[\s\S]{{{least},{most}}}$|\$"
    elif least:
        made["minLength"] = least
    return made


def _list(schema: Mapping[str, Any]) -> Schema:
    limits = {key: schema[key] for key in ("minItems", "maxItems") if key in schema}
    items = schema.get("prefixItems")
    made = (
        [value_schema(item) for item in items] if items else value_schema(schema.get("items", {}))
    )
    return {"type": "array", "items": made, **limits}


def _map(schema: Mapping[str, Any]) -> Schema:
    limits = {
        key: schema[key]
        for key in ("minProperties", "maxProperties", "propertyNames")
        if key in schema
    }
    values = schema.get("additionalProperties", True)
    made = value_schema(values) if isinstance(values, Mapping) else values
    return {"type": "object", "additionalProperties": made, **limits}
