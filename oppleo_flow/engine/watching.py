"""Looking at what travels while the flow runs: the routes are compiled anew for who looks.

With a tap a fused run of nodes is cut where the tap is; with a trace nothing is fused.  When the
last that looks has closed, the routes are those again in which nothing is asked of any message.
The nodes, with their state, timers and inboxes, do not notice.
"""

import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from oppleo_flow.engine.assembly import Assembly
from oppleo_flow.engine.recorder import Recorder
from oppleo_flow.engine.segment import Segment
from oppleo_flow.engine.snapshot import RuntimeSnapshot
from oppleo_flow.engine.taps import Ears, Tap
from oppleo_flow.engine.traces import Traces, Watch
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import Graph

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core, Subscription

MOST_TAPS = 100
MOST_TRACES = 20
MOST_RECORDERS = 4
LINGER_S = 2.0
"""How long the last of the messages that were asked for is followed, from when it begins."""
_AGAIN_S = 0.1


class Watching:
    """The taps and traces of one runtime.  Legal from any thread but those that run handlers.

    `assembly` returns what runs now; `deploying` is held while that is changed.
    """

    def __init__(
        self, core: "Core", assembly: Callable[[], Assembly], deploying: threading.Lock
    ) -> None:
        self._core = core
        self._assembly = assembly
        self._changing = deploying
        self._probe = core.probe
        self._taps: tuple[Tap, ...] = ()
        self._traces: tuple[Traces, ...] = ()
        self._recorders: tuple[Recorder, ...] = ()
        self._late: list[Segment] = []

    def tap(self, graph: Graph, node: str, port: str, size: int) -> Tap:
        """Return a new tap.

        Raises:
            KeyError: There is no such output.
            Refused: There are as many taps as may be.
        """
        known = (node, port) in self._core.flow_ports.routes
        if not known and port not in graph.outputs(node):
            raise KeyError(port)
        tap = Tap(node, port, size, self._close_tap)
        with self._changing:
            if len(self._taps) >= MOST_TAPS:
                raise Refused(f"taps: {MOST_TAPS} are open already; close one")
            self._taps = (*self._taps, tap)
            self._change()
        return tap

    def record(self, size: int, snapshot: Callable[[], RuntimeSnapshot]) -> Recorder:
        """Return a new recorder.

        Raises:
            Refused: There are as many as may be.
        """
        recorder = Recorder(size, self._close_recorder, self._core.clock)
        with self._changing:
            if len(self._recorders) >= MOST_RECORDERS:
                raise Refused(f"recordings: {MOST_RECORDERS} are being made already; end one")
            self._recorders = (*self._recorders, recorder)
            self._core.listen(recorder)
            self._change()
        recorder.snapshot = snapshot()
        return recorder

    def trace(self, count: int, node: str | None, within_s: float) -> Traces:
        """Return the traces of the next messages; raises as `tap` does."""
        core = self._core
        if node is not None and node not in core.hosts:
            raise KeyError(node)
        first = core.origin("", None).id
        traces = Traces(
            count,
            node,
            first=first,
            clock=core.clock,
            full=partial(self._end_in, LINGER_S, until=core.clock.monotonic() + within_s),
            close=self._close_traces,
        )
        with self._changing:
            if len(self._traces) >= MOST_TRACES:
                raise Refused(f"traces: {MOST_TRACES} are open already; close one")
            self._traces = (*self._traces, traces)
            self._change()
        self._end_in(within_s, traces)
        return traces

    def _close_tap(self, tap: Tap) -> None:
        with self._changing:
            self._without(tap)

    def _close_traces(self, traces: Traces) -> None:
        with self._changing:
            self._without(traces)

    def _close_recorder(self, recorder: "Subscription") -> None:
        self._core.unsubscribe(recorder)
        with self._changing:
            left = tuple(one for one in self._recorders if one is not recorder)
            if left != self._recorders:
                self._recorders = left
                self._change()

    def _without(self, closed: Tap | Traces) -> None:
        taps = tuple(tap for tap in self._taps if tap is not closed)
        traces = tuple(one for one in self._traces if one is not closed)
        if (taps, traces) != (self._taps, self._traces):
            self._taps, self._traces = taps, traces
            self._change()

    def _end_in(self, seconds: float, traces: Traces, *, until: float = 0.0) -> None:
        """Have traces end by themselves: who forgets them must not slow the flow for ever."""
        due = self._core.clock.monotonic() + seconds
        self._core.loop.timers.call_at(due, partial(self._end, traces, until))

    def _end(self, traces: Traces, until: float) -> None:
        """End traces, or try again a little later: the loop waits for nobody.

        A timer with which something goes on that is followed is waited for, if it rings `until`
        then.
        """
        if traces.ended:
            return
        if self._goes_on(traces, until):
            self._end_in(LINGER_S, traces, until=until)
            return
        if not self._changing.acquire(blocking=False):
            self._end_in(_AGAIN_S, traces, until=until)
            return
        try:
            self._without(traces)
        finally:
            self._changing.release()
        traces.end()

    def _goes_on(self, traces: Traces, until: float) -> bool:
        """Return whether a timer is set with which something goes on that is followed."""
        if until <= self._core.clock.monotonic():
            return False
        hosts = self._core.hosts.values()
        made = [host.made_timers for host in hosts if host.made_timers is not None]
        return any(timers.rings_before(until, traces.followed) for timers in made)

    def _change(self) -> None:
        """Have the routes compiled for those who look now, between two messages."""
        loop = self._core.loop
        if not loop.running:
            self._look()
        elif loop.inside:
            self._rewire()
        else:
            loop.call(self._rewire)

    def _rewire(self) -> None:
        core, assembly = self._core, self._assembly()
        if not assembly.routes.compiled:
            self._look()
            return
        core.loop.drain()  # what is under way still goes by the old routes
        before = assembly.routes.segments
        for segment in before:
            segment.fold()
        self._look()
        assembly.rewire(core)
        # A thread that was about to bring a message may still go by these: they count once more.
        gone = [segment for segment in before if segment not in self._late]
        assembly.routes.segments += gone
        self._late = gone

    def _look(self) -> None:
        """Let what is compiled from now on be watched by those who look."""
        self._core.taps = Ears(self._taps, self._recorders)
        self._core.probe = Watch(self._probe, self._traces) if self._traces else self._probe
