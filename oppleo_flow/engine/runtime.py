"""The façade of the engine: build a checked graph, run it, look at it, stop it."""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from oppleo_flow.clock import Clock
from oppleo_flow.engine.assembly import Assembly, Workshop
from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.beat import Beat
from oppleo_flow.engine.changes import Changes, compare
from oppleo_flow.engine.core import Core, Subscription
from oppleo_flow.engine.deploy import Deploy, Hooks
from oppleo_flow.engine.letters import LETTERS_KEPT, DeadLetter, DeadLetters
from oppleo_flow.engine.lifecycle import Starter, Stopper
from oppleo_flow.engine.log_levels import LogLevels
from oppleo_flow.engine.loop import ExternalEvents, Loop
from oppleo_flow.engine.making import safe_pins_of
from oppleo_flow.engine.probe import Probe
from oppleo_flow.engine.recorder import Recorder
from oppleo_flow.engine.snapshot import EVERY_KIND, EventKind, RuntimeSnapshot
from oppleo_flow.engine.state_store import StateStore
from oppleo_flow.engine.stray_threads import StrayThreads
from oppleo_flow.engine.taps import Tap
from oppleo_flow.engine.traces import Traces
from oppleo_flow.engine.troubles import Troubles
from oppleo_flow.engine.view import Counts, missing_snapshot, node_snapshot
from oppleo_flow.engine.vitals import Vitals, vitals_of
from oppleo_flow.engine.watching import Watching
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node, SafePin
from oppleo_flow.node_context import Site

_NO_HOOKS = Hooks()
MEMORY = Path(":memory:")
DURABLE_WIRE_BYTES = 50_000_000
_DRAIN_S = 5.0


@immutable
class StopReport:
    """What a stop left behind: nothing, when all is well.

    `undelivered` messages wait on disk, for durable wires and inboxes that spool, and are
    delivered by the next run.
    """

    undelivered: int
    problems: tuple[str, ...]


class Runtime:
    """Runs one flow.

    Under a `VirtualClock` nothing runs by itself: `run_for` moves time on.  `on_beat` is called
    while the dispatcher is alive; nodes in `quarantine` are not started; `stop_requested` is told
    when a node's `on_error` stops the flow; a `probe` sees every message.

    Raises:
        StoreError: The state file cannot be used.
    """

    def __init__(  # noqa: PLR0913  (each is one fact of the run, given by name)
        self,
        graph: Graph,
        *,
        clock: Clock,
        site: Site,
        state_path: Path = MEMORY,
        on_beat: Callable[[], object] = lambda: None,
        quarantine: frozenset[str] = frozenset(),
        externals: Sequence[ExternalEvents] = (),
        stop_requested: Callable[[str], None] = lambda _: None,
        probe: Probe | None = None,
        durable_wire_bytes: int = DURABLE_WIRE_BYTES,  # so much of each waits on disk at most
    ) -> None:
        self.running = False
        self._loop = Loop(clock, externals=externals)
        self._troubles = Troubles()
        self._state_store = StateStore(
            state_path, threaded=self._loop.virtual is None, on_trouble=self._troubles.state
        )
        self._core = Core(
            graph, clock, site, self._loop, self._state_store, probe, durable_wire_bytes
        )
        self._core.stop_requested = stop_requested
        self._beat = self._loop.on_beat = Beat(self._core, on_beat)
        self._workshop = Workshop(self._core)
        self._core.hosts = self._workshop.make(graph, graph.nodes, quarantine)
        for host in self._core.hosts.values():
            self._workshop.give_worker(host)
        self._assembly = Assembly(self._core, graph)
        self._quarantine = quarantine
        self._stray_threads = StrayThreads(self._core)
        self._starter = Starter(self._core, self._assembly.routes, quarantine)
        self._deploying = threading.Lock()
        self.log_levels = LogLevels(self._core)
        self._watching = Watching(self._core, lambda: self._assembly, self._deploying)
        self._started_at: datetime = clock.now()
        self._started_s = clock.monotonic()
        self._injected = f"{graph.name}/inject"

    # -- life ----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the flow.  Nodes that cannot start are in fault and tried again."""
        self._started_at = self._core.clock.now()
        self._started_s = self._core.clock.monotonic()
        self._state_store.start(self._started_at.isoformat())
        self._loop.start()
        self._loop.call(self._starter.start, self._assembly.order)
        self.running = True

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait until every node has started or failed to; return whether they have."""
        return self._starter.settled.wait(timeout_s)

    @property
    def ready(self) -> bool:
        """Return whether every node runs without a fault, and the state is saved.  Any thread."""
        return (
            self.running
            and not self._troubles.all
            and all(
                host.started and not host.condition.faults for host in self._core.hosts.values()
            )
        )

    def stop(self) -> StopReport:
        """Stop sources, let what is under way finish, flush, take outputs to their safe level."""
        self.running = False
        stopper = Stopper(self._core, self._assembly.order)
        stopper.stop_all(_DRAIN_S)
        self._workshop.close(_DRAIN_S)
        problems = [*stopper.problems, *self._core.connections.close(_DRAIN_S)]
        spools = [spool for host in self._core.hosts.values() for spool in host.spools.values()]
        undelivered = self._core.durable.waiting + sum(spool.waiting for spool in spools)
        if stopper.stuck:
            self._loop.abandon()
        else:
            self._loop.stop()
        self._state_store.close()
        return StopReport(undelivered, tuple(problems))

    def run_for(self, seconds: float) -> None:
        """Move the virtual clock on, firing everything on the way."""
        self._loop.run_for(seconds)

    def inject(self, node: str, port: str, payload: Any) -> None:
        """Send a payload into an input port, as if a wire had brought it.  From any thread.

        Raises:
            KeyError: There is no such node or port.
        """
        routes = self._assembly.routes
        receive = routes.entrances.get((node, port)) or routes.entrance(node, port)
        self._loop.bring(receive, payload, self._core.origin(self._injected, payload))

    def node(self, node_id: str) -> Node[Any]:
        """Return the instance of a node, for tests and for the page of a simulated site.

        Raises:
            KeyError: There is no such node, or it is disabled.
        """
        return self._core.hosts[node_id].node

    # -- another version -----------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """Return the version of the flow that runs."""
        return self._assembly.graph

    def preview(self, graph: Graph) -> Changes:
        """Return what a deploy of `graph` would change.  Legal from any thread."""
        return compare(self.graph, graph)

    def deploy(self, graph: Graph, hooks: Hooks = _NO_HOOKS) -> Changes:
        """Put another version of the flow in the place of this one; only what changed restarts.

        From any thread but those that run handlers; one deploy at a time.

        Raises:
            DeployFailed: What ran before runs again, or still.
        """
        with self._deploying:
            changes = self.preview(graph)
            deploy = Deploy(self._core, self._workshop, self._quarantine, hooks)
            self._assembly, failed = deploy.carry_out(self._assembly, graph, changes)
            if failed is not None:
                raise failed
            self._quarantine -= changes.coming
            return changes

    # -- dead letters --------------------------------------------------------------------------

    def dead_letters(self, count: int = LETTERS_KEPT) -> DeadLetters:
        """Return the newest of the messages that nobody could handle.  Legal from any thread."""
        return self._state_store.dead_letters(count)

    def replay(self, letter_id: int) -> DeadLetter:
        """Give a dead letter to its node once more; return it.  Legal from any thread.

        Raises:
            LookupError: There is no such letter.
            Refused: The flow has no such input any more, or cannot read the message.
        """
        return self._core.replaying.replay(letter_id)

    def discard(self, letter_id: int) -> DeadLetter:
        """Forget a dead letter; return it.  Legal from any thread.

        Raises:
            LookupError: There is no such letter.
        """
        return self._core.replaying.discard(letter_id)

    # -- looking at it -------------------------------------------------------------------------

    def snapshot(self) -> RuntimeSnapshot:
        """Return what the flow looks like now.  Legal from any thread."""
        counts = Counts(self._assembly.routes.segments)
        return RuntimeSnapshot(
            flow=self.graph.name,
            simulated=self._core.site.simulate
            or any(c.simulate for c in self.graph.connections.values()),
            started_at=self._started_at,
            nodes=(
                *(
                    node_snapshot(plan, self._core.hosts.get(plan.id), counts, self._started_at)
                    for plan in self.graph.nodes.values()
                ),
                *(
                    missing_snapshot(n, self._core.placeholders.failed[n.id], self._started_at)
                    for n in self.graph.missing.values()
                ),
            ),
            troubles=self._troubles.all,
        )

    def vitals(self) -> Vitals:
        """Return how the runtime itself is.  Legal from any thread."""
        return vitals_of(self._core, self._beat, self._started_s)

    def subscribe(self, size: int = 256, kinds: frozenset[EventKind] = EVERY_KIND) -> Subscription:
        """Return the changes of some kinds from now on, for one listener."""
        return self._core.subscribe(size, kinds)

    def tap(self, node: str, port: str, size: int = 256) -> Tap:
        """Return what leaves an output from now on; close it when nobody looks any more.

        `node` may be `flow`, for an output of the flow's own.  As `trace`, legal from any thread
        but those that run handlers.

        Raises:
            KeyError: There is no such output.
            Refused: There are as many taps as may be.
        """
        return self._watching.tap(self.graph, node, port, size)

    def trace(self, count: int = 1, *, node: str | None = None, within_s: float = 60.0) -> Traces:
        """Return the way of each of the next `count` messages; of those that begin at a `node`.

        It ends by itself: shortly after the last has begun, and after `within_s` in any case.

        Raises:
            KeyError: There is no such node, or it does not run.
            Refused: There are as many traces as may be.
        """
        return self._watching.trace(count, node, within_s)

    def record(self, size: int) -> Recorder:
        """Return all that happens from now on, at most `size` of it waiting; legal as `tap` is.

        Raises:
            Refused: There are as many recordings as may be.
        """
        return self._watching.record(size, self.snapshot)

    def safe_pins(self, graph: Graph | None = None) -> list[SafePin]:
        """Return the pins that must be driven to a level when this process dies.

        Of the version that runs, or of one that is about to.  A node that cannot tell its own
        does not start.
        """
        plans = (graph or self.graph).nodes.values()
        return [pin for plan in plans for pin in attempt(safe_pins_of, plan)[0] or ()]

    def running_thread(self) -> int:
        """Return the identity of the thread that runs handlers now, for who reads its stack."""
        return self._loop.ident

    def thread_ended(self, how: threading.ExceptHookArgs) -> None:
        """Say whose thread an error has ended: what `threading.excepthook` is meant for."""
        self._stray_threads.ended(how)

    # -- trouble -------------------------------------------------------------------------------

    def tell(self, trouble: str | None, about: str = "version") -> None:
        """Let everybody who looks see a trouble, until it is None.  Legal from any thread."""
        self._troubles.tell(trouble, about)
