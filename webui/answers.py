"""What stands in many answers: how moments, money and open data are written in JSON.

An answer is a `TypedDict` named `…Answer` in the module of its resource, written with
`typing_extensions.TypedDict`: pydantic describes no other before Python 3.12.
"""

from decimal import Decimal
from typing import Annotated, Any

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

Moment = Annotated[str, WithJsonSchema({"type": "string", "format": "date-time"})]
"""A moment in UTC, as ISO 8601 writes it."""
Money = Annotated[str, WithJsonSchema({"type": "string", "pattern": r"^-?\d+(\.\d+)?$"})]
"""An amount as decimal text: a number in JSON would lose its last digits."""
Plain = Any
"""Whatever JSON can hold."""


def digits(amount: Decimal | None) -> str | None:
    """Return an amount as its answer has it; None: it is not known."""
    return None if amount is None else format(amount, "f")


class ProblemAnswer(TypedDict):
    """What an answer is that is no success; `code` is for programs, `detail` for people.

    Some have more members, such as the `errors` of a body.
    """

    title: str
    status: int
    code: str
    detail: str


class WrongPart(TypedDict):
    """One thing that is wrong with a body or a query, and where."""

    at: str
    message: str
