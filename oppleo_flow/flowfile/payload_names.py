"""The payload types that a subflow names for its inputs: `MeterReading | MeterUnknown`."""

import re
from collections.abc import Callable, Mapping
from types import GenericAlias
from typing import Any

from oppleo_flow.encoding import known_types
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.wire_types import union
from oppleo_flow.registry import Registry

_TOKEN = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*|\[|\]|,|\|)")
_ANYTHING = {"any": Any}
_GENERIC: Mapping[str, Callable[[Any], tuple[type, tuple[Any, ...]]]] = {
    "list": lambda inner: (list, (inner,)),
    "tuple": lambda inner: (tuple, (inner, ...)),
}


class PayloadNames:
    """Reads the name of a payload type; those of a site's own node files are looked for last."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._known: Mapping[str, Any] | None = None
        self._complete = False

    def read(self, text: str) -> Any:
        """Return the type that a text names.

        Raises:
            ValueError: It names none; the message says what is wrong, and what to do.
        """
        words = _TOKEN.findall(text)
        if "".join(words) != re.sub(r"\s", "", text) or not words:
            raise ValueError("the name of a payload type is needed, such as MeterReading")
        kind = self._union(words)
        if words:
            raise ValueError(f"{words[0]!r} is too much; write MeterReading | MeterUnknown")
        return kind

    def _union(self, words: list[str]) -> Any:
        kinds = [self._one(words)]
        while words and words[0] == "|":
            words.pop(0)
            kinds.append(self._one(words))
        return union(kinds)

    def _one(self, words: list[str]) -> Any:
        word = words.pop(0) if words else ""
        if word in _GENERIC and words[:1] == ["["]:
            words.pop(0)
            inner = self._union(words)
            if words[:1] != ["]"]:
                raise ValueError(f"a ']' is missing; write {word}[MeterReading]")
            words.pop(0)
            return GenericAlias(*_GENERIC[word](inner))
        found = self._types(word).get(word)
        if found is None:
            raise ValueError(f"there is no payload type {word!r}{hint(word, self._types(word))}")
        return found

    def _types(self, wanted: str) -> Mapping[str, Any]:
        """Return the types by name; only for one that is not among them every node is imported."""
        if self._known is None:
            self._known = known_types() | _ANYTHING
        if wanted not in self._known and not self._complete:
            self._complete = True
            self._registry.nodes()
            self._known = known_types() | _ANYTHING
        return self._known
