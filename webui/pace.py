"""How busy each node is: messages per minute, and when it last had one.

Counts are looked at now and then, and more often while somebody asks: no message is asked anything
for it.
"""

import threading
from collections import deque
from collections.abc import Mapping
from datetime import datetime

from oppleo_flow.clock import Clock
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.immutable import immutable
from webui.ports import Runtime

SELDOM_S = 10.0
OFTEN_S = 2.0
_ASKED_S = 30.0  # so long after somebody has asked it looks often
_WINDOW_S = 60.0  # a rate is of this time
_APART_S = 5.0  # what is remembered for the rates lies this far apart: more would tell no more
_MINUTE_S = 60.0

_Counts = tuple[int, int]
"""What a node received and sent since it was made."""


@immutable
class NodePace:
    """How busy a node is.

    `per_minute` is None while it has been looked at once only, `last_at` while none has come since
    the first look; `waiting` are in its inbox, and on disk behind it.
    """

    per_minute: float | None
    last_at: datetime | None
    waiting: int


@immutable
class Paces:
    """How busy all nodes are, by their ids; `since` is when it was looked at first."""

    since: datetime | None
    nodes: Mapping[str, NodePace]


class Pace:
    """Looks at the counts of a runtime.  Legal from any thread; `look` is to be called often."""

    def __init__(self, runtime: Runtime, clock: Clock) -> None:
        self._runtime = runtime
        self._clock = clock
        self._lock = threading.Lock()
        self._since: datetime | None = None
        self._asked_s: float | None = None
        self._looked_s: float | None = None
        self._past: deque[tuple[float, Mapping[str, _Counts]]] = deque()
        self._counts: dict[str, _Counts] = {}
        self._last: dict[str, datetime] = {}

    def look(self) -> None:
        """Look at the counts, if it is time to."""
        now_s = self._clock.monotonic()
        often = self._asked_s is not None and now_s - self._asked_s < _ASKED_S
        with self._lock:
            if self._is_due(now_s, OFTEN_S if often else SELDOM_S):
                self._look(now_s)

    def nodes(self) -> Paces:
        """Return how busy each node is now."""
        now_s = self._asked_s = self._clock.monotonic()
        with self._lock:
            nodes = self._look(now_s)
            then_s, past = self._past[0]
            return Paces(
                self._since,
                {
                    node.id: NodePace(
                        _per_minute(self._counts[node.id], past.get(node.id), now_s - then_s),
                        self._last.get(node.id),
                        node.waiting + node.spooled,
                    )
                    for node in nodes
                },
            )

    def _is_due(self, now_s: float, every_s: float) -> bool:
        return self._looked_s is None or now_s - self._looked_s >= every_s

    def _look(self, now_s: float) -> tuple[NodeSnapshot, ...]:
        """Take the counts as they are now; remember them, and which of them have moved."""
        nodes, now = self._runtime.snapshot().nodes, self._clock.now()
        counts = {node.id: (node.received, node.sent) for node in nodes}
        if self._since is None:
            self._since = now
        else:
            moved = (id_ for id_, new in counts.items() if _came(new, self._counts.get(id_)))
            self._last.update(dict.fromkeys(moved, now))
        self._last = {id_: at for id_, at in self._last.items() if id_ in counts}
        self._counts, self._looked_s = counts, now_s
        if not self._past or now_s - self._past[-1][0] >= _APART_S:
            self._past.append((now_s, counts))
        while len(self._past) > 1 and now_s - self._past[1][0] >= _WINDOW_S:
            self._past.popleft()
        return nodes


def _per_minute(now: _Counts, then: _Counts | None, within_s: float) -> float | None:
    """Return the messages per minute; None where there is no time in which to count them."""
    return round(_came(now, then) * _MINUTE_S / within_s, 2) if within_s > 0 else None


def _came(now: _Counts, then: _Counts | None) -> int:
    """Return how many messages a node has had since: received, or sent where that is more.

    What was made anew by a deploy begins to count anew.
    """
    received, sent = then or (0, 0)
    if received > now[0] or sent > now[1]:
        received = sent = 0
    return max(now[0] - received, now[1] - sent)
