"""A part of a list: sorted, and so many from a place on."""

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeVar

from pydantic import Field

from webui.reading import Query

MOST = 500
ItemT = TypeVar("ItemT")


class Paged(Query):
    """Which part of a list is asked for, and in which order; a list adds what it sorts by."""

    offset: int = Field(0, ge=0, le=10_000_000, description="How many to leave out.")
    limit: int = Field(50, ge=1, le=MOST, description="How many at most.")
    order: Literal["asc", "desc"] = Field("asc", description="The least first, or the most.")


def page_of(
    items: Sequence[ItemT], asked: Paged, key: Callable[[ItemT], Any]
) -> tuple[list[ItemT], int]:
    """Return the part that is asked for, and how many there are.

    What has no value to sort by, which is None, comes last in either order.
    """
    known = [one for one in items if key(one) is not None]
    unknown = [one for one in items if key(one) is None]
    known.sort(key=key, reverse=asked.order == "desc")
    part = [*known, *unknown][asked.offset : asked.offset + asked.limit]
    return part, len(items)
