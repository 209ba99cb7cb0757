"""The parameters of a subflow: what `params:` declares, and the options that they become.

A parameter is declared once, with its type, and checked where an instance gives it a value, by the
same means as an option of a node.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, SecretStr, create_model
from pydantic.config import JsonDict

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.scalars import is_null
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Value, YamlMap
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Ref
from oppleo_flow.node_spec import RESERVED_OPTIONS
from oppleo_flow.options import NodeConfig, Seconds, Share, TimeOfDay, TimeZone

Kind = Literal[
    "str",
    "int",
    "float",
    "bool",
    "duration",
    "seconds",
    "percent",
    "time",
    "timezone",
    "secret",
    "choice",
    "connection",
]
_KINDS: Final[Mapping[str, Any]] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "duration": Seconds,
    "seconds": Seconds,
    "percent": Share,
    "time": TimeOfDay,
    "timezone": TimeZone,
    "secret": SecretStr,
    "connection": Ref[Any],
}
_NUMBERS = frozenset({"int", "float", "duration", "seconds", "percent"})
_ONLY: Final[Mapping[str, frozenset[str]]] = {
    "min": _NUMBERS,
    "max": _NUMBERS,
    "unit": frozenset({"int", "float"}),
    "choices": frozenset({"choice"}),
    "kind": frozenset({"connection"}),
}
_BY_TYPE = frozenset({"min", "max", "default"})
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class _Declared(NodeConfig):
    """What a parameter may say of itself; `min`, `max` and `default` are read by its type."""

    type: Kind = Field(description="What it is.")
    doc: str = Field("", description="What it is for.")
    unit: str | None = Field(None, description="The unit of a number.")
    choices: tuple[str, ...] = Field((), description="What a choice may be.")
    kind: str | None = Field(None, description="The type of the connection.")


class _Instance(NodeConfig):
    """The base of an instance's settings: a default is put in where it is used, not here."""

    model_config = ConfigDict(validate_default=False)


@immutable
class Parameter:
    """One parameter; `default` is None when an instance must give it a value."""

    name: str
    at: Mark
    kind: Kind
    type: Any
    doc: str
    unit: str | None
    default: Scalar | None
    connection_type: str | None

    @property
    def required(self) -> bool:
        """Return whether an instance must give it a value."""
        return self.default is None

    @property
    def nullable(self) -> bool:
        """Return whether it may be left empty, so that the option that takes it is not given."""
        return self.default is not None and is_null(self.default)


class Parameters:
    """Reads the `params:` of a subflow."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._options = OptionCheck(report)

    def read(self, section: Value | None) -> dict[str, Parameter | None]:
        """Return the parameters by name; None for one that is declared wrongly."""
        if not isinstance(section, YamlMap):
            return {}
        return {name: self._one(name, entry) for name, entry in section.entries.items()}

    def _one(self, name: str, entry: Entry) -> Parameter | None:
        at = entry.key.start
        if name in RESERVED_OPTIONS:
            message = f"the parameter {name!r} has the name of an option of every node; rename it"
            self._report.error("bad-id", at, message)
            return None
        if not _NAME.fullmatch(name):
            message = f"a parameter's name is small letters, digits and _, got {name!r}; rename it"
            self._report.error("bad-id", at, message)
            return None
        body = entry.value
        if not isinstance(body, YamlMap):
            if not (isinstance(body, Scalar) and body.unreadable):
                message = f"the parameter {name!r} is a map such as {{type: int, default: 5}}"
                self._report.error("wrong-shape", body.start, f"{message}{got(body)}")
            return None
        subject = Subject(
            at, f"the parameter {name!r}", others=sorted(_BY_TYPE), prefix=f"params.{name}."
        )
        declared = self._options.check(_Declared, body, subject, skip=_BY_TYPE)
        if declared is None or not self._consistent(name, declared, body):
            return None
        kind = self._bounded(declared, body, subject)
        default = body.entries.get("default")
        if kind is None or not self._fits(kind, default, subject):
            return None
        return Parameter(
            name,
            at,
            declared.type,
            kind,
            declared.doc,
            declared.unit,
            default.value if default is not None and isinstance(default.value, Scalar) else None,
            declared.kind,
        )

    def _consistent(self, name: str, declared: _Declared, body: YamlMap) -> bool:
        """Report what a parameter of its type cannot have, and what it needs."""
        for option, kinds in _ONLY.items():
            if option in body.entries and declared.type not in kinds:
                message = f"a {declared.type} has no {option!r}; remove it"
                at = body.entries[option].key.start
                self._report.error("unknown-option", at, f"'params.{name}': {message}")
                return False
        if declared.type == "choice" and not declared.choices:
            message = f"'params.{name}.choices' is missing; add 'choices: [one, another]'"
            self._report.error("missing-option", body.start, message)
            return False
        return True

    def _bounded(self, declared: _Declared, body: YamlMap, subject: Subject) -> Any:
        """Return the type with its limits; None when they are wrong."""
        if declared.type == "choice":
            return Literal[declared.choices]
        kind = _KINDS[declared.type]
        if declared.type not in _NUMBERS:
            return kind
        limits: Any = create_model(
            "Limits", __base__=NodeConfig, min=(kind | None, None), max=(kind | None, None)
        )
        found = self._options.check(limits, body.only(("min", "max")), subject)
        if found is None:
            return None
        if found.min is not None and found.max is not None and found.min > found.max:
            message = f"'{subject.prefix}min' is more than its 'max'; exchange them"
            self._report.error("option-value", body.entries["min"].value.start, message)
            return None
        return Annotated[kind, Field(ge=found.min, le=found.max)]

    def _fits(self, kind: Any, default: Entry | None, subject: Subject) -> bool:
        """Return whether the default is what the type takes; an empty one always is."""
        if default is None or (isinstance(default.value, Scalar) and is_null(default.value)):
            return True
        model = create_model("Default", __base__=NodeConfig, default=(kind, ...))
        body = YamlMap({"default": default}, default.key.start, default.value.end)
        return self._options.check(model, body, subject) is not None


def model_of(parameters: Iterable[Parameter]) -> type[NodeConfig]:
    """Return the settings of an instance; a field is called otherwise than its option.

    So no parameter hides what every model has.
    """
    fields: dict[str, Any] = {}
    for one in parameters:
        kind = one.type | None if one.nullable else one.type
        extra: JsonDict | None = {"unit": one.unit} if one.unit else None
        about = Field(
            validation_alias=one.name, description=one.doc or None, json_schema_extra=extra
        )
        fields[f"of_{one.name}"] = (Annotated[kind, about], ... if one.required else None)
    return create_model("Parameters", __base__=_Instance, **fields)
