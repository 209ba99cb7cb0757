"""The description of the API itself, for programs that call it and for those who write them."""

import json
from collections.abc import Callable, Iterable

from bottle import response

from webui.route import Route


class Document:
    """The route of `/api/v1/openapi.json`."""

    def __init__(self, rows: Callable[[], Iterable[Route]]) -> None:
        self._rows = rows
        self._text: str | None = None

    def show(self) -> str:
        """Answer `GET /api/v1/openapi.json`: the OpenAPI 3.1 document of the API."""
        # Not at the top: few ask, and it costs start-up time.
        from webui.openapi import document  # noqa: PLC0415

        if self._text is None:
            self._text = json.dumps(document(self._rows()))
        response.content_type = "application/json"
        return self._text
