"""How long the timed calls of a node's handlers took: a few counts, by how long it was."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

UP_TO_S: Final = (1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
"""Up to how long a call took that is counted in each place; what took longer is in one more."""
_NONE: Final = (0,) * (len(UP_TO_S) + 1)


class Timing:
    """The timed calls of one node; it is made when the first was, for many nodes have none."""

    __slots__ = ("counts", "total_s")

    def __init__(self, counts: Sequence[int] = _NONE) -> None:
        self.total_s = 0.0
        self.counts = list(counts)

    def add(self, took_s: float) -> None:
        """Count one call."""
        self.total_s += took_s
        self.counts[bisect_left(UP_TO_S, took_s)] += 1

    @property
    def within(self) -> tuple[int, ...]:
        """Return how many calls took at most each of `UP_TO_S`, and how many there were in all."""
        return tuple(accumulate(self.counts))

    @property
    def at_once(self) -> "Timing":
        """Return as many calls that took no time."""
        return Timing((sum(self.counts), *_NONE[1:]))


def timing_of(host: "NodeHost") -> Timing:
    """Return the timed calls of a node, before the first one too."""
    if host.timing is None:
        host.timing = Timing()
    return host.timing
