"""What a request brings: its JSON body and its query, checked by the models of a route."""

import re
from datetime import date
from typing import Annotated, TypeVar, get_origin

from bottle import request
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from webui.answers import WrongPart
from webui.problem import problem

MOST_BYTES = 16 * 1024
"""What is read of a body, where a route does not say more."""
_MOST_TOLD = 5
_LONGEST = 200
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:")
_YEARS = range(1970, 2200)
DayT = TypeVar("DayT", bound=date)
ModelT = TypeVar("ModelT", bound=BaseModel)


class Nothing(BaseModel):
    """The body of a request that needs no more than to be made; the base of all bodies."""

    # Deferred: a start has no use for a validator of what a page may send.
    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class Query(BaseModel):
    """The base of what stands behind the `?` of an address; all of it is text."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


def read_body(kind: type[ModelT], most_bytes: int = MOST_BYTES) -> ModelT:
    """Return the request's JSON body, checked.

    JSON is asked for by name because a browser lets no stranger's page send it unasked.
    """
    if request.get_header("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise problem(415, "not-json", "the body must be JSON, with Content-Type application/json")
    length = request.content_length
    if length < 0:
        raise problem(411, "no-length", "the request must say how long its body is")
    if length > most_bytes:
        raise problem(413, "too-long", f"at most {most_bytes} bytes are read, got {length}")
    try:
        return kind.model_validate_json(request.body.read(most_bytes))
    except ValidationError as error:
        raise problem(
            422, "wrong-body", "the body is not what this address takes", errors=_errors(error)
        ) from error


def read_query(kind: type[ModelT]) -> ModelT:
    """Return what stands behind the `?` of the address, checked.

    Of a name that stands there more than once the last one counts, unless it is a list.
    """
    asked, fields = request.query, kind.model_fields
    lists = {name for name, one in fields.items() if get_origin(one.annotation) is list}
    given = {
        name: [*map(_text, asked.getall(name))] if name in lists else asked.getunicode(name)
        for name in asked
    }
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        wrong = _errors(error)
        detail = "; ".join(f"{one['at']}: {one['message']}" for one in wrong[:_MOST_TOLD])
        raise problem(422, "wrong-query", detail, errors=wrong) from error


def _text(raw: str) -> str | None:
    """Return a text of the address, which comes as bytes; None when it is no text."""
    try:
        return raw.encode("latin1").decode()
    except UnicodeError:
        return None


def _errors(error: ValidationError) -> list[WrongPart]:
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        {"at": ".".join(map(str, one["loc"]))[:_LONGEST], "message": one["msg"]} for one in found
    ]


def _moment_written_out(given: object) -> object:
    """Return a moment as it was meant; pydantic would also take a number, as seconds since 1970.

    A `+` that somebody left bare in an address has become a space.
    """
    if not isinstance(given, str) or not _MOMENT.match(given):
        raise ValueError("a moment with its zone is needed, as 2026-01-31T00:00:00Z")
    return given.replace(" ", "+")


def _date_written_out(given: object) -> object:
    if not isinstance(given, str) or not _DATE.fullmatch(given):
        raise ValueError("a day is needed, as 2026-01-31")
    return given


def _of_our_time(given: DayT) -> DayT:
    """Refuse what calculations would carry beyond the first or the last year there is."""
    if given.year not in _YEARS:
        raise ValueError(f"a year from {_YEARS.start} to {_YEARS.stop - 1} is needed")
    return given


MomentAsked = Annotated[
    AwareDatetime,
    BeforeValidator(_moment_written_out),
    AfterValidator(_of_our_time),
    Field(strict=False),
]
"""A moment with its zone, in a query or a body."""
DateAsked = Annotated[
    date, BeforeValidator(_date_written_out), AfterValidator(_of_our_time), Field(strict=False)
]
"""A day, in a query or a body."""
