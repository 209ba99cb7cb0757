"""What YAML text is made of here: text, lists and maps that know where they stand.

Every scalar stays text; the type of the option that it is for reads it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from pydantic import SecretStr


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text that marks are in: the file's name, its lines, and what its ids mean to all others.

    `prefix` goes before every id in it: nothing in the main flow, `other/` in another one, `store.`
    in the copy of a subflow that the instance `store` is made of.
    """

    file: str
    lines: Sequence[str]
    prefix: str = ""

    @property
    def instance(self) -> str:
        """Return the instance of a subflow that this is a copy for; empty when it is none."""
        return self.prefix.removesuffix(".") if self.prefix.endswith(".") else ""


class Mark(NamedTuple):
    """A place in a text; line, column and offset (in characters from the start) count from 0.

    `text` is None where there is only one text that can be meant.
    """

    line: int
    column: int
    offset: int = 0
    text: Text | None = None


@dataclass(slots=True, eq=False)
class Scalar:
    """One piece of text.

    `plain` is false for text in quotes or a block.  `secret` marks `!secret name`, whose value is
    in `hidden` once it is known.  What could not be read has been reported and is `unreadable`:
    nobody complains about it a second time.  `written` is the text before variables were put in,
    `given` where the parameter of a subflow stands that it was taken from.
    """

    text: str
    start: Mark
    end: Mark
    plain: bool = True
    secret: bool = False
    unreadable: bool = False
    written: str | None = None
    hidden: SecretStr | None = None
    given: Mark | None = None

    @property
    def empty(self) -> bool:
        """Return whether nothing was written where a value may stand."""
        return self.plain and not (self.text or self.secret or self.unreadable)


@dataclass(slots=True, eq=False)
class YamlList:
    """A list."""

    items: "list[Value]"
    start: Mark
    end: Mark


@dataclass(slots=True, eq=False)
class Entry:
    """One line of a map: its key and its value."""

    key: Scalar
    value: "Value"


@dataclass(slots=True, eq=False)
class YamlMap:
    """A map; `incomplete` when one of its own lines could not be read."""

    entries: dict[str, Entry]
    start: Mark
    end: Mark
    incomplete: bool = field(default=False)

    def get(self, key: str) -> "Value | None":
        """Return a key's value; None when the key is missing or nothing stands behind it."""
        entry = self.entries.get(key)
        if entry is None or (isinstance(entry.value, Scalar) and entry.value.empty):
            return None
        return entry.value

    def only(self, names: Iterable[str]) -> "YamlMap":
        """Return a map with those of its entries whose keys are named."""
        entries = {name: self.entries[name] for name in names if name in self.entries}
        return YamlMap(entries, self.start, self.end, self.incomplete)


Value = Scalar | YamlList | YamlMap


def copied(value: Value, text: Text) -> Value:
    """Return a copy of a value that stands in another text, at the same places."""

    def moved(mark: Mark) -> Mark:
        return mark._replace(text=text)

    def scalar(one: Scalar) -> Scalar:
        return replace(one, start=moved(one.start), end=moved(one.end))

    match value:
        case Scalar():
            return scalar(value)
        case YamlList():
            items = [copied(item, text) for item in value.items]
            return YamlList(items, moved(value.start), moved(value.end))
        case YamlMap():
            entries = {
                name: Entry(scalar(entry.key), copied(entry.value, text))
                for name, entry in value.entries.items()
            }
            return YamlMap(entries, moved(value.start), moved(value.end), value.incomplete)


def kind_text(value: Value | None) -> str:
    """Return what kind of value this is, as a message says it."""
    match value:
        case YamlList():
            return "a list"
        case YamlMap():
            return "a map"
        case Scalar(empty=False):
            return "text"
        case _:
            return "nothing"


def scalars(value: Value | None) -> Iterator[Scalar]:
    """Yield every scalar of a value, in the order of the file; keys are none."""
    # No recursion: what lies deep would go through a generator for each level on its way out.
    rest = [value]
    while rest:
        match rest.pop():
            case Scalar() as scalar:
                yield scalar
            case YamlList(items=items):
                rest += reversed(items)
            case YamlMap(entries=entries):
                rest += [entry.value for entry in reversed(entries.values())]
