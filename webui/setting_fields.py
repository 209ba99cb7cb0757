"""What a settings class lets a person choose: a field for each option, made from its schema."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, Literal

from pydantic import BaseModel

from oppleo_flow.immutable import immutable

Kind = Literal[
    "text",
    "number",
    "switch",
    "choice",
    "choices",
    "lines",
    "secret",
    "connection",
    "structure",
]
"""`lines` is a list of texts, `structure` what has maps in it: that is written as in the file."""
Shown = str | bool | list[str] | None
"""A value as a form has it: a text, a truth, or a list of texts; None: there is none."""
_UNITS: Final = {
    **{"wh": "Wh", "kwh": "kWh", "w": "W", "kw": "kW", "a": "A", "ma": "mA", "v": "V"},
    **{"hz": "Hz", "s": "s", "ms": "ms", "km": "km", "kb": "kB", "percent": "%", "px": "px"},
}
_BY_TYPE: Final[Mapping[str, Kind]] = {
    "boolean": "switch",
    "integer": "number",
    "number": "number",
    "object": "structure",
}
_Schema = Mapping[str, Any]


@immutable
class Field:
    """One option; its `path` leads to it within its settings.

    `choices` are what it may be, `at_most` how many items a list may have.
    """

    path: tuple[str, ...]
    kind: Kind
    description: str
    default: Shown
    required: bool
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return its path as a person writes it."""
        return ".".join(self.path)


@cache
def fields_of(
    config: type[BaseModel], connections: tuple[str, ...] = (), *, nested: bool = False
) -> tuple[Field, ...]:
    """Return the options of a settings class; `connections` are those that name one.

    With `nested` the options of the classes in it have fields of their own.
    """
    schema = config.model_json_schema()
    return tuple(_fields(schema, schema.get("$defs", {}), (), frozenset(connections), nested))


def _fields(
    schema: _Schema,
    inner: Mapping[str, _Schema],
    path: tuple[str, ...],
    connections: frozenset[str],
    nested: bool,
) -> Iterator[Field]:
    required = frozenset(schema.get("required", ()))
    for name, said in schema.get("properties", {}).items():
        one = _resolved(said, inner)
        here = (*path, name)
        if nested and one.get("properties"):
            yield from _fields(one, inner, here, connections, nested)
            continue
        kind: Kind = "connection" if name in connections else _kind(one, inner)
        yield Field(
            path=here,
            kind=kind,
            description=str(said.get("description", "")),
            default=_default(said.get("default"), kind),
            required=name in required,
            unit=_unit(name, kind),
            minimum=one.get("minimum", one.get("exclusiveMinimum")),
            maximum=one.get("maximum", one.get("exclusiveMaximum")),
            choices=_choices(one, inner),
            examples=tuple(map(str, one.get("examples", ()))),
        )


def _resolved(schema: _Schema, inner: Mapping[str, _Schema]) -> _Schema:
    """Return the schema behind a reference; of one that may be nothing, what else it may be."""
    while True:
        if "$ref" in schema:
            schema = inner[schema["$ref"].rpartition("/")[2]]
            continue
        whole = schema.get("allOf", ())
        some = [one for one in schema.get("anyOf", whole) if one.get("type") != "null"]
        if len(some) != 1:
            return schema
        schema = some[0]


def _kind(schema: _Schema, inner: Mapping[str, _Schema]) -> Kind:
    if schema.get("writeOnly") or schema.get("format") == "password":
        return "secret"
    if schema.get("enum") or "const" in schema:
        return "choice"
    kind = schema.get("type")
    if kind == "array":
        return _kind_of_list(_resolved(schema.get("items", {}), inner))
    if kind is None:
        some = [_resolved(one, inner).get("type") for one in schema.get("anyOf", ())]
        kind = "object" if {"array", "object"} & set(some) else "string"
    return _BY_TYPE.get(kind, "text")


def _kind_of_list(item: _Schema) -> Kind:
    if item.get("enum"):
        return "choices"
    plain = {"string", "integer", "number"}
    kinds = {one.get("type") for one in item.get("anyOf", [item])}
    return "lines" if kinds <= plain else "structure"


def _choices(schema: _Schema, inner: Mapping[str, _Schema]) -> tuple[str, ...]:
    if schema.get("type") == "array":
        schema = _resolved(schema.get("items", {}), inner)
    return tuple(map(str, schema.get("enum", ())))


def _default(value: Any, kind: Kind) -> Shown:
    """Return a default as a form has it; one of a structure is told by the description."""
    if kind == "switch":
        return bool(value)
    if value is None or kind in ("structure", "secret"):
        return None
    if isinstance(value, list | tuple):
        return [str(one) for one in value]
    return str(value)


def _unit(name: str, kind: Kind) -> str:
    """Return the unit that the name of a number ends in: `Wh/km` of `wh_per_km`."""
    if kind != "number" or "_" not in name:
        return ""
    above, per, below = name.partition("_per_")
    if per:
        unit = _UNITS.get(below, below)
        return f"{_UNITS.get(above.rpartition('_')[2], '')}/{unit}"
    return _UNITS.get(name.rpartition("_")[2], "")
