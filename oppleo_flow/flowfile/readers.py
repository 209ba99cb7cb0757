"""From the type of an option to what reads it.

`Readers` turns a type annotation into a function that makes, of a value of the file, what pydantic
then checks.
"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, JsonValue, PlainValidator, WrapValidator
from pydantic.fields import FieldInfo

from oppleo_flow.flowfile.scalars import (
    ABSENT,
    BY_TYPE,
    LEADING_ZERO,
    Misfit,
    Read,
    Reading,
    Unknown,
    as_written,
    freely,
    is_null,
    one_of,
)
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap

_AS_WRITTEN = (BeforeValidator, PlainValidator, WrapValidator)
_SEQUENCES = (list, tuple, set, frozenset, Sequence)
_MAPPINGS = (dict, Mapping)
_NUMBERS = (bool, int, float, Decimal)


class Readers:
    """Makes the reader of each type once."""

    def __init__(self) -> None:
        self._models: dict[type[BaseModel], _ModelReader] = {}

    def model(self, model: type[BaseModel]) -> "_ModelReader":
        """Return what reads the options of `model`."""
        reader = self._models.get(model)
        if reader is None:
            reader = self._models[model] = _ModelReader()
            reader.fill(model, self)
        return reader

    def of(self, kind: Any, metadata: Iterable[Any] = ()) -> Read:
        """Return what reads a value of the type `kind`."""
        origin = get_origin(kind)
        if origin is Annotated:
            base, *more = get_args(kind)
            return self.of(base, [*more, *metadata])
        if any(isinstance(m, _AS_WRITTEN) for m in metadata):
            return as_written
        if origin is None:
            return self._plain(kind)
        return self._generic(origin, get_args(kind))

    def _generic(self, origin: Any, arguments: tuple[Any, ...]) -> Read:
        if origin in (Union, UnionType):
            return self._union(arguments)
        if origin is Literal:
            return one_of(arguments)
        if origin is tuple and arguments[-1] is not Ellipsis:
            return _items_of([self.of(argument) for argument in arguments])
        if origin in _SEQUENCES:
            return _items_of([self.of(arguments[0])])
        if origin in _MAPPINGS:
            return _map_of(self.of(arguments[1]))
        return self._plain(origin)

    def _plain(self, kind: Any) -> Read:
        if kind in (Any, object, JsonValue) or isinstance(kind, TypeVar):
            return freely
        if kind in _SEQUENCES:
            return _items_of([freely])
        if kind in _MAPPINGS:
            return _map_of(freely)
        return self._class(kind) if isinstance(kind, type) else as_written

    def _class(self, kind: type) -> Read:
        if issubclass(kind, BaseModel):
            return self.model(kind)
        if issubclass(kind, Enum):
            return one_of(tuple(member.value for member in kind))
        for base, read in BY_TYPE:
            if kind is base:
                return read
        return as_written

    def _union(self, kinds: tuple[Any, ...]) -> Read:
        union = _UnionReader(NoneType in kinds)
        for kind in kinds:
            if kind is not NoneType:
                union.add(kind, self.of(kind))
        return union


class _UnionReader:
    """Reads a value as the member of a union that it looks like."""

    def __init__(self, takes_none: bool) -> None:
        self.takes_none = takes_none
        self._scalars: list[tuple[Any, Read]] = []
        self._lists: list[Read] = []
        self._maps: list[tuple[Any, Read]] = []

    def add(self, kind: Any, read: Read) -> None:
        """Add a member."""
        base = get_args(kind)[0] if get_origin(kind) is Annotated else kind
        origin = get_origin(base) or base
        if origin in _MAPPINGS or (isinstance(origin, type) and issubclass(origin, BaseModel)):
            self._maps.append((base, read))
        elif origin in _SEQUENCES:
            self._lists.append(read)
        else:
            self._scalars.append((base, read))

    def __call__(self, value: Value, reading: Reading) -> Any:
        match value:
            case YamlMap() if self._maps:
                return _best_map(value, self._maps)(value, reading)
            case YamlList() if self._lists:
                return self._lists[0](value, reading)
            case Scalar(secret=False) if self.takes_none and is_null(value):
                return None
            case Scalar() if self._scalars:
                return _best_scalar(value, reading, self._scalars)
            case _:
                return as_written(value, reading)


class _ModelReader:
    """Reads a map as the options of one model."""

    def __init__(self) -> None:
        self.known: tuple[str, ...] = ()
        self._fields: dict[str, Read] = {}
        self._extra = False

    def fill(self, model: type[BaseModel], readers: Readers) -> None:
        """Learn the fields; a second step, because a model may hold itself."""
        names = {_key(name, info): info for name, info in model.model_fields.items()}
        self.known = tuple(names)
        self._extra = model.model_config.get("extra") == "allow"
        for name, info in names.items():
            self._fields[name] = readers.of(info.annotation, info.metadata)

    def __call__(self, value: Value, reading: Reading) -> Any:
        if not isinstance(value, YamlMap):
            return as_written(value, reading)
        return self.read(value, reading)

    def read(
        self, value: YamlMap, reading: Reading, skip: frozenset[str] = frozenset()
    ) -> dict[str, Any]:
        """Return the options of a map, without the keys in `skip`."""
        result: dict[str, Any] = {}
        for name, entry in value.entries.items():
            if name in skip:
                continue
            read = self._fields.get(name, freely if self._extra else None)
            if read is None:
                reading.unknown.append(Unknown(entry.key, tuple(reading.path), self.known))
                continue
            if _is_absent(entry.value, read):
                continue
            reading.path.append(name)
            made = read(entry.value, reading)
            reading.path.pop()
            if made is not ABSENT:
                result[name] = made
        return result


def _key(name: str, info: FieldInfo) -> str:
    return info.validation_alias if isinstance(info.validation_alias, str) else name


def _is_absent(value: Value, read: Read) -> bool:
    """Return whether nothing was written, or a null where the option cannot be null."""
    if not isinstance(value, Scalar) or not is_null(value):
        return False
    takes_null = read is as_written or (isinstance(read, _UnionReader) and read.takes_none)
    return not value.text or not takes_null


def _items_of(reads: list[Read]) -> Read:
    """Return what reads a list; the last reader reads all that is left."""

    def read(value: Value, reading: Reading) -> Any:
        if not isinstance(value, YamlList):
            return as_written(value, reading)
        made = []
        for number, item in enumerate(value.items):
            reading.path.append(number)
            made.append(reads[min(number, len(reads) - 1)](item, reading))
            reading.path.pop()
        return [item for item in made if item is not ABSENT]

    return read


def _map_of(read_value: Read) -> Read:
    def read(value: Value, reading: Reading) -> Any:
        if not isinstance(value, YamlMap):
            return as_written(value, reading)
        made = {}
        for name, entry in value.entries.items():
            reading.path.append(name)
            made[name] = read_value(entry.value, reading)
            reading.path.pop()
        return {name: item for name, item in made.items() if item is not ABSENT}

    return read


def _best_map(value: YamlMap, maps: list[tuple[Any, Read]]) -> Read:
    """Return the reader of the member whose keys fit best."""

    def score(member: tuple[Any, Read]) -> tuple[int, int]:
        kind, read = member
        if not isinstance(read, _ModelReader):
            return (0, 0)
        fits = sum(_says(kind, name, entry.value) for name, entry in value.entries.items())
        return (fits, -len(read.known))

    return max(maps, key=score)[1]


def _says(model: type[BaseModel], name: str, value: Value) -> int:
    """Return 1 for a key that the model has, 10 for one whose value only that model takes."""
    info = next((i for n, i in model.model_fields.items() if _key(n, i) == name), None)
    if info is None:
        return -1
    if get_origin(info.annotation) is not Literal or not isinstance(value, Scalar):
        return 1
    return 10 if value.text in get_args(info.annotation) else -10


def _best_scalar(value: Scalar, reading: Reading, scalars: list[tuple[Any, Read]]) -> Any:
    """Return a scalar as the first member of a union that takes it; quotes make it text."""
    texts = [read for kind, read in scalars if kind not in _NUMBERS]
    if texts and (not value.plain or LEADING_ZERO.match(value.text)):
        return texts[0](value, reading)
    made: Any = ABSENT
    for kind, read in scalars:
        if kind in _NUMBERS:
            made = read(value, reading)
            if not isinstance(made, Misfit):
                return made
    return texts[0](value, reading) if texts else made
