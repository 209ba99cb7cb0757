"""Pieces of a text that are put in the place of others."""

from collections.abc import Iterable
from typing import NamedTuple


class Splice(NamedTuple):
    """What stands from `start` to `end` becomes `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all of them put in; none may overlap another.

    Raises:
        ValueError: Two overlap.
    """
    result: list[str] = []
    at = 0
    for splice in sorted(splices, key=lambda one: one[:2]):
        if splice.start < at:
            raise ValueError(f"two splices overlap at {splice.start}")
        result += [text[at : splice.start], splice.text]
        at = splice.end
    return "".join([*result, text[at:]])
