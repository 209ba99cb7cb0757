"""Handling a message: in turn, atomically, with what follows a failure.

What a handler sends leaves after it returned; if it raised, nothing leaves.  When the handler's
node keeps durable state, or a durable wire ends or begins here, what it sent leaves after the
commit, in order; a payload that is `urgent` on a level overtakes, and what it overtook is dropped.
"""

import random
import threading
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.calls import SLOW_HANDLER_S, attempt
from oppleo_flow.engine.condition import HANDLER_FAULT
from oppleo_flow.engine.durable import NodeState, letter
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.ports import LevelPort, Port
from oppleo_flow.engine.state_store import Append, Transaction
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.graph import Then
from oppleo_flow.message import Message
from oppleo_flow.payloads import Failure

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

DEADLINE_S = 30.0
LOG_EVERY_S = 10.0
_THENS: tuple[Then, ...] = ("fault", "drop", "dead-letter", "stop-flow")


class RateLimit:
    """`at_most: 6/h`: how many messages a node takes in a sliding period."""

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


class Handling:
    """Takes the items of every node that is not part of a fused run through its handlers."""

    def __init__(self, core: "Core") -> None:
        self._core = core
        self._jitter = random.Random(core.flow)
        self._limits: dict[str, RateLimit] = {}
        self.states: dict[str, NodeState] = {}
        self.in_flight = 0

    # -- taking an item in ---------------------------------------------------------------------

    def receive(self, host: NodeHost, port: str, payload: Any, envelope: Message) -> None:
        """Take a message for a node: let it in, hold it, or drop it."""
        host.received += 1
        handler = getattr(host.node, host.plan.spec.inputs[port].handler)
        self.accept(host, Item(handler, port, payload, envelope))

    def accept(self, host: NodeHost, item: Item) -> None:
        """Put an item in its turn."""
        refusal = None if item.port is None else self._refusal(host, item)
        if refusal is not None:
            host.dropped += 1
            if item.done is not None:
                item.done(refusal)
            return
        host.inbox.put(item)
        self._next(host)

    def report_plain(
        self, host: NodeHost, port: str, payload: Any, envelope: Message, error: Exception
    ) -> None:
        """Deal with a failure of a node without an inbox: its `on_error` is `fault`."""
        self.report(host, port, payload, envelope, error)
        host.condition.raise_fault(HANDLER_FAULT, str(error) or type(error).__name__)

    def _refusal(self, host: NodeHost, item: Item) -> Exception | None:
        """Return why a message may not go in; None when it may."""
        if host.stopping or (not host.started and host.condition.faults):
            return RuntimeError(f"node {host.node_id!r} does not run")
        urgent = getattr(item.payload, "urgent", False)
        if host.condition.made_safe is not None and not urgent and not self._may_heal(host):
            return RuntimeError(f"node {host.node_id!r} is {host.condition.made_safe}")
        if host.plan.at_most is not None:
            limit = self._limits.setdefault(host.node_id, RateLimit(*host.plan.at_most))
            if not limit.take(self._core.clock.monotonic()):
                return RuntimeError(f"node {host.node_id!r}: more than its at_most allows")
        return None

    def _may_heal(self, host: NodeHost) -> bool:
        """Return whether only a failed handler keeps the output safe: the next message may do."""
        return set(host.condition.faults) == {HANDLER_FAULT} and host.inputs_fresh

    def resume(self, host: NodeHost) -> None:
        """Go on with what waited for the node to start."""
        self._next(host)

    def drop_waiting(self, host: NodeHost) -> None:
        """Give up what waits for a node that could not start: it would be acted on too late."""
        for item in host.inbox.clear():
            if item.port is not None:
                host.dropped += 1
            if item.done is not None:
                item.done(RuntimeError(f"node {host.node_id!r} could not start"))

    def _next(self, host: NodeHost) -> None:
        """Run items of a node while there are any and it is free."""
        while host.started and not host.busy and len(host.inbox):
            self._run(host, host.inbox.take())

    def _run(self, host: NodeHost, item: Item) -> None:
        host.busy = True
        if host.worker is None:
            sent, error = self._call(host, item)
            self._finish(host, item, sent, error)
            return
        overrun = self._core.loop.timers.call_at(
            self._core.clock.monotonic() + DEADLINE_S, lambda: self._overrun(host)
        )
        self.in_flight += 1

        def work() -> None:
            sent, error = self._call(host, item)
            self._core.loop.post(finish, sent, error)

        def finish(sent: list[tuple[Port, Any]], error: Exception | None) -> None:
            overrun.cancel()
            self.in_flight -= 1
            host.condition.clear_fault("deadline")
            self._finish(host, item, sent, error)
            self._next(host)

        host.worker.submit(work)

    def _call(self, host: NodeHost, item: Item) -> tuple[list[tuple[Port, Any]], Exception | None]:
        """Call the handler on this thread; return what it sent, and what it raised."""
        host.envelope = item.envelope
        host.running = threading.get_ident()
        args = () if item.port is None else (item.payload,)
        began = perf_counter()
        result, error = attempt(item.call, *args)
        took = perf_counter() - began
        host.running = 0
        if took > SLOW_HANDLER_S and host.worker is None:
            self._core.slow(host.node_id, took)
        host.envelope = None
        sent, host.pending = host.pending, []
        if error is None and result is not None and item.port is not None:
            sent.append((host.ports["out"], result))
        return sent, error

    def _overrun(self, host: NodeHost) -> None:
        host.condition.raise_fault("deadline", f"a handler has been running for {DEADLINE_S:.0f} s")

    # -- when it went well ---------------------------------------------------------------------

    def _finish(
        self,
        host: NodeHost,
        item: Item,
        sent: list[tuple[Port, Any]],
        error: Exception | None,
    ) -> None:
        """Let what was sent leave, or deal with the failure; then the node is free again."""
        if error is not None:
            self._failed(host, item, error)
            return
        host.condition.clear_fault(HANDLER_FAULT)
        host.busy = False
        self.release(host, sent, item.envelope, item)

    def release(
        self,
        host: NodeHost,
        sent: list[tuple[Port, Any]],
        envelope: Message,
        item: Item | None = None,
    ) -> None:
        """Let what a node sent leave: at once, or after the commit that it is a part of."""
        state = self.states.get(host.node_id)
        acknowledged = [] if item is None or item.log_id is None else [item.log_id]
        if state is None and not acknowledged and not any(p.durable_wires for p, _ in sent):
            self._deliver(sent, envelope)
            return
        number = 0 if state is None else state.next_number()
        later = self._let_urgent_pass(sent, envelope, number)
        transaction = Transaction(
            state=None if state is None else state.change(host),
            appends=[
                Append(wire, self._core.durable.encode(payload, envelope))
                for port, payload in sent
                for wire in port.durable_wires
            ],
            acknowledged=acknowledged,
        )
        self._commit(host, transaction, lambda: self._after_commit(item, later, envelope, number))

    def _deliver(self, sent: list[tuple[Port, Any]], envelope: Message) -> None:
        listening = self._core.listening
        for port, payload in sent:
            port.sent += 1
            if listening and port.spec.kind == "event":
                self._core.publish("event", port.host, port.spec.name, payload)
            port.deliver(payload, envelope)

    def _let_urgent_pass(
        self, sent: list[tuple[Port, Any]], envelope: Message, number: int
    ) -> list[tuple[Port, Any]]:
        """Deliver at once what must not wait for a commit; return the rest."""
        later = []
        for port, payload in sent:
            if isinstance(port, LevelPort) and getattr(payload, "urgent", False):
                port.superseded = number
                self._deliver([(port, payload)], envelope)
            else:
                later.append((port, payload))
        return later

    def _commit(self, host: NodeHost, transaction: Transaction, then: Callable[[], None]) -> None:
        """Commit, and call `then` in the loop when it is done."""

        def committed(error: StoreError | None) -> None:
            self.in_flight -= 1
            if error is not None:
                host.condition.raise_fault("state-not-saved", str(error))
                return
            self._core.durable.appended(transaction.appends)
            then()

        self.in_flight += 1
        transaction.then = lambda error: self._core.loop.post(committed, error)
        self._core.state_store.submit(transaction)

    def _after_commit(
        self,
        item: Item | None,
        later: list[tuple[Port, Any]],
        envelope: Message,
        number: int,
    ) -> None:
        """Acknowledge, and deliver what nothing urgent has overtaken meanwhile."""
        if item is not None and item.done is not None:
            item.done(None)
        self._deliver([s for s in later if s[0].superseded <= number], envelope)

    # -- when it failed ------------------------------------------------------------------------

    def _failed(self, host: NodeHost, item: Item, error: Exception) -> None:
        """Try again, or do what `on_error` says."""
        state = self.states.get(host.node_id)
        if state is not None:
            state.roll_back(host)
        policy = host.plan.on_error
        if item.attempts < policy.retry and not host.stopping:
            wait = min(policy.backoff_min_s * 2**item.attempts, policy.backoff_max_s)
            item.attempts += 1
            host.log.info("%s: %s; try %d in %.1f s", host.node_id, error, item.attempts + 1, wait)
            self._core.loop.timers.call_at(
                self._core.clock.monotonic() + wait * self._jitter.uniform(0.8, 1.2),
                lambda: self._try_again(host, item),
            )
            return
        host.busy = False
        self.report(host, item.port, item.payload, item.envelope, error)
        self._then(host, item, error)

    def _try_again(self, host: NodeHost, item: Item) -> None:
        if not host.stopping:
            self._run(host, item)
            self._next(host)

    def report(
        self, host: NodeHost, port: str | None, payload: Any, envelope: Message, error: Exception
    ) -> None:
        """Count and log a failure, and tell the node's `error` port and `flow.errors`."""
        host.failed += 1
        self._log(host, error)
        failure = Failure(
            node=host.node_id,
            error=type(error).__name__,
            message=str(error),
            payload=payload,
            at=self._core.clock.now(),
        )
        host.error_port.deliver(failure, envelope)
        # A node that fails on a failure must not feed itself through flow.errors for ever.
        if not isinstance(payload, Failure):
            self._core.flow_ports["errors"](failure, envelope)

    def _log(self, host: NodeHost, error: Exception) -> None:
        """Log a failure; of a node that fails all the time only one in a while."""
        now = self._core.clock.monotonic()
        if now < host.quiet_until:
            host.unlogged += 1
            return
        more = f" ({host.unlogged} more like it)" if host.unlogged else ""
        host.log.warning("%s: %s: %s%s", host.node_id, type(error).__name__, error, more)
        host.log.debug("%s: traceback", host.node_id, exc_info=error)
        host.unlogged = 0
        host.quiet_until = now + LOG_EVERY_S

    def _then(self, host: NodeHost, item: Item, error: Exception) -> None:
        """Do what `on_error: {then: …}` says."""
        then = host.plan.on_error.then
        if then == "fault":
            host.condition.raise_fault(HANDLER_FAULT, str(error) or type(error).__name__)
        elif then == "stop-flow":
            self._core.stop_flow(f"node {host.node_id!r}: {error}")
        elif then == "dead-letter" and item.port is not None:
            dead = letter(host, item, error, self._core)
            self._core.state_store.submit(Transaction(dead_letter=dead))
        elif then not in _THENS and item.port is not None:
            payload = host.node.failed(item.payload, error)
            self._deliver([(host.ports[then], payload)], item.envelope)
        if item.done is not None:
            item.done(error if then == "fault" else None)
        if then != "fault" and item.log_id is not None:
            self._core.state_store.submit(Transaction(acknowledged=[item.log_id]))
