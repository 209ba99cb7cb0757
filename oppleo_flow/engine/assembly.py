"""The nodes of a graph, built and wired: what runs of one version of a flow."""

from collections.abc import Container

from oppleo_flow.engine.core import Core
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.lifecycle import in_order
from oppleo_flow.engine.routes import Routes
from oppleo_flow.engine.workers import Worker
from oppleo_flow.flowfile.graph import Graph


class Assembly:
    """One version of a flow, whose nodes are in `core.hosts`; `order` has producers first."""

    def __init__(self, core: Core, graph: Graph) -> None:
        self.graph = graph
        self.order = in_order(graph, core.hosts)
        self.routes = Routes(core, graph.wires)


class Workshop:
    """Makes nodes, and the workers of those that wait and have no connection."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._workers: dict[str, Worker] = {}

    def make(self, graph: Graph, nodes: Container[str]) -> dict[str, NodeHost]:
        """Return some nodes of a graph, new, without their workers."""
        return {
            plan.id: NodeHost(plan, self._core)
            for plan in graph.nodes.values()
            if plan.id in nodes and not plan.disabled
        }

    def give_worker(self, host: NodeHost) -> None:
        """Give a blocking node its worker: its connection's, else one of its own."""
        plan, core = host.plan, self._core
        if not plan.spec.blocking:
            return
        if plan.connections:
            host.worker = core.connections.worker(plan.connections[0])
        else:
            if plan.id not in self._workers:
                self._workers[plan.id] = Worker(f"node {plan.id}", core.loop, core.deadlines.told)
            host.worker = self._workers[plan.id]

    def close(self, timeout_s: float) -> None:
        """End the workers."""
        for worker in self._workers.values():
            worker.stop(timeout_s)
