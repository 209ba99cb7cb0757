"""The one shape of an error: a problem as in RFC 9457, with a stable `code` for scripts."""

import json
from http import HTTPStatus
from typing import Any

from bottle import HTTPError, HTTPResponse, response

CONTENT_TYPE = "application/problem+json"
_CODES = {404: "no-such-address", 405: "wrong-method"}
_DETAILS = {
    404: "there is nothing at this address; the page is at /, the API under /api/v1",
    405: "this address does not take that method; the Allow header says which it takes",
}


def problem(status: int, code: str, detail: str, **more: Any) -> HTTPResponse:
    """Return the response to raise; `more` are further members of the body."""
    response_to_raise = HTTPResponse(body(status, code, detail, **more), status)
    response_to_raise.content_type = CONTENT_TYPE
    return response_to_raise


def bottle_error_as_problem(error: HTTPError) -> str:
    """Say in our shape what Bottle itself refused; its own words may quote the request."""
    status = error.status_code
    phrase = HTTPStatus(status).phrase
    response.content_type = CONTENT_TYPE
    return body(status, _CODES.get(status, "failed"), _DETAILS.get(status, phrase.lower()))


def body(status: int, code: str, detail: str, **more: Any) -> str:
    """Return a problem as JSON."""
    title = HTTPStatus(status).phrase
    return json.dumps({"title": title, "status": status, "code": code, "detail": detail, **more})
