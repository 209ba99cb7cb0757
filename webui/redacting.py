"""No answer shows the value of a secret: its name stands in its place.

An error may quote an address with a key in it, and a payload may carry one; both are shown by the
page, the traces and the dead letters.
"""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from bottle import HTTPResponse, Route

Redact = Callable[[str], str]
_READ_BY_MACHINES = ("/live", "/ready")
# The texts of a flow have `!secret name` and no values; who edits them gets them as they are.
_TEXTS = "/api/v1/flow"
_NO_TEXT: Final = frozenset({int, float, bool, type(None)})
"""What no secret can stand in."""


class Redacting:
    """A Bottle plug-in around each route that tells of the flow; `redact` knows the values."""

    name = "redacting"
    api = 2

    def __init__(self, redact: Redact) -> None:
        self._redact = redact

    def apply(self, call: Callable[..., Any], route: Route) -> Callable[..., Any]:
        """Return a route whose answers show no secret."""
        rule = route.rule
        tells = rule.startswith("/api/") and not rule.startswith(_TEXTS)
        if not (tells or rule in _READ_BY_MACHINES):
            return call
        redact = self._redact

        @functools.wraps(call)
        def redacted(*args: Any, **kwargs: Any) -> Any:
            try:
                return _without(call(*args, **kwargs), redact)
            except HTTPResponse as answer:
                answer.body = _without(answer.body, redact)
                raise

        return redacted


class _Stream(Iterator[bytes]):
    """A stream whose chunks are whole lines, each without secrets."""

    def __init__(self, chunks: Any, redact: Redact) -> None:
        self._chunks = iter(chunks)
        self._close = getattr(chunks, "close", lambda: None)
        self._redact = redact

    def __next__(self) -> bytes:
        return bytes(_without(next(self._chunks), self._redact))

    def close(self) -> None:
        """Close what is behind it."""
        self._close()


def _without(body: Any, redact: Redact) -> Any:
    """Return the body of an answer without secrets; keys are our own words."""
    match body:
        case str():
            return redact(body)
        case bytes():
            return redact(body.decode()).encode()
        case Mapping():
            return {
                key: value if type(value) in _NO_TEXT else _without(value, redact)
                for key, value in body.items()
            }
        case list() | tuple():
            # A graph has many thousand numbers, and not even a call is made for each.
            return [one if type(one) in _NO_TEXT else _without(one, redact) for one in body]
        case Iterator():
            return _Stream(body, redact)
    return body
