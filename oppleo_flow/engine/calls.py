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

SLOW_HANDLER_S = 0.050
Receive = Callable[[Any, Message], None]
Report = Callable[["NodeHost", Any, Message, Exception], None]


def attempt(call: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Call a handler; return what it returned, and what it raised."""
    try:
        return call(*args), None
    except Exception as error:  # a handler may fail in any way, and must not take others along
        return None, error


def alone(host: "NodeHost", handler: Callable[[Any], Any], core: "Core", report: Report) -> Receive:
    """Return what takes a payload through the handler of a node that sends by itself."""
    ident, condition, returned = core.loop.ident, host.condition, host.ports.get("out")

    def receive(payload: Any, envelope: Message) -> None:
        host.received += 1
        if not host.started:
            host.dropped += 1
            return
        core.envelope = envelope
        host.running = ident
        began = perf_counter()
        try:
            result = handler(payload)
        except Exception as error:  # as in `attempt`; written out, for this is the hot path
            host.running = 0
            host.pending.clear()
            report(host, payload, envelope, error)
            return
        host.running = 0
        took = perf_counter() - began
        if took > SLOW_HANDLER_S:
            core.slow(host.node_id, took)
        if condition.faults:
            condition.clear_fault(HANDLER_FAULT)
        sent = host.pending
        if sent:
            host.pending = []
            for port, gone in sent:
                port.sent += 1
                port.deliver(gone, envelope)
        if result is not None and returned is not None:
            returned.sent += 1
            returned.deliver(result, envelope)

    return receive


class Segment:
    """A straight run of nodes that send nothing by themselves: each returns what goes on.

    The run is one loop in one frame.  `entries` counts what came in, `exits[i]` what node `i` let
    go no further (None, or an exception), so the counts of each node cost nothing while it runs.
    """

    def __init__(self, run: Sequence["NodeHost"], handlers: Sequence[Callable[[Any], Any]]) -> None:
        self.run = tuple(run)
        self.handlers = tuple(handlers)
        self.entries = 0
        self.exits = [0] * len(self.run)
        self.ill = False

    def received(self, position: int) -> int:
        """Return how many payloads reached the node at `position`."""
        return self.entries - sum(self.exits[:position])

    def receiver(self, emit: Receive, core: "Core", report: Report) -> Receive:
        """Return what takes a payload through the run and hands the result to `emit`."""
        handlers, exits, size = self.handlers, self.exits, len(self.handlers)

        def receive(payload: Any, envelope: Message) -> None:
            self.entries += 1
            core.envelope = envelope
            began = perf_counter()
            rest = iter(handlers)
            try:
                for handler in rest:
                    result = handler(payload)
                    if result is None:
                        exits[size - length_hint(rest) - 1] += 1
                        break
                    payload = result
            except Exception as error:  # as in `attempt`; written out, for this is the hot path
                position = size - length_hint(rest) - 1
                exits[position] += 1
                self.ill = True
                report(self.run[position], payload, envelope, error)
                return
            took = perf_counter() - began
            if took > SLOW_HANDLER_S:
                core.slow(" → ".join(host.node_id for host in self.run), took)
            if self.ill:
                self._recover(size - length_hint(rest))
            if result is not None:
                emit(result, envelope)

        return receive

    def _recover(self, count: int) -> None:
        """Note that the first `count` nodes have handled a payload well."""
        for host in self.run[:count]:
            host.condition.clear_fault(HANDLER_FAULT)
        self.ill = any(HANDLER_FAULT in host.condition.faults for host in self.run)
