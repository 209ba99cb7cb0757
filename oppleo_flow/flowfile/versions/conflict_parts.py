"""What differs between two versions of a flow, and what two people both changed, part by part."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.versions.flow_set import FlowSet
from oppleo_flow.flowfile.versions.merging import (
    NEITHER,
    Conflict,
    Key,
    Part,
    Prefer,
    blocks,
    core,
    merge,
)
from oppleo_flow.immutable import immutable


@immutable
class Clash:
    """A part that two changed otherwise: its text before and on each side; None where it is not."""

    part: Part
    base: str | None
    theirs: str | None
    mine: str | None


@immutable
class Difference:
    """A part that is another in a later version; `before` and `after` are its texts."""

    part: Part
    what: Literal["added", "removed", "changed", "moved"]
    before: str | None
    after: str | None


def clashes(
    base: FlowSet, theirs: FlowSet, mine: FlowSet, prefer: Prefer = NEITHER
) -> tuple[Clash, ...]:
    """Return what keeps two changes from being put together as `merge` does it; none: nothing."""
    try:
        merge(base, theirs, mine, prefer)
    except Conflict as conflict:
        sides = [_Texts(side) for side in (base, theirs, mine)]
        return tuple(Clash(part, *(side.of(part) for side in sides)) for part in conflict.of)
    return ()


def differences(old: FlowSet, new: FlowSet) -> tuple[Difference, ...]:
    """Return the parts that differ, in the order of the later version, what is gone at the end."""
    found: list[Difference] = []
    for name in sorted({*old.files, *new.files}):
        before, after = old.files.get(name), new.files.get(name)
        if before is None or after is None:
            found.append(Difference(Part(name, None), _what(before, after), before, after))
        elif before != after:
            found += _within(name, before, after)
    return tuple(found)


class _Texts:
    """The parts of a version, each file of which is read once."""

    def __init__(self, flows: FlowSet) -> None:
        self._flows = flows
        self._blocks: dict[str, dict[Key, str]] = {}

    def of(self, part: Part) -> str | None:
        """Return the text of a part; None where it is not."""
        text = self._flows.files.get(part.file)
        if text is None or part.key is None:
            return text
        if part.file not in self._blocks:
            self._blocks[part.file] = blocks(text, part.file)
        return core(self._blocks[part.file].get(part.key))


def _within(file: str, before: str, after: str) -> Iterator[Difference]:
    """Yield the parts of one file that differ: the file as a whole where one cannot be read."""
    try:
        old, new = blocks(before, file), blocks(after, file)
    except Refused:
        yield Difference(Part(file, None), "changed", before, after)
        return
    moved = _moved([key for key in old if key in new], [key for key in new if key in old])
    for key in [*new, *(key for key in old if key not in new)]:
        was, now = core(old.get(key)), core(new.get(key))
        if was != now:
            yield Difference(Part(file, key), _what(was, now), was, now)
        elif key in moved:
            yield Difference(Part(file, key), "moved", was, now)


def _what(before: str | None, after: str | None) -> Literal["added", "removed", "changed"]:
    return "added" if before is None else "removed" if after is None else "changed"


def _moved(old: Sequence[Key], new: Sequence[Key]) -> set[Key]:
    """Return the fewest parts that have moved, of those that both have."""
    places = {key: place for place, key in enumerate(old)}
    return set(new) - {old[place] for place in _rising([places[key] for key in new])}


def _rising(numbers: Iterable[int]) -> list[int]:
    """Return the most of some different numbers that rise as they stand."""
    ends: list[int] = []
    above: dict[int, int | None] = {}
    for number in numbers:
        at = bisect_left(ends, number)
        above[number] = ends[at - 1] if at else None
        ends[at : at + 1] = [number]
    found: list[int] = []
    last = ends[-1] if ends else None
    while last is not None:
        found.append(last)
        last = above[last]
    return found
