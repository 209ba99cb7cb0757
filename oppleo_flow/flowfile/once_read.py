"""What is made of texts that are looked at again and again, and seldom say something else."""

from collections.abc import Callable
from typing import Generic, TypeVar

MadeT = TypeVar("MadeT")


class OnceRead(Generic[MadeT]):
    """What was made of each text, by its name; of one that says what it said it is not made again.

    Texts are compared whole, so that none is taken for another, whenever it was written.  What is
    made must not change afterwards.  Legal from any thread.
    """

    def __init__(self, make: Callable[[str, str], MadeT]) -> None:
        self._make = make
        self._made: dict[str, tuple[str, MadeT]] = {}

    def of(self, text: str, name: str) -> MadeT:
        """Return what `make` makes of a text and its name."""
        before = self._made.get(name)
        if before is not None and before[0] == text:
            return before[1]
        made = self._make(text, name)
        self._made[name] = text, made
        return made
