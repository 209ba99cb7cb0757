"""Handling a message: in its turn, on the node's thread, atomically.

What a handler sends leaves after it returned; if it raised, nothing leaves.
"""

import threading
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import failure_of
from oppleo_flow.engine.calls import SLOW_HANDLER_S, is_urgent
from oppleo_flow.engine.condition import HANDLER_FAULT
from oppleo_flow.engine.failing import Failing
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.ports import Port
from oppleo_flow.engine.rate_limits import RateLimits
from oppleo_flow.engine.releasing import Releasing
from oppleo_flow.engine.returned import keep_result
from oppleo_flow.engine.timing import timing_of
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class Handling:
    """Takes the items of every node that is not part of a fused run through its handlers."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._limits = RateLimits(core)
        self._at_work = 0
        self.releasing = Releasing(core)
        self.failing = Failing(core, self._try_again)

    @property
    def in_flight(self) -> int:
        """Return how many handlers run on workers, and commits and readings are under way."""
        return self._at_work + self.releasing.in_flight + self._core.asking

    # -- taking an item in ---------------------------------------------------------------------

    def receive(self, host: NodeHost, port: str, payload: Any, envelope: Message) -> None:
        """Take a message for a node: let it in, hold it, or drop it."""
        host.received += 1
        handler = getattr(host.node, host.plan.spec.inputs[port].handler)
        self.accept(host, Item(handler, port, payload, envelope))

    def accept(self, host: NodeHost, item: Item) -> None:
        """Put an item in its turn; what switches off goes before what it makes void."""
        if item.port is not None:
            if host.spools and item.done is None and self._spooled(host, item):
                return
            refusal = self._closed(host, item)
            if refusal is None and host.plan.at_most is not None:
                refusal = self._limits.refusal(host, item)
            if refusal is not None:
                self._refuse(host, item, refusal)
                return
            if host.actuator is not None and is_urgent(item.payload):
                self._make_void(host, item.port)
            if host.turns is not None and not host.turns.admit(item):
                host.dropped += 1
                return
        if self._goes_first(host):
            self._run(host, item)
        else:
            host.inbox.put(item)
        if host.inbox.items:
            self._next(host)

    @staticmethod
    def _goes_first(host: NodeHost) -> bool:
        """Return whether nothing makes an item wait: it need not go through the inbox."""
        waits = host.inbox.items or host.spools or host.blocked_by or host.blocked_producers
        may_go_on = host.started and not host.busy and not host.paused
        return may_go_on and not waits and host.turns is None

    def _closed(self, host: NodeHost, item: Item) -> Exception | None:
        """Return why a node takes no such message now; None when it does."""
        if host.stopping or (not host.started and host.condition.faults):
            return RuntimeError(f"node {host.node_id!r} does not run")
        if not host.condition.kept_safe_by or is_urgent(item.payload) or self._may_heal(host):
            return None
        return RuntimeError(f"node {host.node_id!r} is {host.condition.made_safe}")

    def _spooled(self, host: NodeHost, item: Item) -> bool:
        """Return whether a message is not for the inbox, after seeing to it."""
        spool = host.spools.get(item.port or "")
        if spool is None:
            return False
        refusal = self._limits.refusal(host, item)
        if refusal is not None:
            self._refuse(host, item, refusal)
            return True
        return spool.takes(item)

    def _refuse(self, host: NodeHost, item: Item, refusal: Exception) -> None:
        host.dropped += 1
        if item.done is not None:
            item.done(refusal)

    def _make_void(self, host: NodeHost, port: str) -> None:
        """Give up what waits for an output's input, and another try at it: off has come."""
        host.inbox.drop_all(port)
        if host.retry is not None and host.retry[1].port == port and host.retry[1].done is None:
            entry, item = host.retry
            entry.cancel()
            host.retry = None
            host.dropped += 1
            host.over(item)

    def _may_heal(self, host: NodeHost) -> bool:
        """Return whether only a failed handler keeps the output safe: the next message may do."""
        only_failed = set(host.condition.faults) == {HANDLER_FAULT}
        return only_failed and host.inputs_fresh and not host.condition.is_safe_for("stale")

    def resume(self, host: NodeHost) -> None:
        """Go on with what waited for the node to start, or on disk."""
        self._next(host)
        for spool in host.spools.values():
            spool.resume()

    def forget(self, node: str) -> None:
        """Forget what is kept of a node that has stopped for good."""
        self._limits.forget(node)
        self.releasing.states.pop(node, None)

    def drop_waiting(self, host: NodeHost) -> None:
        """Give up what waits for a node that does not run: it would be acted on too late."""
        items = [*self._untried(host), *host.inbox.clear()]
        for port, spool in host.spools.items():
            spool.give_back(item for item in items if item.port == port)
        for item in items:
            if item.port is not None and item.port not in host.spools:
                self._refuse(host, item, RuntimeError(f"node {host.node_id!r} does not run"))

    @staticmethod
    def _untried(host: NodeHost) -> list[Item]:
        """Give up another try of a message that can wait on disk instead; return it."""
        if host.retry is None or host.retry[1].port not in host.spools:
            return []
        entry, item = host.retry
        entry.cancel()
        host.retry = None
        host.over(item)
        return [item]

    def _next(self, host: NodeHost) -> None:
        """Run items of a node while there are any, it is free, and its consumers have room."""
        while host.inbox.items and self._may_go_on(host) and not self._held_back(host):
            item = host.next_item()
            if item is None:
                return
            for producer in host.blocked_producers:
                self._core.loop.queue(self._next, producer)
            spool = host.spools.get(item.port or "")
            if spool is not None:
                spool.refill()
            refusal = None if item.port is None else self._closed(host, item)
            if refusal is not None:
                self._refuse(host, item, refusal)
            else:
                self._run(host, item)

    @staticmethod
    def _may_go_on(host: NodeHost) -> bool:
        return host.started and not host.busy and not host.paused

    def _held_back(self, host: NodeHost) -> bool:
        """Return whether a consumer whose inbox is set to `block` is full."""
        if not host.blocked_by:
            return False
        return any(not consumer.inbox.has_room(port) for consumer, port in host.blocked_by)

    def _run(self, host: NodeHost, item: Item) -> None:
        host.begin(item)
        if host.worker is None:
            sent, error = self._call(host, item)
            self._finish(host, item, sent, error)
            return
        self._at_work += 1
        if self._core.loop.virtual is not None:  # then no worker has a thread
            self._core.loop.queue(self._work, host, item)
        else:
            host.worker_of(item).submit(partial(self._work, host, item), host, "a handler")

    def _work(self, host: NodeHost, item: Item) -> None:
        """Call the handler on the node's worker; what came of it is for the loop."""
        sent, error = self._call(host, item)
        if self._core.loop.virtual is None:
            self._core.loop.post(self._worked, host, item, sent, error)
        else:
            self._worked(host, item, sent, error)

    def _worked(
        self, host: NodeHost, item: Item, sent: list[tuple[Port, Any]], error: Exception | None
    ) -> None:
        self._at_work -= 1
        self._finish(host, item, sent, error)
        if host.condition.kept_safe_by:
            host.condition.go_safe_again()  # the handler in hand may have undone it
        if host.inbox.items:
            self._next(host)

    def _call(self, host: NodeHost, item: Item) -> tuple[list[tuple[Port, Any]], Exception | None]:
        """Call the handler on this thread; return what it sent, and what it raised."""
        host.envelope = item.envelope
        host.in_hand = item
        host.running = threading.get_ident()
        probe = self._core.probe
        call = item.call if probe is None or item.port is None else probe.call_of(host, item)
        error = None
        began = perf_counter()
        try:
            if item.supersedes and item.key is not None:
                host.node.give_up(item.key[0])
            if item.port is None:
                call()
            elif (result := call(item.payload)) is not None:
                keep_result(host, result, item.payload)
        except BaseException as raised:  # as in `attempt`; written out, for this is a hot path
            error = failure_of(raised)
        took = perf_counter() - began
        (host.timing or timing_of(host)).add(took)
        host.running = 0
        if took > SLOW_HANDLER_S and host.worker is None:
            self._core.slow(host.node_id, took)
        host.envelope = host.in_hand = None
        sent, host.pending = host.pending, []
        return sent, error

    def _finish(
        self, host: NodeHost, item: Item, sent: list[tuple[Port, Any]], error: Exception | None
    ) -> None:
        """Let what was sent leave, or deal with the failure; then the node is free again."""
        if error is None and not item.superseded:
            error = self.releasing.release(host, sent, item.envelope, item)
            if error is None:
                if host.condition.faults:
                    host.condition.clear_fault(HANDLER_FAULT)
                host.over(item)
                return
        host.take_back(sent)
        state = self.releasing.states.get(host.node_id)
        if state is not None:
            state.roll_back(host)
        if error is None or item.superseded:
            host.dropped += 1
            host.over(item)
        else:
            self.failing.failed(host, item, error)

    def _try_again(self, host: NodeHost, item: Item) -> None:
        """Run an item once more, unless the node takes none like it any more."""
        host.retry = None
        refusal = None if item.port is None else self._closed(host, item)
        if refusal is None and not host.stopping:
            self._run(host, item)
        else:
            host.over(item)
            self._refuse(host, item, refusal or RuntimeError(f"node {host.node_id!r} stops"))
        self._next(host)

    def release(
        self, host: NodeHost, sent: list[tuple[Port, Any]], envelope: Message
    ) -> Exception | None:
        """Let something leave that no message brought about; return why it cannot."""
        error = self.releasing.release(host, sent, envelope)
        if error is not None:
            self.failing.failed_plainly(host, None, envelope, error)
        return error
