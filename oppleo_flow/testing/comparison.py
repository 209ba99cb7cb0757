"""Holds what a replay sends against what was recorded, output by output."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from oppleo_flow.encoding import encode
from oppleo_flow.immutable import immutable
from oppleo_flow.testing.journal import Passage
from oppleo_flow.testing.likeness import Likeness
from oppleo_flow.testing.recording import Happening

Wire = tuple[str, str]
"""A node and its output."""


@immutable
class Difference:
    """Something that is not as it was recorded: another message, one too few, or one too many.

    `paths` are the parts of the payload that differ, `""` for all of it.
    """

    wire: Wire
    at: datetime
    recorded: Happening | None
    received: Passage | None
    paths: tuple[str, ...] = ()


class Comparison:
    """What was recorded at some outputs, waiting for a replay to send the same.

    Messages may come earlier or later by as much as `within`; what began before the recording did
    need not come at all, nor what was due just before its end.
    """

    def __init__(
        self, recorded: Iterable[Happening], *, began_at: datetime, ended_at: datetime,
        within: timedelta, order: Sequence[str],
    ) -> None:  # fmt: skip
        self._waiting: dict[Wire, deque[Happening]] = {}
        for one in recorded:
            self._waiting.setdefault((one.node, one.port), deque()).append(one)
        self._began_at = began_at
        self._ended_at = ended_at
        self._within = within
        self._rank = {node: rank for rank, node in enumerate(order)}
        self._likeness = Likeness(within)
        self._found: dict[Wire, Difference] = {}
        self._same: dict[Wire, int] = {}

    @property
    def same(self) -> Mapping[Wire, int]:
        """Return how many messages were the same, by their output."""
        return self._same

    def take(self, passage: Passage) -> None:
        """Compare a message that has left an output now."""
        wire = (passage.node, passage.port)
        if wire in self._found:
            return
        waiting = self._waiting.get(wire, deque())
        while True:
            head = waiting[0] if waiting else None
            paths = self._paths(head, passage)
            if head is not None and not paths:
                waiting.popleft()
                self._same[wire] = self._same.get(wire, 0) + 1
                return
            if head is None or not self._began_before(head):
                break
            waiting.popleft()
        if head is None or head.at > passage.at + self._within:
            if passage.at < self._ended_at - self._within:
                self._found[wire] = Difference(wire, passage.at, None, passage)
            return
        at = min(head.at, passage.at)
        self._found[wire] = Difference(wire, at, head, passage, tuple(paths))

    def _paths(self, recorded: Happening | None, passage: Passage) -> list[str]:
        """Return what differs; the whole of it where the time does."""
        if recorded is None or abs(recorded.at - passage.at) > self._within:
            return [""]
        if "unwritten" in recorded.facts:
            same = recorded.facts["type"] == type(passage.payload).__name__
            return [] if same else [""]
        return self._likeness.differences(recorded.facts, encoded(passage.payload))

    def _began_before(self, recorded: Happening) -> bool:
        return recorded.began_at < self._began_at

    def first(self, now: datetime) -> Difference | None:
        """Return the first difference once no earlier one can come; None as long as there is none.

        Of differences at about the same time the first is the one nearest to a source.
        """
        found = [*self._found.values(), *self._missing(now)]
        if not found:
            return None
        first_at = min(one.at for one in found)
        if now < first_at + 2 * self._within:
            return None
        near = [one for one in found if one.at <= first_at + self._within]
        return min(near, key=lambda one: (self._rank.get(one.wire[0], -1), one.at))

    def _missing(self, now: datetime) -> Iterator[Difference]:
        due = min(now, self._ended_at) - self._within
        for wire, waiting in self._waiting.items():
            if wire in self._found:
                continue
            while waiting and self._began_before(waiting[0]) and waiting[0].at < due:
                waiting.popleft()
            if waiting and waiting[0].at < due:
                yield Difference(wire, waiting[0].at, waiting[0], None)


def encoded(payload: Any) -> Mapping[str, Any]:
    """Return a payload as it would be recorded."""
    try:
        return encode(payload)
    except ValueError:
        return {"type": type(payload).__name__, "value": None}
