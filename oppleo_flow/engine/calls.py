"""The one place where a handler is called, alone or as a part of a fused run of nodes."""

from collections.abc import Callable, Sequence
from operator import length_hint
from time import perf_counter
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.condition import HANDLER_FAULT
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost
    from oppleo_flow.engine.ports import Port

SLOW_HANDLER_S = 0.050
Receive = Callable[[Any, Message], None]
Step = Callable[[Any], Any]


def attempt(call: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Call a handler; return what it returned, and what it raised.

    A handler that ends the program, as `sys.exit` does, has failed like any other.
    """
    try:
        return call(*args), None
    except Exception as error:  # a handler may fail in any way, and must not take others along
        return None, error
    except SystemExit as error:
        return None, RuntimeError(f"it asked for the end of the program, with {error.code!r}")


def is_urgent(payload: Any) -> bool:
    """Return whether a payload may overtake a commit; one that cannot say may not."""
    urgent, error = attempt(getattr, payload, "urgent", False)
    return error is None and urgent is True


def sending(host: "NodeHost", port: str, onward: "Port | None") -> Step:
    """Return the step of a node that sends by itself.

    One payload for `onward` is returned, for the next step; what else the handler sent waits in
    `pending` for the end of the run.
    """
    loop = host.core.loop
    away = onward.author if onward is not None and onward.types is None else None
    handler: Step | None = None

    def step(payload: Any) -> Any:
        nonlocal handler
        if handler is None:
            if not host.started:
                host.dropped += 1
                return None
            handler = host.handler(port)  # not before: `start` may set the function itself there
        host.running = loop.owner
        result = handler(payload)
        host.running = 0
        if result is away and not host.pending and result is not None:
            return payload
        if result is not None:
            host.keep_result(result, payload)
        sent = host.pending
        if len(sent) == 1 and sent[0][0] is onward:
            return sent.pop()[1]
        return None

    return step


class Segment:
    """A straight run of nodes, of which each step returns what goes on to the next.

    The run is one loop in one frame.  `entries` counts what came in, `exits[i]` what node `i` let
    go no further (None, or an exception), so the counts of each node cost nothing while it runs.
    `sends` says whether a step of the run may leave something in its node's `pending`.  The time is
    taken of the run as a whole; only after a slow one that of each step, until the next slow one.
    """

    def __init__(self, run: Sequence["NodeHost"], steps: Sequence[Step], *, sends: bool) -> None:
        self.run = tuple(run)
        self.steps = list(steps)
        self.sends = sends
        self._untimed = tuple(steps)
        self._times_s: list[float] = []
        self._named = False
        self.entries = 0
        self.exits = [0] * len(self.run)

    def received(self, position: int) -> int:
        """Return how many payloads reached the node at `position`."""
        return self.entries - sum(self.exits[:position])

    def receiver(self, emit: Receive, core: "Core") -> Receive:
        """Return what takes a payload through the run and hands the result to `emit`."""
        run, steps, exits, unwell = self.run, self.steps, self.exits, core.unwell
        size, sends = len(run), self.sends

        def receive(payload: Any, envelope: Message) -> None:
            self.entries += 1
            core.envelope = envelope
            began = perf_counter()
            rest = iter(steps)
            try:
                for step in rest:
                    result = step(payload)
                    if result is None:
                        last = size - length_hint(rest) - 1
                        exits[last] += 1
                        break
                    payload = result
            except Exception as error:  # as in `attempt`; written out, for this is the hot path
                last = size - length_hint(rest) - 1
                exits[last] += 1
                self._failed(run[last], payload, envelope, error)
                return
            except SystemExit as error:
                last = size - length_hint(rest) - 1
                exits[last] += 1
                ended = RuntimeError(f"it asked for the end of the program, with {error.code!r}")
                self._failed(run[last], payload, envelope, ended)
                return
            took = perf_counter() - began
            if took > SLOW_HANDLER_S:
                self._slow(core, size - length_hint(rest), took)
            if unwell:
                self._recover(size - length_hint(rest))
            if result is not None:
                emit(result, envelope)
            elif sends and run[last].pending:
                self._deliver(run[last], envelope)

        return receive

    @staticmethod
    def _deliver(host: "NodeHost", envelope: Message) -> None:
        """Let what a handler sent leave, in order."""
        sent, host.pending = host.pending, []
        for port, payload in sent:
            port.sent += 1
            port.deliver(payload, envelope)

    @staticmethod
    def _failed(host: "NodeHost", payload: Any, envelope: Message, error: Exception) -> None:
        """Let nothing leave of what a failed handler sent, and report it."""
        host.running = 0
        host.take_back(host.pending)
        host.core.handling.failing.failed_plainly(host, payload, envelope, error)

    def _slow(self, core: "Core", count: int, took_s: float) -> None:
        """Warn of the slowest of the first `count` nodes, or find out which that is next time."""
        if count == 1:
            core.slow(self.run[0].node_id, took_s)
        elif self._times_s:
            slowest = max(range(count), key=self._times_s.__getitem__)
            core.slow(self.run[slowest].node_id, self._times_s[slowest])
            self._named = True
            self._times_s = []
            self.steps[:] = self._untimed
        else:
            if not self._named:
                core.slow("one of " + " → ".join(h.node_id for h in self.run[:count]), took_s)
            self._times_s = [0.0] * len(self.run)
            self.steps[:] = map(self._timed, range(len(self.run)))

    def _timed(self, position: int) -> Step:
        """Return a step that notes how long it takes."""
        step, times_s = self._untimed[position], self._times_s

        def timed(payload: Any) -> Any:
            began = perf_counter()
            result = step(payload)
            times_s[position] = perf_counter() - began
            return result

        return timed

    def _recover(self, count: int) -> None:
        """Note that the first `count` nodes have handled a payload well."""
        for host in self.run[:count]:
            host.condition.clear_fault(HANDLER_FAULT)
