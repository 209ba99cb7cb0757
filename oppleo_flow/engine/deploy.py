"""Another version of a flow takes the place of the one that runs: only what changed restarts.

The nodes that change finish what they have in hand and stop; what they leave is handed over to
those that take their place.  If one of these does not start, or the version cannot be kept, those
that ran are made again from the same hand-over.
"""

from collections.abc import Callable, Container, Mapping
from typing import TYPE_CHECKING

from oppleo_flow.engine.assembly import Assembly, Workshop
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.changes import Changes, new_level_wires
from oppleo_flow.engine.handover import Handover
from oppleo_flow.engine.lifecycle import START_FAULT, Starter
from oppleo_flow.engine.log_levels import take_over_levels
from oppleo_flow.engine.retiring import DeployFailed, Retiring
from oppleo_flow.engine.words import words_of
from oppleo_flow.flowfile.graph import Graph, flow_of
from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

_START_S = 15.0
Hook = Callable[[], object]


@immutable
class Hooks:
    """What is done around a deploy, on the thread that deploys.

    `before_start` is called when what changed has stopped and nothing new has started, with the
    graph that is about to run; `commit` when all has started, to keep the version: what it raises
    undoes the deploy.
    """

    before_start: Callable[[Graph], object] = lambda _: None
    commit: Hook = lambda: None


class Deploy:
    """Deploys one version.  Not from within the loop, unless the clock is virtual."""

    def __init__(
        self, core: "Core", workshop: Workshop, quarantine: frozenset[str], hooks: Hooks
    ) -> None:
        self._core = core
        self._workshop = workshop
        self._quarantine = quarantine
        self._hooks = hooks

    def carry_out(
        self, old: Assembly, graph: Graph, changes: Changes
    ) -> tuple[Assembly, DeployFailed | None]:
        """Put `graph` in the place of what runs; return what runs then, and why it is not `graph`.

        Raises:
            DeployFailed: Nothing was changed.
        """
        running = {node for node, host in self._core.hosts.items() if host.started}
        required = changes.coming - (changes.leaving - running)
        built, error = attempt(self._workshop.make, graph, changes.coming)
        if error is not None:
            raise DeployFailed(f"{graph.name}: {words_of(error)}; nothing was changed") from error
        left = self._retire(old, changes.leaving)
        new, error = attempt(self._replace, old, graph, built, left)
        error = error or self._not_started(required) or attempt(self._hooks.commit)[1]
        if error is not None:
            come = changes.coming if new else frozenset()
            failed = DeployFailed(f"{graph.name}: {words_of(error)}; what ran before runs again")
            return self._go_back(new or old, old.graph, come, left), failed
        return new, None

    def _retire(self, old: Assembly, nodes: Container[str]) -> dict[str, Handover]:
        return Retiring(self._core).retire([h for h in old.order if h.node_id in nodes])

    def _go_back(
        self,
        tried: Assembly,
        before: Graph,
        come: frozenset[str],
        left: Mapping[str, Handover],
    ) -> Assembly:
        """Let what ran before run again, from the same hand-over."""
        self._retire(tried, come)
        built = self._workshop.make(before, left)
        return self._replace(tried, before, built, left)

    def _replace(
        self,
        old: Assembly,
        graph: Graph,
        built: Mapping[str, "NodeHost"],
        left: Mapping[str, Handover],
    ) -> Assembly:
        """Put new nodes in the place of those that stopped, wire all anew, and start them."""
        self._hooks.before_start(graph)
        done: list[tuple[Assembly, Starter]] = []
        self._core.loop.call(lambda: done.append(self._rebuild(old, graph, built, left)))
        new, starter = done[0]
        if self._core.loop.virtual is None:
            starter.settled.wait(_START_S)
        self._core.loop.call(self._wind, built, left)
        return new

    def _rebuild(
        self,
        old: Assembly,
        graph: Graph,
        built: Mapping[str, "NodeHost"],
        left: Mapping[str, Handover],
    ) -> tuple[Assembly, Starter]:
        """Change over.  In the loop, so that nothing travels meanwhile."""
        core = self._core
        running = frozenset(map(flow_of, core.hosts))
        core.loop.drain()  # what is under way still goes by the old wires
        for segment in old.routes.segments:
            segment.fold()
        core.connections.change_to(graph.connections)
        core.change_to(graph, built)
        take_over_levels(core.hosts, old.graph)
        for host in built.values():
            self._workshop.give_worker(host)
            if host.node_id in left:
                left[host.node_id].to_state(host)
                left[host.node_id].to_inbox(host)
        new = Assembly(core, graph)
        starter = Starter(core, new.routes, self._quarantine - frozenset(built), running)
        starter.start([host for host in new.order if host.node_id in built])
        for node in {wire.target_node for wire in new_level_wires(old.graph, graph)}:
            if node in core.hosts and node not in built:
                core.replay_levels(core.hosts[node])
        return new, starter

    def _wind(self, built: Mapping[str, "NodeHost"], left: Mapping[str, Handover]) -> None:
        for node, host in built.items():
            if host.started and node in left:
                left[node].to_timers(host)

    def _not_started(self, required: Container[str]) -> Exception | None:
        """Return why a node does not run that must."""
        for node, host in self._core.hosts.items():
            if node in required and not host.started:
                fault = host.condition.faults.get(START_FAULT)
                why = "it has not started in time" if fault is None else fault.text
                return DeployFailed(f"{host}: {why}")
        return None
