"""Taking the values of secrets out of what people and files get to see."""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote, quote_plus

SHORTEST: Final = 4
"""A shorter value stands in too many words that have nothing to do with it."""


class Redaction:
    """Knows the values of the secrets in use, and puts their names in their place.

    It finds a value as it is, and as an address or JSON has it.  Legal from any thread.
    """

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def learn(self, name: str, value: str) -> None:
        """Hide a value from now on; it stays hidden when the secret gets another."""
        if len(value) < SHORTEST:
            return
        known = {**self._names, **dict.fromkeys(_forms(value), f"<secret {name}>")}
        # The longest first: a value may begin as another does.
        self._names = dict(sorted(known.items(), key=lambda one: -len(one[0])))

    def redacted(self, text: str) -> str:
        """Return a text without the values of secrets."""
        for value, name in self._names.items():
            if value in text:
                text = text.replace(value, name)
        return text


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield quote_plus(value)
    yield json.dumps(value)[1:-1]
    yield json.dumps(value, ensure_ascii=False)[1:-1]
