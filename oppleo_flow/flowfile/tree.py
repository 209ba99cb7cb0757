"""What YAML text is made of here: text, lists and maps that know where they stand.

Every scalar stays text; the type of the option that it is for reads it.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import SecretStr


class Mark(NamedTuple):
    """A place in the text; all three count from 0, `offset` in characters from the start."""

    line: int
    column: int
    offset: int = 0


@dataclass(slots=True, eq=False)
class Scalar:
    """One piece of text.

    `plain` is false for text in quotes or a block.  `secret` marks `!secret name`, whose value is
    in `hidden` once it is known.  What could not be read has been reported and is `unreadable`:
    nobody complains about it a second time.  `written` is the text before variables were put in.
    """

    text: str
    start: Mark
    end: Mark
    plain: bool = True
    secret: bool = False
    unreadable: bool = False
    written: str | None = None
    hidden: SecretStr | None = None

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


Value = Scalar | YamlList | YamlMap


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
