"""What a flow file says, without where it says it, and what an edit may put into it.

Every plain scalar is text, as in the tree: the type of its option reads it.  `Quoted` is text in
quotes or in a block, `Secret` is `!secret name`.  An edit that travels as JSON writes the two as
`{"!quoted": text}` and `{"!secret": name}`.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Final

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap
from oppleo_flow.immutable import immutable


@immutable
class Quoted:
    """Text that is in quotes: no reader takes it for a number, a truth or nothing."""

    text: str


@immutable
class Secret:
    """The name of a secret."""

    name: str


Leaf = str | Quoted | Secret
Data = Leaf | list["Data"] | dict[str, "Data"]
EditValue = (
    str | int | float | None | Quoted | Secret | Sequence["EditValue"] | Mapping[str, "EditValue"]
)
Path = tuple[str | int, ...]

_QUOTED: Final = "!quoted"
_SECRET: Final = "!secret"
_NOTHING: Final = frozenset({"", "~", "null"})
_NUMBERLIKE = re.compile(r"[-+.]*[0-9]")
_VARIABLE = re.compile(r"\$\([^()]*\)")
_SECRET_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_UNWRITABLE = re.compile("[\ud800-\udfff]")
_DEEPEST = 30


def data_of(value: Value) -> Data:
    """Return what a part of a tree says."""
    match value:
        case YamlMap():
            return {name: data_of(entry.value) for name, entry in value.entries.items()}
        case YamlList():
            return [data_of(item) for item in value.items]
        case Scalar(secret=True):
            return Secret(value.text)
        case Scalar():
            return value.text if value.plain else Quoted(value.text)


def reads_otherwise(text: str) -> bool:
    """Return whether some reader may take a text for something else when it is without quotes.

    Duration, time and address are among them, for they begin as a number does: to keep quotes
    that are not needed does no harm.
    """
    return (
        text.lower() in _NOTHING
        or text.lower() in TRUTHS
        or _NUMBERLIKE.match(text) is not None
        or _VARIABLE.fullmatch(text) is not None
    )


def same(one: Data, other: Data) -> bool:
    """Return whether two parts say the same to every reader, in the same order."""
    match one, other:
        case dict(), dict():
            return list(one) == list(other) and all(same(one[key], other[key]) for key in one)
        case list(), list():
            return len(one) == len(other) and all(map(same, one, other))
        case (Quoted(text), str(word)) | (str(word), Quoted(text)):
            return text == word and not reads_otherwise(text)
        case _:
            return one == other


def text_of(data: Data | None) -> str | None:
    """Return the text of a scalar that is no secret; None for all else."""
    match data:
        case str():
            return data
        case Quoted():
            return data.text
        case _:
            return None


def data_from(value: EditValue, old: Data | None = None, depth: int = 0) -> Data:
    """Return what an edit's value says once it is in the file.

    A text needs no quotes to be a text, for its option's type reads it; but one that replaces a
    text in quotes stays in them, and nothing, an empty text, is always in them.

    Raises:
        Refused: No file can say it.
    """
    if depth > _DEEPEST:
        raise Refused(f"a value is nested more than {_DEEPEST} deep; a flow needs about 6")
    match value:
        case Quoted():
            return Quoted(_writable(value.text))
        case Secret():
            return _secret(value.name)
        case str():
            kept = isinstance(old, Quoted) or value.lower() in _NOTHING
            return Quoted(_writable(value)) if kept else _writable(value)
        case Mapping():
            return _map_from(value, old, depth)
        case Sequence():
            olds = old if isinstance(old, list) and len(old) == len(value) else [None] * len(value)
            return [data_from(item, was, depth + 1) for item, was in zip(value, olds, strict=True)]
        case _:
            return _word(value)


def _word(value: float | None) -> str:
    """Return a number, a truth or nothing as it is written."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, float):
        raise Refused(f"a value is text, a number, a truth, a list or a map, got {value!r}")
    if not math.isfinite(value):
        raise Refused(f"a number must be finite, got {value}")
    return json.dumps(value)


def _map_from(value: Mapping[str, EditValue], old: Data | None, depth: int) -> Data:
    if len(value) == 1:
        [(key, inner)] = value.items()
        if key == _SECRET and isinstance(inner, str):
            return _secret(inner)
        if key == _QUOTED and isinstance(inner, str):
            return Quoted(_writable(inner))
    olds = old if isinstance(old, dict) else {}
    return {_key(key): data_from(item, olds.get(key), depth + 1) for key, item in value.items()}


def _key(key: object) -> str:
    if not isinstance(key, str) or key == "":
        raise Refused(f"a key is a text, got {key!r}")
    return _writable(key)


def _secret(name: str) -> Secret:
    if not _SECRET_NAME.fullmatch(name):
        raise Refused(f"a secret's name is letters, digits and _, got {name!r}")
    return Secret(name)


def _writable(text: str) -> str:
    if _UNWRITABLE.search(text):
        raise Refused(f"half a character cannot be written into a file, got {text!r}")
    return text


def as_json(value: EditValue) -> object:
    """Return an edit's value as JSON has it."""
    match value:
        case Quoted():
            return {_QUOTED: value.text}
        case Secret():
            return {_SECRET: value.name}
        case None | str() | int() | float():
            return value
        case Mapping():
            return {key: as_json(item) for key, item in value.items()}
        case Sequence():
            return [as_json(item) for item in value]
