"""What happens each time the loop says that it is alive."""

import logging
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from oppleo_flow.clock import WallWatch
from oppleo_flow.engine.core import TIMED_EACH_BEAT
from oppleo_flow.engine.loop import BEAT_S
from oppleo_flow.node import Node

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

LOG = logging.getLogger(__name__)


class Beat:
    """Tells who watches that the loop is alive, and the nodes when the wall clock was set.

    Nothing in the engine goes by the wall clock, so no more is needed.  `last_s` is the monotonic
    time of the last beat, `lag_s` how much too late it was, `worst_lag_s` the worst so far.
    """

    def __init__(self, core: "Core", on_beat: Callable[[], object]) -> None:
        self._core = core
        self._on_beat = on_beat
        self._wall_watch = WallWatch(core.clock)
        self._times_set = 0
        self.last_s: float | None = None
        self.lag_s = 0.0
        self.worst_lag_s = 0.0

    def __call__(self) -> None:
        """Do so.  In the loop."""
        self._core.to_time = TIMED_EACH_BEAT
        now_s, virtual = self._core.clock.monotonic(), self._core.loop.virtual
        if self.last_s is not None and virtual is None:
            self.lag_s = max(0.0, now_s - self.last_s - BEAT_S)
            self.worst_lag_s = max(self.worst_lag_s, self.lag_s)
        self.last_s = now_s
        self._on_beat()
        if virtual is not None:  # it beats at each step, and says when it is set
            if virtual.times_set == self._times_set:
                return
            self._times_set = virtual.times_set
        jump_s = self._wall_watch.jump_s()
        if jump_s:
            self._tell(jump_s)

    def _tell(self, jump_s: float) -> None:
        way = "forward" if jump_s > 0 else "back"
        now = f"{self._core.clock.now():%Y-%m-%d %H:%M:%S %Z}"
        LOG.warning("the system clock was set %s by %.0f s; it is %s now", way, abs(jump_s), now)
        for host in self._core.hosts.values():
            if host.started and type(host.node).clock_set is not Node.clock_set:
                host.after(0.0, partial(host.node.clock_set, jump_s))
