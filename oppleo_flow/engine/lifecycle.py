"""Starting and stopping nodes: what fails to start is in fault and tried again; the rest runs."""

import logging
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.durable import NodeState
from oppleo_flow.engine.heartbeat import node_on_stack
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.making import make_whole
from oppleo_flow.engine.ports import Port
from oppleo_flow.engine.routes import Routes, only_returns
from oppleo_flow.engine.words import words_of
from oppleo_flow.engine.workers import Worker
from oppleo_flow.flowfile.graph import Graph, flow_of

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core

START_FAULT = "not-started"
QUARANTINE_FAULT = "quarantined"
_RETRY_FIRST_S = 1.0
_RETRY_LAST_S = 60.0
_STOP_DEADLINE_S = 5.0
_DISPATCHER_DEADLINE_S = 10.0
_LOOK_AGAIN_S = 0.01
NodeT = TypeVar("NodeT")


class Starter:
    """Starts nodes, each on its own thread, consumers before producers.  Used within the loop.

    Flows that are `running` already are not told that they start.
    """

    def __init__(
        self,
        core: "Core",
        routes: Routes,
        quarantine: frozenset[str],
        running: frozenset[str] = frozenset(),
    ) -> None:
        self._core = core
        self._routes = routes
        self._running = running
        self._quarantine = quarantine
        self._unsettled: dict[str, set[str]] = {}
        core.deadlines.settle = self._has_settled
        self.settled = threading.Event()
        """Every node has started or failed to, once."""

    def start(self, order: Sequence[NodeHost]) -> None:
        """Begin to start nodes, and compile the routes; `order` has producers first.

        Nodes that only return what goes on cannot send while they start: they are first, so that
        the routes are compiled with those that run before anything travels on them.
        """
        for host in order:
            self._unsettled.setdefault(flow_of(host.node_id), set()).add(host.node_id)
        if not order:
            self.settled.set()
        simple = {host.node_id: host for host in order if only_returns(host)}
        with self._core.freshness.held():
            for host in simple.values():
                self._start_one(host)
            self._routes.compile()
            for host in reversed(order):
                if host.node_id not in simple:
                    self._start_one(host)

    def _start_one(self, host: NodeHost) -> None:
        if host.plan.log_level or host.log_name in logging.root.manager.loggerDict:
            level = logging.getLevelName((host.plan.log_level or "notset").upper())
            if host.log.level != level:  # setting one throws away what every logger remembers
                host.log.setLevel(level)
        if host.node_id in self._quarantine:
            host.condition.raise_fault(
                QUARANTINE_FAULT, "it stalled the runtime; restart the program to try it again"
            )
            self._has_settled(host)
        else:
            self._start(host, 0)

    def _start(self, host: NodeHost, failures: int) -> None:
        if host.stopping:
            return

        def opened(error: Exception | None) -> None:
            if host.stopping:
                return
            if error is not None:
                self._failed(host, failures, error)
            elif host.worker is None:
                self._settle(host, failures, host.call_now(lambda: self._begin(host)))
            else:
                host.worker.submit(begin, host, "start()")

        def begin() -> None:
            host.running = threading.get_ident()
            _, error = attempt(self._begin, host)
            host.running = 0
            sent, host.pending = host.pending, []
            self._core.loop.post(self._settle, host, failures, error, sent)

        self._core.connections.ensure(host.plan.connections, opened)

    def _begin(self, host: NodeHost) -> None:
        """Give the node its durable state back, and start it.  On the node's thread."""
        make_whole(host)
        if host.plan.durable and host.node_id not in self._core.handling.releasing.states:
            state = NodeState(host)
            state.restore(host, self._core.state_store)
            self._core.handling.releasing.states[host.node_id] = state
        _, error = attempt(host.node.start)
        if error is not None:
            self._let_go(host)
            raise error
        host.begun = True
        if host.plan.durable:
            self._core.handling.releasing.states[host.node_id].wind_timers(host)

    @staticmethod
    def _let_go(host: NodeHost) -> None:
        """Have a node give up what it claimed before its start failed."""
        _, error = attempt(host.node.stop, "fault")
        if error is not None:
            host.log.warning("%s: after its failed start: %s", host.node_id, words_of(error))

    def _settle(
        self,
        host: NodeHost,
        failures: int,
        error: Exception | None,
        sent: Sequence[tuple[Port, object]] = (),
    ) -> None:
        """Let a node that started run; try one that did not again later."""
        if error is not None:
            self._failed(host, failures, error)
            return
        host.started = True
        self._has_settled(host)
        host.condition.clear_fault(START_FAULT)
        if sent:
            envelope = self._core.origin(host.source, None)
            self._core.handling.release(host, list(sent), envelope)
        self._core.replay_levels(host)
        self._core.handling.resume(host)
        self._core.durable.resume(host.node_id)
        self._core.freshness.update()

    def _failed(self, host: NodeHost, failures: int, error: Exception) -> None:
        self._core.handling.drop_waiting(host)
        host.timers.cancel_all()
        host.condition.raise_fault(START_FAULT, words_of(error))
        self._has_settled(host)
        host.log.debug("%s: traceback", host.node_id, exc_info=error)
        wait = min(_RETRY_FIRST_S * 2**failures, _RETRY_LAST_S)
        self._core.loop.timers.call_at(
            self._core.clock.monotonic() + wait, lambda: self._start(host, failures + 1)
        )

    def _has_settled(self, host: NodeHost) -> None:
        """Note that a node has started, or failed to; tell when it was its flow's last."""
        flow = flow_of(host.node_id)
        waiting = self._unsettled.get(flow)
        if waiting is None:
            return
        waiting.discard(host.node_id)
        if not waiting:
            del self._unsettled[flow]
            if flow not in self._running:
                self._core.loop.queue(self._core.flow_ports.started, flow)
        if not self._unsettled:
            self.settled.set()


class Stopper:
    """Stops a flow: sources, then what waits, then the others, outputs to their safe level.

    A node that does not come to its end is named and left behind.  `stuck`: it is one that the
    dispatcher runs, so nothing can be run there any more.
    """

    def __init__(self, core: "Core", order: Sequence[NodeHost]) -> None:
        self._core = core
        self._order = order
        self.problems: list[str] = []
        self.stuck = False
        self._held: set[Worker | None] = set()

    def stop_all(self, drain_s: float) -> None:
        """Stop every node.  Not from within the loop, unless the clock is virtual."""
        self._in_loop(self._core.flow_ports.stopping)
        sources = [h for h in self._order if not h.plan.spec.inputs and h.actuator is None]
        others = [h for h in self._order if h.plan.spec.inputs and h.actuator is None]
        actuators = [h for h in self._order if h.actuator is not None]
        for host in sources:
            self._stop(host)
        self._drain(drain_s)
        for host in others:
            if host.worker is not None:
                self._drain(drain_s)  # what it was sent meanwhile comes before its stop
            self._stop(host)
        self._drain(drain_s)
        for host in actuators:
            self._make_safe(host)
            self._stop(host)

    def _make_safe(self, host: NodeHost) -> None:
        """Take an output to its safe level, on this thread if the dispatcher cannot."""
        why = "the runtime stops"
        if not host.started:
            self.problems.append(f"{host}: never started, so its output was not driven")
            return
        self._in_loop(host.condition.make_safe, "stop", why)
        if self.stuck and host.actuator is not None:
            _, error = attempt(host.actuator.go_safe, f"stop: {why}")
            if error is not None:
                self.problems.append(f"{host}: could not go to its safe level: {words_of(error)}")

    def _stop(self, host: NodeHost) -> None:
        """Stop one node on its thread; what it sends meanwhile is delivered."""
        stops, done = threading.Event(), threading.Event()

        def stopped(sent: list[tuple[Port, object]], error: Exception | None) -> None:
            self._core.handling.release(host, sent, self._core.origin(host.source, None))
            self._core.handling.drop_waiting(host)
            host.timers.cancel_all()  # only now: what remains of them is part of the state
            if error is not None:
                self.problems.append(f"{host}: could not be stopped: {words_of(error)}")

        def stop() -> None:
            stops.set()
            host.running = threading.get_ident()
            error = None
            if host.begun:
                _, error = attempt(host.node.stop, "stop")
            host.running = 0
            sent, host.pending = host.pending, []
            self._core.loop.post(stopped, sent, error)
            self._core.loop.post(done.set)

        def begin() -> None:
            host.stopping = True
            if host.worker is None:
                stop()
            else:
                host.worker.submit(stop, host, "stop()")

        self._in_loop(begin)
        if self.stuck or self._core.loop.virtual is not None:
            return
        patience_s = 0.0 if host.worker in self._held else _STOP_DEADLINE_S
        if not done.wait(patience_s):
            self._held.add(host.worker)
            who = "its stop()" if stops.is_set() else "its handler" if host.busy else "its worker"
            self.problems.append(f"{host}: {who} still runs; left behind")

    def _in_loop(self, call: Callable[..., object], *args: object) -> None:
        """Run a call in the loop, and wait for it; find out who is in the way if it does not."""
        if self.stuck:
            return
        try:
            self._core.loop.call(call, *args, timeout_s=_DISPATCHER_DEADLINE_S)
        except TimeoutError:
            self.stuck = True
            frame = sys._current_frames().get(self._core.loop.ident)
            node = node_on_stack(frame)
            who = "a node" if node is None else f"node {node!r}"
            self.problems.append(
                f"{who}: keeps the dispatcher; left behind, and nodes after it are not stopped"
            )

    def _drain(self, deadline_s: float) -> None:
        """Wait until nothing is under way, at most `deadline_s`."""
        core = self._core
        if core.loop.virtual is not None:
            core.loop.settle()
            return
        idle = threading.Event()
        self._in_loop(self._when_idle, idle.set, core.clock.monotonic() + deadline_s)
        if not self.stuck:
            idle.wait(deadline_s + 1.0)

    def _when_idle(self, then: Callable[[], object], until_s: float) -> None:
        core = self._core

        def look() -> None:
            busy = core.handling.in_flight or any(len(h.inbox) for h in core.hosts.values())
            if (busy or not core.loop.idle) and core.clock.monotonic() < until_s:
                core.loop.timers.call_at(core.clock.monotonic() + _LOOK_AGAIN_S, look)
            else:
                then()

        core.loop.post(look)


def in_order(graph: Graph, hosts: Mapping[str, NodeT]) -> list[NodeT]:
    """Return the nodes with producers before consumers as far as cycles allow, then file order."""
    producers: dict[str, set[str]] = {node: set() for node in hosts}
    for wire in graph.wires:
        if wire.target_node in producers and wire.source_node in hosts:
            producers[wire.target_node].add(wire.source_node)
    order: list[NodeT] = []
    placed: set[str] = set()
    while len(order) < len(hosts):
        free = [n for n in hosts if n not in placed and producers[n] <= placed]
        for node in free or [next(n for n in hosts if n not in placed)]:
            placed.add(node)
            order.append(hosts[node])
    return order
