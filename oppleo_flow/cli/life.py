"""The life of a running flow, in the child of the guardian.

It is checked, its page is served, its nodes are started; then it waits to be told to stop.
"""

import argparse
import gc
import importlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from oppleo_flow.cli.exit_codes import OK, REFUSED, USAGE
from oppleo_flow.cli.flow_files import Surroundings, variables_of
from oppleo_flow.cli.last_good import keep_as_good, last_good
from oppleo_flow.cli.log import start_log
from oppleo_flow.cli.running import address_of
from oppleo_flow.cli.safe_order import safe_order
from oppleo_flow.cli.simulation import WorldProcess
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.web_sessions import WebSessions
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.heartbeat import Heartbeat
from oppleo_flow.engine.runtime import Runtime, StopReport
from oppleo_flow.errors import DeviceError, Refused, StoreError
from oppleo_flow.flowfile import CheckResult, Finding, Graph
from oppleo_flow.guardian import CRASHES_VARIABLE, PIPE_VARIABLE
from oppleo_flow.store import LedgerConnection
from webui.server import WebServer, listen

_LOG = logging.getLogger(__name__)
_STRICT_START_S = 30.0
_LOAD_AFTER_S = 1.0  # at the latest: a device may take its time to answer
_SWITCH_INTERVAL_S = 0.0005  # a thread that computes gives way to the dispatcher in time


def run_flow(site: Site, args: argparse.Namespace, world: WorldProcess | None) -> int:
    """Run the flow until told to stop; return why it ended.

    `world` is the simulated world of a site that runs on simulated hardware.
    """
    log = start_log(site.folder / ".oppleo" / "log", site.settings.log)
    flow = Path(args.flow) if args.flow else site.flow
    variables = variables_of(args.variables, "run")
    around = Surroundings.of(
        site.folder, variables, simulate=site.simulate, placeholders=not args.strict
    )
    checked = _checked(site.folder, around, flow)
    if checked is None:
        return USAGE
    _LOG.info("%s starts, from %s", checked.graph.name, checked.graph.file)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    life = _Life(site, checked.graph, args, world)
    if checked.texts is not None:
        life.when_started = partial(keep_as_good, site.folder, flow, checked.texts)
    try:
        return life.live(log)
    except (DeviceError, StoreError) as error:
        if life.started or _crashed_before():
            raise
        raise Refused(str(error)) from error  # so that the guardian does not try it for ever


def _crashed_before() -> bool:
    """Return whether this is not the first start under this guardian."""
    return os.environ.get(CRASHES_VARIABLE, "0") != "0"


@dataclass(frozen=True, slots=True)
class _Checked:
    """The flow to run; `texts` are what to keep once it has started, None for what was kept."""

    graph: Graph
    texts: Mapping[str, str] | None


def _checked(site: Path, around: Surroundings, flow: Path) -> _Checked | None:
    """Return the flow to run.

    A flow with errors never starts; but after a crash the site goes on with the version that ran.
    """
    result = around.check(flow)
    mistaken = _mistaken(result)
    if result.graph is not None and not mistaken:
        for warning in result.warnings:
            _LOG.log(_weight(warning), "%s", warning.headline())
        _warn_of_broken_node_files(around, result)
        return _Checked(result.graph, result.texts)
    _print_findings([*mistaken, *filter(_stops_a_node, result.findings)])
    kept = last_good(site, flow)
    if not _crashed_before() or not kept.exists():
        return None
    _LOG.error("%s has errors; the last version that started runs instead", flow)
    graph = around.check(kept).graph
    return None if graph is None else _Checked(graph, None)


def _weight(warning: Finding) -> int:
    """Return how loudly to say a warning: a node that cannot run is worth more than a hint."""
    return logging.WARNING if _stops_a_node(warning) else logging.INFO


def _stops_a_node(finding: Finding) -> bool:
    """Return whether a node, or the whole flow, cannot run because of a finding."""
    return finding.severity == "error" or finding.code in ("unknown-type", "node-file")


def _mistaken(result: CheckResult) -> list[Finding]:
    """Return as errors what a check lets pass: variables that the command line sets in vain."""
    unused = [finding for finding in result.warnings if finding.code == "unused-variable"]
    return [replace(finding, severity="error") for finding in unused]


def _warn_of_broken_node_files(around: Surroundings, result: CheckResult) -> None:
    """Log the faults of the site's own node files that no node of the flow is the victim of."""
    told = [warning.message for warning in result.warnings if warning.code == "node-file"]
    for fault in around.registry.drop_in_faults().values():
        if not any(str(fault) in message for message in told):
            _LOG.warning("%s", fault)


def _print_findings(findings: Sequence[Finding]) -> None:
    print("\n\n".join(finding.render() for finding in findings), file=sys.stderr)


class _Life:
    """One run of one flow: what is made, in which order, and how it ends."""

    def __init__(
        self, site: Site, graph: Graph, args: argparse.Namespace, world: WorldProcess | None
    ) -> None:
        self._world_process = world
        self._site = site
        self._graph = graph
        self._args = args
        self._clock = SystemClock()
        self.started = False
        self.when_started: Callable[[], object] = lambda: None
        self._ends: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._heart: Heartbeat | None = None
        pipe = os.environ.pop(PIPE_VARIABLE, None)
        if pipe is not None:
            self._heart = Heartbeat(int(pipe), self._orphaned)
        # A simple queue may be filled from a signal handler; an event may not.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ends.put(("told to stop", OK)))

    def live(self, log: Path) -> int:
        """Start everything, wait for the end, stop everything; return the exit code."""
        self._seed()
        world = self._world()
        runtime = self._runtime()
        sessions = WebSessions(self._site)
        with (
            listen(
                runtime,
                clock=self._clock,
                host=self._site.settings.web.host,
                port=self._port,
                sessions=sessions,
                levers=world,
            ) as server,
            address_of(self._site.folder, server.url),
        ):
            self._start(runtime)
            server.start()  # not before: to answer that it is not ready yet would keep it from it
            if self._args.strict and not self._complete(runtime):
                self._ends.put(("not everything could start, and --strict was asked for", REFUSED))
            else:
                self._announce(server, log)
            self._load_the_rest(runtime)
            _spare_the_collector()
            reason, code = self._ends.get()
            _LOG.info("stopping: %s", reason)
            if code != OK:
                print(f"oppleo-flow: {reason}", file=sys.stderr)
            report = runtime.stop()
        if self._heart is not None:
            self._heart.close()
        sessions.close()
        _print_stop(self._graph.name, report)
        return code

    @property
    def _port(self) -> int:
        port: int | None = self._args.port
        return self._site.settings.web.port if port is None else port

    @property
    def _simulated(self) -> bool:
        return any(link.simulate for link in self._graph.connections.values())

    def _seed(self) -> None:
        """Let a simulation begin with cards that may charge; a real ledger begins empty."""
        if self._site.simulate and not self._site.ledger.exists():
            # Not at the top: it is needed once in a site's life, and costs start-up time.
            from oppleo_flow.cli.demo import seed  # noqa: PLC0415

            print(seed(self._site, self._clock))

    def _world(self) -> World | None:
        if not self._simulated:
            return None
        # Not at the top: a real charge point has no use for it.
        from oppleo_flow.simulator.wiring import wiring_of  # noqa: PLC0415

        process = self._world_process or WorldProcess(lives_with=os.getppid())
        world = process.wired(wiring_of(self._graph))
        self._site.provide(World, world)  # type: ignore[type-abstract]  # a kind of service
        return world

    def _runtime(self) -> Runtime:
        quarantine = frozenset(self._args.quarantine)
        for node in sorted(quarantine):
            _LOG.error("%s: is left out, because the runtime hung in it", node)
        return Runtime(
            self._graph,
            clock=self._clock,
            site=self._site,
            state_path=self._site.state,
            on_beat=self._heart.beat if self._heart else lambda: None,
            quarantine=quarantine,
            stop_requested=lambda reason: self._ends.put((reason, REFUSED)),
        )

    def _start(self, runtime: Runtime) -> None:
        if self._world_process is not None:
            self._world_process.stays()
        order = safe_order(self._graph, runtime.safe_pins())
        if self._heart is not None and order is not None:
            self._heart.pins(order)
        runtime.start()
        if self._heart is not None:
            self._heart.watch(runtime.running_thread)
        self.started = True
        self.when_started()

    def _complete(self, runtime: Runtime) -> bool:
        """Wait until the nodes have started; return whether all did.  The log tells who did not."""
        return runtime.wait_settled(_STRICT_START_S) and runtime.ready

    def _load_the_rest(self, runtime: Runtime) -> None:
        """Import what the first card and the first reading need, once nobody waits for a start.

        Whoever needs it earlier imports it there and then, or waits for what is left of this.
        """
        runtime.wait_settled(_LOAD_AFTER_S)
        if any(issubclass(c.spec.cls, LedgerConnection) for c in self._graph.connections.values()):
            importlib.import_module("oppleo_flow.store.rows")

    def _announce(self, server: WebServer, log: Path) -> None:
        how = "runs on simulated hardware" if self._simulated else "runs"
        text = f"{self._graph.name} {how}: {server.url}"
        print(f"{text}  (for this machine only; log: {log})", flush=True)
        if self._heart is not None:
            self._heart.tell(status=text)

    def _orphaned(self) -> None:
        self._ends.put(("the guardian is gone, nobody would make the pins safe", REFUSED))


def _spare_the_collector() -> None:
    """Begin to collect garbage; what is there now stays, so no collection need look at it."""
    gc.freeze()
    gc.enable()


def _print_stop(flow: str, report: StopReport) -> None:
    """Say what a stop left behind."""
    left = ""
    if report.undelivered:
        left = f"; {report.undelivered} messages wait on disk for the next run"
    safe = "" if report.problems else ", its outputs are at their safe level"
    print(f"{flow} has stopped{safe}{left}")
    for problem in report.problems:
        print(f"oppleo-flow: {problem}", file=sys.stderr)
