"""`at_most: 6/h`: how many messages a node takes in a sliding period."""

from collections import deque
from typing import TYPE_CHECKING

from oppleo_flow.engine.calls import is_urgent
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class RateLimit:
    """The limit of one node."""

    def __init__(self, count: int, period_s: float) -> None:
        self._count = count
        self._period_s = period_s
        self._taken: deque[float] = deque()

    def take(self, now: float) -> bool:
        """Return whether one more message may be taken at the monotonic time `now`."""
        while self._taken and now - self._taken[0] >= self._period_s:
            self._taken.popleft()
        if len(self._taken) >= self._count:
            return False
        self._taken.append(now)
        return True


class RateLimits:
    """The limits of all nodes that have one."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._limits: dict[str, RateLimit] = {}

    def refusal(self, host: NodeHost, item: Item) -> Exception | None:
        """Return why a message is one too many; what switches off never is."""
        if host.plan.at_most is None or is_urgent(item.payload):
            return None
        limit = self._limits.setdefault(host.node_id, RateLimit(*host.plan.at_most))
        if limit.take(self._core.clock.monotonic()):
            return None
        return RuntimeError(f"node {host.node_id!r}: more than its at_most allows")

    def forget(self, node: str) -> None:
        """Forget what a node has taken, which has stopped for good."""
        self._limits.pop(node, None)
