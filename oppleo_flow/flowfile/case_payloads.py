"""Payloads as the tests of a flow write them: fields by name, each value read by its type."""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, reduce
from operator import or_
from types import NoneType
from typing import Any, Final, TypeVar, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter, ValidationError
from pydantic.errors import PydanticSchemaGenerationError

from oppleo_flow.encoding import known_types
from oppleo_flow.flowfile.cases import Filled, Given, Plain
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import advice, got, must
from oppleo_flow.flowfile.readers import Readers
from oppleo_flow.flowfile.scalars import ABSENT, Read, Reading, freely, is_null
from oppleo_flow.flowfile.suggest import hint, one_of
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.flowfile.wants import Alike, Anything, Between, Equal, Fields, Items, Want
from oppleo_flow.node_spec import members, type_text
from oppleo_flow.record import Record

_LIMITS: Final = ("above", "at_least", "at_most", "below")
_SELECTOR = "type"
_NUMBERS = (int, float, Decimal)
_WHERE = "tests"
_WORDS: Final[Mapping[Any, str]] = {
    bool: "on or off",
    datetime: "a moment",
    float: "a number",
    int: "a whole number",
    str: "text",
    NoneType: "nothing",
}
_Named = Mapping[str, tuple[Scalar, Value]]


class PayloadCheck:
    """Reads what a test gives and wants; what is wrong with it goes into the report.

    When `complete`, a field that is needed must be given, unless it is a moment.
    """

    def __init__(
        self, report: Report, readers: Readers | None = None, *, complete: bool = False
    ) -> None:
        self._report = report
        self._readers = readers or Readers()
        self._reads: dict[Any, Read] = {}
        self._complete = complete

    # -- what a test gives -----------------------------------------------------------------------

    def given(self, kind: Any, value: Value, about: str) -> Given | None:
        """Return a payload of the type `kind`; None when something is wrong."""
        kinds = _kinds(kind)
        classes = _classes(kinds)
        if isinstance(value, Scalar) and value.unreadable:
            return None
        if isinstance(value, YamlMap) or (isinstance(value, Scalar) and value.empty):
            return self._filled(kinds, classes, value, about)
        if isinstance(value, Scalar) and classes and len(classes) == len(kinds):
            self._error("wrong-shape", value, _map_needed(about, classes, value))
            return None
        made = self._read(reduce(or_, kinds), value, about)
        return None if made is ABSENT else Plain(made)

    def _filled(
        self, kinds: tuple[Any, ...], classes: Sequence[type], value: YamlMap | Scalar, about: str
    ) -> Given | None:
        named, selected = self._selected(kinds, classes, value, about)
        if selected is None:
            return None
        if not selected:
            if isinstance(value, YamlMap):
                return Plain(Record.of(freely(value, Reading())))
            self._error("wrong-shape", value, f"{about} needs a value; write one")
            return None
        fitting = self._having(named, selected, about)
        if len(fitting) > 1:
            names = one_of([one.__name__ for one in fitting])
            message = f"{about} may be {names}; say which: {{type: {fitting[0].__name__}, …}}"
            self._report.error("ambiguous-payload", value.start, message, _WHERE)
        return self._of_class(fitting[0], named, value) if len(fitting) == 1 else None

    def _of_class(self, kind: type, named: _Named, value: Value) -> Filled | None:
        hints = _hints(kind)
        values = {
            name: self._read(hints[name], given, f"{name!r} of a {kind.__name__}")
            for name, (_, given) in named.items()
        }
        if any(made is ABSENT for made in values.values()):
            return None
        filled = Filled(kind, values, _moments(kind, hints, values))
        needed = _needed(kind) - set(values)
        if self._complete:
            needed -= set(filled.moments)
        elif hasattr(kind, "sample"):
            needed = set()
        if needed:
            missing = sorted(needed)
            message = f"a {kind.__name__} needs {missing[0]!r}; add '{missing[0]}: …'"
            self._error("missing-option", value, message)
            return None
        return filled

    # -- what a test wants -----------------------------------------------------------------------

    def wanted(self, kind: Any, value: Value, about: str) -> Want | None:
        """Return what a value of the type `kind` is compared with; None when it is wrong."""
        kinds = _kinds(kind)
        match value:
            case Scalar(unreadable=True):
                return None
            case Scalar(empty=True):
                return Anything()
            case Scalar():
                return self._wanted_scalar(kinds, value, about)
            case YamlList():
                return self._wanted_list(kinds, value, about)
            case YamlMap():
                return self._wanted_map(kinds, value, about)

    def _wanted_scalar(self, kinds: tuple[Any, ...], value: Scalar, about: str) -> Want | None:
        if _open(kinds):
            return Alike(value.text, value.plain)
        if is_null(value) and NoneType in kinds:
            return Equal(None)
        classes = _classes(kinds)
        if classes and not set(kinds) - set(classes) - {NoneType}:
            self._error("wrong-shape", value, _map_needed(about, classes, value))
            return None
        made = self._read(reduce(or_, kinds), value, about)
        return None if made is ABSENT else Equal(made)

    def _wanted_list(self, kinds: tuple[Any, ...], value: YamlList, about: str) -> Want | None:
        lists = [one for one in kinds if (get_origin(one) or one) in (list, tuple)]
        if not lists and not _open(kinds):
            self._error("wrong-shape", value, f"{about} is {_what(kinds)}, got a list")
            return None
        inner = (get_args(lists[0]) or (Any,))[0] if lists else Any
        wants = [self.wanted(inner, item, f"an item of {about}") for item in value.items]
        return Items(tuple(want for want in wants if want is not None))

    def _wanted_map(self, kinds: tuple[Any, ...], value: YamlMap, about: str) -> Want | None:
        if value.entries and not set(value.entries) - set(_LIMITS) and _numeric(kinds):
            return self._between(value, about)
        classes = _classes(kinds)
        if not classes and not _open(kinds):
            self._error("wrong-shape", value, f"{about} is {_what(kinds)}, got a map")
            return None
        named, selected = self._selected(kinds, classes, value, about)
        if selected is None:
            return None
        if not value.entries:
            return Anything()
        by_type: dict[type | None, Mapping[str, Want]] = {}
        if _open(kinds) and len(named) == len(value.entries):
            by_type[None] = self._fields({}, named)
        elif not (selected := self._having(named, selected, about)):
            return None
        fitting = self._fitting(named, selected)
        if selected and not fitting:
            fitting = {selected[0]: self._fields_of(selected[0], named)}
        return Fields({**by_type, **fitting})

    def _fitting(
        self, named: _Named, classes: Sequence[type]
    ) -> dict[type | None, Mapping[str, Want]]:
        """Return what is wanted of those of several classes that can have every value."""
        if len(classes) < 2:
            return {}
        trial = PayloadCheck(Report("", ()), self._readers)
        tried = ((one, trial._fields_at_all(one, named)) for one in classes)
        return {one: wants for one, wants in tried if wants is not None}

    def _fields_at_all(self, kind: type, named: _Named) -> Mapping[str, Want] | None:
        """Return what is wanted of the fields of a class; None once one cannot have its value."""
        hints = _hints(kind)
        wants: dict[str, Want] = {}
        for name, (_, value) in named.items():
            want = self.wanted(hints[name], value, f"{name!r} of a {kind.__name__}")
            if want is None:
                return None
            wants[name] = want
        return wants

    def _fields_of(self, kind: type, named: _Named) -> dict[str, Want]:
        return self._fields(_hints(kind), named, kind.__name__)

    def _fields(self, hints: Mapping[str, Any], named: _Named, kind: str = "") -> dict[str, Want]:
        of = f" of a {kind}" if kind else ""
        wants = {
            name: self.wanted(hints.get(name, Any), value, f"{name!r}{of}")
            for name, (_, value) in named.items()
        }
        return {name: want for name, want in wants.items() if want is not None}

    def _between(self, value: YamlMap, about: str) -> Between | None:
        limits = {
            name: self._read(float, entry.value, f"{name!r} of {about}")
            for name, entry in value.entries.items()
        }
        return None if ABSENT in limits.values() else Between(**limits)

    # -- types and fields ------------------------------------------------------------------------

    def _selected(
        self, kinds: tuple[Any, ...], classes: Sequence[type], value: Value, about: str
    ) -> tuple[_Named, list[type] | None]:
        """Return the fields that a map names, and the classes it may mean; None: a wrong one."""
        entries = value.entries if isinstance(value, YamlMap) else {}
        named = {name: (entry.key, entry.value) for name, entry in entries.items()}
        own = any(_SELECTOR in _names(one) for one in classes)
        if _SELECTOR not in named or own or (Record in kinds and not classes):
            return named, list(classes)
        _, selector = named.pop(_SELECTOR)
        known = {one.__name__: one for one in classes}
        if _open(kinds):
            known |= {n: one for n, one in known_types().items() if dataclasses.is_dataclass(one)}
        if not isinstance(selector, Scalar):
            message = f"'type' is the name of a payload, got {kind_text(selector)}"
            self._error("wrong-shape", selector, message)
            return named, None
        if selector.unreadable:
            return named, None
        if selector.text not in known:
            choices = hint(selector.text, known, what=f"{about} is")
            message = f"{about} is no {selector.text!r}{choices}"
            self._report.error("unknown-payload", selector.start, message, _WHERE)
            return named, None
        return named, [known[selector.text]]

    def _having(self, named: _Named, classes: Sequence[type], about: str) -> list[type]:
        """Return the classes that have all the fields; report what none of them has."""
        fitting = [one for one in classes if set(named) <= set(_names(one))]
        if fitting:
            return fitting
        known = dict.fromkeys(name for one in classes for name in _names(one))
        kinds = one_of([one.__name__ for one in classes])
        strange = [key for name, (key, _) in named.items() if name not in known]
        for key in strange:
            advised = hint(key.text, known, what="it has")
            message = f"{about} is a {kinds}, which has no field {key.text!r}{advised}"
            self._report.error("unknown-field", key.start, message, _WHERE)
        if not strange:
            first = next(iter(named.values()))[0]
            message = f"{about} is a {kinds}, and none of them has all of these fields"
            self._report.error("unknown-field", first.start, message, _WHERE)
        return []

    def _read(self, kind: Any, value: Value, about: str) -> Any:
        """Return a value as the type that it has; `ABSENT` when it cannot be that."""
        read = self._reads.get(kind)
        if read is None:
            read = self._reads[kind] = self._readers.of(kind)
        made = read(value, Reading())
        if made is ABSENT:
            return ABSENT
        adapter = _adapter(kind)
        if adapter is None:
            return made
        try:
            found = adapter.validate_python(made)
        except ValidationError as error:
            self._misread(error, value, about)
            return ABSENT
        if isinstance(found, datetime) and found.tzinfo is None:
            message = f"{about} must have its offset, such as +01:00{got(value)}"
            self._report.error("payload-value", value.start, message, _WHERE)
            return ABSENT
        return found

    def _misread(self, error: ValidationError, value: Value, about: str) -> None:
        errors = error.errors(include_url=False)
        words = list(dict.fromkeys(must(one, value) for one in errors))
        text = " or ".join([words[0], *(word.removeprefix("must be ") for word in words[1:])])
        joint = " " if text.startswith(("must ", "is ")) else ": "
        message = f"{about}{joint}{text}{got(value)}{advice(errors[0])}"
        self._report.error("payload-value", value.start, message, _WHERE)

    def _error(self, code: str, value: Value, message: str) -> None:
        self._report.error(code, value.start, message, _WHERE)


def written(value: Value) -> str:
    """Return a value of the file on one line, as the file has it."""
    match value:
        case YamlMap():
            inner = (f"{name}: {written(entry.value)}" for name, entry in value.entries.items())
            return f"{{{', '.join(inner)}}}"
        case YamlList():
            return f"[{', '.join(written(item) for item in value.items)}]"
        case Scalar():
            return value.text if value.plain else f'"{value.text}"'


@cache
def _adapter(kind: Any) -> TypeAdapter[Any] | None:
    """Return what checks a type; None for one that only its own pack knows."""
    try:
        return TypeAdapter(kind)
    except PydanticSchemaGenerationError:
        return None


@cache
def _hints(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)


@cache
def _kinds(kind: Any) -> tuple[Any, ...]:
    """Return the members of a type; a variable that nothing binds is anything."""
    loose = (Any if isinstance(one, TypeVar) or one is object else one for one in members(kind))
    return tuple(loose)


@cache
def _classes(kinds: tuple[Any, ...]) -> tuple[type, ...]:
    return tuple(one for one in kinds if isinstance(one, type) and dataclasses.is_dataclass(one))


@cache
def _open(kinds: tuple[Any, ...]) -> bool:
    """Return whether a value may have fields that the type does not tell."""
    return any(one is Any or (get_origin(one) or one) in (Record, dict, Mapping) for one in kinds)


@cache
def _numeric(kinds: tuple[Any, ...]) -> bool:
    return any(one is Any or one in _NUMBERS for one in kinds)


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in dataclasses.fields(kind))


def _needed(kind: type) -> set[str]:
    """Return the fields of a class that have no default."""
    no = dataclasses.MISSING
    return {
        one.name
        for one in dataclasses.fields(kind)
        if one.init and one.default is no and one.default_factory is no
    }


def _moments(kind: type, hints: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that need a moment and are not given one."""
    return tuple(n for n in sorted(_needed(kind)) if hints[n] is datetime and n not in given)


def _what(kinds: Sequence[Any]) -> str:
    """Return what a value of these types is, in words."""
    return one_of([_WORDS.get(one) or f"a {type_text(one)}" for one in kinds])


def _map_needed(about: str, classes: Sequence[type], value: Value) -> str:
    example = next(iter(_names(classes[0])), "field")
    return f"{about} is a map of fields such as {{{example}: …}}{got(value)}"
