"""What the program says in English, in another language.

Errors, faults, statuses and findings are written in English where they arise, because logs and
commands tell them too.  A catalogue has them by what they are made from, with `{}` for what
varies, and is searched for the one that a text fits:

    {"no session {} is known": "er is geen sessie {} bekend"}

What varies is looked for in its turn: it may be a sentence of its own.  What no catalogue has,
such as the words of somebody's own node, stays as it was written.  The web page does the same
with the same files (`webui/frontend/src/wording/said.ts`).
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources
from typing import Final

_ALWAYS: Final = ("alarms", "conditions", "inputs", "refusals", "words")
"""The catalogues of what is said anywhere; the others are of the settings, for the page alone."""
_DEEP: Final = 5
"""So many sentences may be inside one another."""
_REMEMBERED: Final = 500
_BETWEEN: Final = ("; ", ": ")
"""What stands between sentences that were put together without a text of their own."""
_ONE: Final = "((?:(?!; |: ).)*?)"
"""What varies, where it is no sentence that was put together of several; else it is anything."""
_ANY: Final = "(.*?)"


class Said:
    """Says in one language what was said in English.  Legal from any thread."""

    def __init__(self, known: Mapping[str, str]) -> None:
        self._known = known
        # The one with the most words of its own comes first: it says most exactly what is meant.
        varying = sorted((one for one in known if "{}" in one), key=lambda one: -len(one))
        # What every text of a form has in it is quick to look for.
        self._varying = [(max(one.split("{}"), key=len), one) for one in varying]
        self._found = lru_cache(_REMEMBERED)(self._sought)

    def __call__(self, text: str) -> str:
        """Return a text in the language; the text itself where it is not known."""
        return self._found(text, _DEEP) or text

    def _sought(self, text: str, deep: int) -> str | None:
        """Return a text in the language; None where it is not known."""
        return (
            self._known.get(text)
            or self._fitted(_ONE, text, deep)
            or self._parted(text, deep, all)
            or self._fitted(_ANY, text, deep)
            or self._parted(text, deep, any)
        )

    def _fitted(self, varies: str, text: str, deep: int) -> str | None:
        """Return a text by the form that it has, with what varies put into words too."""
        for sign, form in self._varying:
            if sign in text and (values := _pattern(form, varies).fullmatch(text)):
                words = [(deep and self._found(one, deep - 1)) or one for one in values.groups()]
                return _filled(self._known[form], words)
        return None

    def _parted(
        self, text: str, deep: int, known: Callable[[Iterable[object]], bool]
    ) -> str | None:
        """Return a text that was put together of two, if they are known: all, or any of them."""
        for between in _BETWEEN:
            first, there, rest = text.partition(between)
            if not (there and deep):
                continue
            parts = (self._found(first, deep - 1), self._found(rest, deep - 1))
            if known(parts):
                return f"{parts[0] or first}{between}{parts[1] or rest}"
        return None


@cache
def _pattern(form: str, varies: str) -> re.Pattern[str]:
    return re.compile(varies.join(map(re.escape, form.split("{}"))), re.DOTALL)


def _filled(text: str, words: list[str]) -> str:
    """Return a text with its values: `{}` is the next one, `{2}` the second."""
    following = iter(words)
    return re.sub(
        r"\{(\d?)\}", lambda at: words[int(at[1]) - 1] if at[1] else next(following), text
    )


@cache
def said_in(language: str) -> Said:
    """Return what says in a language what was said in English."""
    return Said({key: text for one in _catalogues(language) for key, text in one.items()})


def _catalogues(language: str) -> Iterator[Mapping[str, str]]:
    for name in _ALWAYS:
        file = resources.files(__package__).joinpath(language, f"{name}.json")
        if file.is_file():
            yield json.loads(file.read_text(encoding="utf-8"))
