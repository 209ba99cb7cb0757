"""One address that the web interface answers: who may ask, what comes in and what goes out."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from oppleo_flow.accounts.rights import Right
from oppleo_flow.immutable import immutable


@immutable
class Content:
    """An answer or a body that is not a JSON object: what kind of content it is."""

    kind: str


@immutable
class Route:
    """A row of the list of routes.

    `body`, `query` and `answer` describe it: a body and a query are pydantic models; an answer is a
    `TypedDict` (cheaper at start) or a pydantic model; each is a `Content` where it is not JSON.
    `status` is that of a success.  `sure` asks for the password again, if it was not given lately.
    """

    method: str
    path: str
    call: Callable[..., Any]
    right: Right
    summary: str
    body: type[BaseModel] | Content | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    sure: bool = False
    status: int = 200

    def __post_init__(self) -> None:
        """Refuse a row that does not say who may ask.

        Raises:
            TypeError: It names no right.
        """
        if not isinstance(self.right, Right):
            raise TypeError(f"{self.name}: names no right")

    @property
    def name(self) -> str:
        """Return how a person calls it, as `GET /api/v1/state`."""
        return f"{self.method} {self.path}"

    @property
    def form(self) -> type[BaseModel] | None:
        """Return the model of its body; none where it takes no body, or takes a file."""
        return None if isinstance(self.body, Content) else self.body
