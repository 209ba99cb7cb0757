"""What a test wants of a message: a part of it, compared by value."""

import dataclasses
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from enum import Enum
from typing import Any, Protocol

from oppleo_flow.fields import ValueOfText
from oppleo_flow.flowfile.scalars import NULLS, TRUTHS
from oppleo_flow.immutable import immutable

_MISSING = object()
_NUMBERS = (int, float, Decimal)


class Want(Protocol):
    """Something that a value is compared with."""

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the path of each part that is not as wanted; the empty path is all of it."""
        ...


@immutable
class Anything:
    """Whatever it is, as long as it is there."""

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield nothing."""
        return iter(())


@immutable
class Equal:
    """The same value; numbers by their value, whatever their type."""

    value: Any

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the whole, if it is another value."""
        if not _same(self.value, got):
            yield ""


@immutable
class Alike:
    """What a scalar means for a value whose type only the run tells."""

    text: str
    plain: bool

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the whole, if the text is not how a flow would write it."""
        got = got.value if isinstance(got, Enum) else got
        if got is None:
            fits = self.plain and self.text in NULLS
        elif isinstance(got, bool):
            fits = TRUTHS.get(self.text.lower()) is got
        else:
            fits = bool(ValueOfText(self.text)[type(got)] == got)
        if not fits:
            yield ""


@immutable
class Between:
    """A number within limits, each of which may be missing."""

    above: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the whole, if it is no number within the limits."""
        fits = (
            isinstance(got, _NUMBERS)
            and not isinstance(got, bool)
            and (self.above is None or got > self.above)
            and (self.at_least is None or got >= self.at_least)
            and (self.at_most is None or got <= self.at_most)
            and (self.below is None or got < self.below)
        )
        if not fits:
            yield ""


@immutable
class Holds:
    """A list in which an item is."""

    item: Any

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the whole, if the item is not in it."""
        if self.item not in got:
            yield ""


@immutable
class Items:
    """A list of just so many items, each as wanted."""

    wants: tuple[Want, ...]

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the items that are not as wanted; the whole, if it has more or fewer."""
        if not isinstance(got, list | tuple) or len(got) != len(self.wants):
            yield ""
            return
        for number, (want, item) in enumerate(zip(self.wants, got, strict=True)):
            yield from _inside(f"[{number}]", want.misfits(item))


@immutable
class Fields:
    """Some fields of a payload or a mapping.

    What is wanted may depend on the payload's type: `by_type` has the types that have all the
    fields; with None in it, any other type may have them too.
    """

    by_type: Mapping[type | None, Mapping[str, Want]]

    def misfits(self, got: Any) -> Iterator[str]:
        """Yield the fields that are not as wanted; the whole, if it is of another type."""
        wants = self.by_type.get(type(got), self.by_type.get(None))
        if wants is None:
            yield ""
            return
        for name, want in wants.items():
            value = _part(got, name)
            yield from [name] if value is _MISSING else _inside(name, want.misfits(value))


def _part(got: Any, name: str) -> Any:
    if isinstance(got, Mapping):
        return got.get(name, _MISSING)
    return getattr(got, name, _MISSING)


def _inside(outer: str, paths: Iterator[str]) -> Iterator[str]:
    for path in paths:
        yield f"{outer}{'' if not path or path.startswith('[') else '.'}{path}"


def _same(wanted: Any, got: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(got, bool):
        return wanted is got
    if isinstance(wanted, float) and isinstance(got, _NUMBERS):
        return math.isclose(wanted, got, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(wanted, tuple | list) and isinstance(got, tuple | list):
        return len(wanted) == len(got) and all(map(_same, wanted, got))
    if dataclasses.is_dataclass(wanted) or not isinstance(wanted, _NUMBERS):
        return bool(wanted == got)
    return isinstance(got, _NUMBERS) and wanted == got
