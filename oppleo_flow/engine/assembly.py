"""The nodes of a graph, built and wired: what runs of one version of a flow."""

from collections.abc import Container

from oppleo_flow.engine.core import Core
from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.lifecycle import in_order
from oppleo_flow.engine.parallel import ParallelHost
from oppleo_flow.engine.routes import Routes
from oppleo_flow.engine.spool import Spool
from oppleo_flow.engine.turns import Turns
from oppleo_flow.engine.workers import Worker
from oppleo_flow.flowfile.graph import Graph, GraphNode


class Assembly:
    """One version of a flow, whose nodes are in `core.hosts`; `order` has producers first."""

    def __init__(self, core: Core, graph: Graph) -> None:
        self.graph = graph
        self.order = in_order(graph, core.hosts)
        self.routes = Routes(core, graph.wires)

    def rewire(self, core: Core) -> None:
        """Compile the routes anew, for who looks at them now.  In the loop."""
        for host in core.hosts.values():
            host.go_on_as(host.plan)
        self.routes = Routes(core, self.graph.wires)
        self.routes.compile()


class Workshop:
    """Makes nodes, and the workers of those that wait and have no connection."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._workers: dict[str, Worker] = {}

    def make(
        self, graph: Graph, nodes: Container[str], quarantine: Container[str] = ()
    ) -> dict[str, NodeHost]:
        """Return some nodes of a graph, new, without their workers; `quarantine` stay empty."""
        return {
            plan.id: self._host_of(plan, left_empty=plan.id in quarantine)
            for plan in graph.nodes.values()
            if plan.id in nodes and not plan.disabled
        }

    def _host_of(self, plan: GraphNode, *, left_empty: bool) -> NodeHost:
        policy = plan.when_busy
        kind = ParallelHost if policy.at_once > 1 else NodeHost
        host = kind(plan, self._core, left_empty=left_empty)
        if policy.do != "queue":
            host.turns = Turns(host)
        spools = {port: inbox for port, inbox in plan.inbox.items() if inbox.full == "spool"}
        if spools:
            host.spools = {port: Spool(host, port, inbox) for port, inbox in spools.items()}
        return host

    def give_worker(self, host: NodeHost) -> None:
        """Give a blocking node its worker: its connection's, if that takes turns, else its own."""
        plan, core = host.plan, self._core
        if not plan.spec.blocking:
            return
        if isinstance(host, ParallelHost):
            names = [f"{plan.id} #{number + 1}" for number in range(plan.when_busy.at_once)]
            host.give_workers([self._worker(name) for name in names])
        elif core.connections.take_turns(plan.connections):
            host.worker = core.connections.worker(plan.connections[0])
        else:
            host.worker = self._worker(plan.id)

    def _worker(self, name: str) -> Worker:
        if name not in self._workers:
            core = self._core
            self._workers[name] = Worker(f"node {name}", core.loop, core.deadlines.told)
        return self._workers[name]

    def close(self, timeout_s: float) -> None:
        """End the workers."""
        for worker in self._workers.values():
            worker.stop(timeout_s)
