"""One node at run time: its instance, its ports, its condition, and its turns."""

import threading
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.condition import Condition
from oppleo_flow.engine.given import Given
from oppleo_flow.engine.inbox import Inbox, Item, Key
from oppleo_flow.engine.making import make
from oppleo_flow.engine.node_timers import Deed, NodeTimers, Undo
from oppleo_flow.engine.ports import LevelPort, Port
from oppleo_flow.engine.timers import TimerEntry
from oppleo_flow.engine.timing import Timing
from oppleo_flow.engine.workers import Worker
from oppleo_flow.flowfile.graph import GraphNode
from oppleo_flow.message import Message
from oppleo_flow.node import Actuator, Node

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.spool import Spool
    from oppleo_flow.engine.turns import Turns


_NO_SPOOLS: Mapping[str, "Spool"] = MappingProxyType({})
OUTSTANDING = 1000
"""How many payloads a node's own thread may be ahead of the dispatcher."""


def _permits() -> "SimpleQueue[None]":
    permits: SimpleQueue[None] = SimpleQueue()
    for _ in range(OUTSTANDING):
        permits.put(None)
    return permits


class NodeHost(Given):
    """Runs one node of a graph.

    `running` is the identity of the thread that runs a handler now, 0 for none; what the node
    sends meanwhile collects in `pending`.  `source` is `flow/node`, the origin of what a timer of
    it begins; `actuator` is the node itself, if it moves the world.
    """

    # Every node of a flow has one: with so many attributes a dictionary for each takes up 2 kB.
    __slots__ = (
        "_permits",
        "actuator",
        "begun",
        "blocked_by",
        "blocked_producers",
        "busy",
        "clock",
        "commits",
        "committing",
        "condition",
        "core",
        "dropped",
        "envelope",
        "error_port",
        "failed",
        "fed_durably",
        "in_hand",
        "inbox",
        "inputs_fresh",
        "let_go",
        "made_timers",
        "node",
        "node_id",
        "paused",
        "pending",
        "plan",
        "ports",
        "quiet_until",
        "received",
        "retry",
        "running",
        "safe",
        "sends_late",
        "source",
        "spools",
        "started",
        "stopping",
        "timing",
        "turns",
        "unlogged",
        "unmade",
        "worker",
    )

    def __init__(self, plan: GraphNode, core: "Core", *, left_empty: bool) -> None:
        self.plan = plan
        self.core = core
        self.clock = core.clock
        self._permits: SimpleQueue[None] | None = None
        self.made_timers: NodeTimers | None = None
        self.timing: Timing | None = None
        self.worker: Worker | None = None
        self.node_id = plan.id
        self.source = core.address(plan.id)
        self.safe = plan.safe
        self.condition = Condition(self)
        self.inbox = Inbox(plan.inbox)
        self.begun = self.started = self.busy = self.paused = False
        self.fed_durably = False
        self.blocked_by: tuple[tuple[NodeHost, str], ...] = ()
        self.blocked_producers: tuple[NodeHost, ...] = ()
        self.retry: tuple[TimerEntry, Item] | None = None
        self.stopping = False
        self.running = 0
        self.pending: list[tuple[Port, Any]] = []
        self.committing = 0
        self.commits = 0
        self.envelope: Message | None = None
        self.in_hand: Item | None = None
        self.turns: Turns | None = None
        self.spools: Mapping[str, Spool] = _NO_SPOOLS
        self.inputs_fresh = True
        self.received = 0
        self.let_go = 0
        self.failed = 0
        self.dropped = 0
        self.sends_late = False
        self.unlogged = 0
        self.quiet_until = float("-inf")
        self.ports: dict[str, Port] = {
            name: (LevelPort if spec.kind == "level" else Port)(self, spec)
            for name, spec in plan.spec.outputs_for(plan.config).items()
        }
        self.error_port = self.ports["error"]
        self.node: Node[Any]
        self.actuator: Actuator[Any] | None
        self.unmade: Exception | None
        make(self, left_empty=left_empty)

    def go_on_as(self, plan: GraphNode) -> None:
        """Go on in another version of the flow, which has this node as it is, to be wired anew."""
        self.plan = plan
        self.fed_durably = False
        self.blocked_by = self.blocked_producers = ()
        for port in self.ports.values():
            port.durable_wires = ()

    @property
    def timers(self) -> NodeTimers:
        """Return the node's timers; made when the first is set, for most nodes have none."""
        if self.made_timers is None:
            self.made_timers = NodeTimers(self)
        return self.made_timers

    @property
    def permits(self) -> SimpleQueue[None]:
        """Return what holds back a thread of the node's own that sends too fast.

        It takes one before it sends and waits where there is none: a semaphore, but one in C.
        """
        if self._permits is None:
            with self.core.making:
                self._permits = self._permits or _permits()
        return self._permits

    @property
    def levels(self) -> list[LevelPort]:
        """Return the ports that hold a value."""
        return [port for port in self.ports.values() if isinstance(port, LevelPort)]

    def handler(self, port: str) -> Callable[[Any], Any]:
        """Return what takes a payload that comes into a port."""
        handler: Callable[[Any], Any] = getattr(self.node, self.plan.spec.inputs[port].handler)
        return handler

    def __str__(self) -> str:
        """Return how a message names the node."""
        return f"node {self.node_id!r}"

    # -- what the node sends -------------------------------------------------------------------

    def send_from_outside(self, port: Port, payload: Any) -> None:
        """Deliver what was sent outside any handler.  Only in the loop."""
        if not self.stopping:
            envelope = self.core.origin(port.source, payload)
            self.core.handling.release(self, [(port, payload)], envelope)

    def send_from_thread(self, port: Port, payload: Any) -> None:
        """Deliver what a thread of the node's own sent, and let it send one more."""
        self.permits.put(None)
        if self.stopping and not self.sends_late:
            self.sends_late = True
            self.log.warning(
                "%s: a thread of it still sends, though the node has stopped; end it in `stop`",
                self.node_id,
            )
        self.send_from_outside(port, payload)

    # -- taking turns --------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Return whether any message is under way."""
        return self.busy

    @property
    def workers(self) -> list[Worker]:
        """Return the workers that the node cannot do without."""
        return [] if self.worker is None else [self.worker]

    def worker_of(self, item: Item) -> Worker:
        """Return the worker of a message in hand; raises `LookupError` on the dispatcher."""
        if self.worker is None:
            raise LookupError(f"node {self.node_id!r} runs on the dispatcher")
        return self.worker

    def next_item(self) -> Item | None:
        """Remove and return the oldest of what waits that may be handled now."""
        if self.turns is None:
            return self.inbox.take()
        return self.inbox.take_first(self.turns.may_run)

    def begin(self, item: Item) -> None:
        """Note that a message is under way."""
        self.busy = True
        if self.turns is not None:
            self.turns.began(item)

    def over(self, item: Item) -> None:
        """Note that a message is handled, or given up."""
        self.busy = False
        if self.turns is not None:
            self.turns.over(item)

    # -- handlers of the node ------------------------------------------------------------------

    def accept_call(
        self,
        call: Callable[[], object],
        done: Callable[[Exception | None], None] | None = None,
        key: Key = None,
        cause: Message | None = None,
    ) -> None:
        """Have `call` run as a handler of the node: in its turn, on its thread.  In the loop.

        `done` is told what it raised, when it is not tried again; `key` and `cause` are of the
        message that brought it about.
        """
        if not self.stopping:
            envelope = self.core.going_on(cause) if cause else self.core.origin(self.source, None)
            self.core.handling.accept(self, Item(call, None, None, envelope, done, key=key))

    def did(self, port: Undo, deed: Deed) -> None:
        """Let something stand when the handler that runs on this thread has returned, if one does.

        When that raises it is undone.
        """
        if self.running == threading.get_ident():
            self.pending.append((port, deed))
        else:
            deed.stand()

    def take_back(self, sent: list[tuple[Port, Any]]) -> None:
        """Undo what a handler did that raised, the last first; what it sent does not leave."""
        for port, what in reversed(sent):
            if isinstance(port, Undo):
                what.undo()
        sent.clear()

    def call_now(self, call: Callable[[], object]) -> Exception | None:
        """Run `call` as a handler at once, on this thread, within the loop; return what it raised.

        For what must not wait for its turn: going to a safe level.  What it sends leaves after it.
        """
        if self.worker is not None and self.busy:
            return attempt(call)[1]  # its own handler collects what it sends on another thread
        envelope = self.core.origin(self.source, None)
        outer, self.running = self.running, threading.get_ident()
        in_hand, self.envelope = self.envelope, envelope
        earlier, self.pending = self.pending, []
        _, error = attempt(call)
        self.running, self.envelope = outer, in_hand
        sent, self.pending = self.pending, earlier
        if error is None:
            self.core.handling.release(self, sent, envelope)
        else:
            self.take_back(sent)
        return error
