"""Which levels are fresh, and what becomes of an output whose level input is not.

A level is fresh while its producer runs without a fault and the producer's own level inputs are
fresh, but for those that the producer bears to be stale.  Time alone makes nothing stale: a gate
that has nothing new to say does not open a switch.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.ports import LevelPort
from oppleo_flow.engine.timers import TimerEntry
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.node import Actuator

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class Freshness:
    """Follows the faults of all nodes along the level wires.  Used only within the loop."""

    def __init__(self, core: "Core", graph: Graph) -> None:
        self._core = core
        self._producers: dict[str, dict[str, None]] = {}
        self._stale_timers: dict[str, TimerEntry] = {}
        self.follow(graph)
        self._held = False
        self._again = False

    def follow(self, graph: Graph) -> None:
        """Follow the wires of this flow from now on."""
        self._producers.clear()
        borne = {
            (plan.id, port)
            for plan in graph.nodes.values()
            if not issubclass(plan.spec.cls, Actuator)  # it is what must go to its safe level
            for port in plan.spec.cls.bears_stale(plan.config)
        }
        for wire in graph.wires:
            if wire.kind == "level" and (wire.target_node, wire.target_port) not in borne:
                self._producers.setdefault(wire.target_node, {})[wire.source_node] = None

    def forget(self, node: str) -> None:
        """Forget an output that has stopped."""
        waiting = self._stale_timers.pop(node, None)
        if waiting is not None:
            waiting.cancel()

    @contextmanager
    def held(self) -> Iterator[None]:
        """Judge once, at the end, however much changes inside."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            self.update()

    def update(self) -> None:
        """Judge every level anew, and act where an output's input turned stale or fresh."""
        self._again = True
        if self._held:
            return
        self._held = True
        try:
            while self._again:
                self._again = False
                self._judge()
        finally:
            self._held = False

    def _judge(self) -> None:
        hosts = self._core.hosts
        culprits = self._culprits(hosts)
        for host in hosts.values():
            if self._again:
                return  # something has changed meanwhile: what follows would be out of date
            stale_inputs = [p for p in self._producers.get(host.node_id, ()) if p in culprits]
            host.inputs_fresh = not stale_inputs
            for level in host.levels:
                self._mark(level, host.node_id not in culprits)
            if host.actuator is not None and host.plan.stale_after_s is not None:
                because = culprits[stale_inputs[0]] if stale_inputs else None
                self._act(host, host.plan.stale_after_s, because)

    def _culprits(self, hosts: Mapping[str, NodeHost]) -> dict[str, str]:
        """Return the nodes whose levels are not fresh, each with the node that is to blame."""
        blamed = {
            node: node for node, host in hosts.items() if host.condition.faults or not host.started
        }
        for producers in self._producers.values():
            blamed.update({node: node for node in producers if node not in hosts})
        spreading = True
        while spreading:
            spreading = False
            for node, producers in self._producers.items():
                source = next((p for p in producers if p in blamed), None)
                if node not in blamed and source is not None:
                    blamed[node] = blamed[source]
                    spreading = True
        return blamed

    def _mark(self, level: LevelPort, fresh: bool) -> None:
        if level.fresh is not fresh:
            level.fresh = fresh
            if level.has_value:
                self._core.publish_level(level)

    def _act(self, host: NodeHost, stale_after_s: float, because: str | None) -> None:
        """Start, or take back, the time after which a stale input makes an output safe."""
        waiting = self._stale_timers.pop(host.node_id, None)
        if because is None:
            if waiting is not None:
                waiting.cancel()
            host.condition.follow_again("stale")
        elif waiting is not None and waiting.waiting:
            self._stale_timers[host.node_id] = waiting
        elif host.started and not host.condition.is_safe_for("stale"):
            self._stale_timers[host.node_id] = self._core.loop.timers.call_at(
                self._core.clock.monotonic() + stale_after_s,
                lambda: self._make_safe(host, because, stale_after_s),
            )

    def _make_safe(self, host: NodeHost, because: str, stale_after_s: float) -> None:
        self._stale_timers.pop(host.node_id, None)
        blamed = self._core.hosts.get(because)
        faults = {} if blamed is None else blamed.condition.faults
        why = next((fault.text for fault in faults.values()), "does not run")
        host.condition.make_safe(
            "stale", f"its input is stale for {stale_after_s:.0f} s: {because}: {why}"
        )
