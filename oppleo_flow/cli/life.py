"""The life of a running flow, in the child of the guardian.

It is checked, its page is served, its nodes are started; then it waits to be told to stop.
"""

import argparse
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, cast

from oppleo_flow.cli.audit_trail import audit_of
from oppleo_flow.cli.chosen import Chosen, without_nodes
from oppleo_flow.cli.console import say
from oppleo_flow.cli.exit_codes import OK, REFUSED, USAGE
from oppleo_flow.cli.kept_check import KeptCheck, Recalled
from oppleo_flow.cli.later import Later
from oppleo_flow.cli.log import Log
from oppleo_flow.cli.memory_limit import limit_memory
from oppleo_flow.cli.noticed import notice
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.cli.safe_order import safe_order
from oppleo_flow.cli.simulation import WorldProcess
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.site_facts import facts_of
from oppleo_flow.cli.standard_files import StandardFiles
from oppleo_flow.cli.web_access import WebAccess, all_simulated
from oppleo_flow.cli.web_sessions import WebSessions
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import World
from oppleo_flow.devices.world_client import WorldClient
from oppleo_flow.engine.heartbeat import Heartbeat
from oppleo_flow.engine.runtime import Runtime, StopReport
from oppleo_flow.errors import DeviceError, Refused, StoreError
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import History, Version
from oppleo_flow.guardian import AGAIN_EXIT_CODE, PIPE_VARIABLE, crashed_before
from oppleo_flow.store.audit import AuditLog, careful
from webui.ports import SiteFacts
from webui.server import WebServer, listen

if TYPE_CHECKING:
    from oppleo_flow.cli.deploying import Deploying
    from oppleo_flow.cli.disk_watch import DiskWatch
    from oppleo_flow.cli.flow_files import Surroundings

_LOG = logging.getLogger(__name__)
_ANEW = ("asked to start anew", AGAIN_EXIT_CODE)
_STRICT_START_S = 30.0
_LOOK_WHETHER_GOOD_S = 60.0
_ANSWER_AFTER_S = 0.2  # at the latest: a device may take its time
_LOAD_AFTER_S = 1.0  # at the latest: a device may take its time to answer
_SWITCH_INTERVAL_S = 0.0005  # a thread that computes gives way to the dispatcher in time


def run_flow(
    site: Site,
    args: argparse.Namespace,
    kept: KeptCheck,
    recalled: Recalled | None,
    world: WorldProcess | None,
) -> int:
    """Run the flow until told to stop; return why it ended.

    `recalled` is what the last start had checked, where that still holds; `world` is the simulated
    world of a site that runs on simulated hardware.

    Raises:
        Refused: Nothing could be started, at the first start: it is not to be tried for ever.
        DeviceError: The simulated world is gone.
        StoreError: State, history or ledger can no longer be used.
    """
    log = Log(site.folder / ".oppleo" / "log", site.settings.log, clock=SystemClock())
    history = History(site.folder / ".oppleo" / "history")
    around: Surroundings | None = None
    if recalled is not None:
        _LOG.info("nothing has changed since the last start, which checked settings and flow")
        chosen: Chosen | None = recalled.chosen()
    else:
        # Not at the top, here and below: what checks a flow takes a third of a start.
        from oppleo_flow.cli.what_runs import choose, flow_folder, surroundings  # noqa: PLC0415

        around = surroundings(site, args, log.redaction)
        chosen = choose(around, flow_folder(site, args, around), history, safe=args.last_good)
    if chosen is None:
        return USAGE
    _LOG.info("%s starts, from %s", chosen.graph.name, chosen.graph.file)
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    life = _Life(site, chosen, args, world)
    if recalled is None:
        life.later = partial(kept.keep, site.settings, chosen)
    try:
        return life.live(log, around, history)
    except (DeviceError, StoreError) as error:
        if life.started or crashed_before():
            raise
        raise Refused(str(error)) from error  # so that the guardian does not try it for ever


class _Life:
    """One run of one flow: what is made, in which order, and how it ends."""

    def __init__(
        self, site: Site, chosen: Chosen, args: argparse.Namespace, world: WorldProcess | None
    ) -> None:
        self._world_process = world
        self._world: WorldClient | None = None
        self._site = site
        self._chosen = chosen
        self._graph = chosen.graph
        self._args = args
        self._clock = SystemClock()
        self.started = False
        self.later: Callable[[], None] = lambda: None
        self._let_go: Callable[[], None] = lambda: None
        self._ends: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._heart: Heartbeat | None = None
        pipe = os.environ.pop(PIPE_VARIABLE, None)
        if pipe is not None:
            self._heart = Heartbeat(int(pipe), self._orphaned)
        # A simple queue may be filled from a signal handler; an event may not.
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ends.put(("told to stop", OK)))

    def live(self, log: Log, around: "Surroundings | None", history: History) -> int:
        """Start everything, wait for the end, stop everything; return the exit code."""
        self._seed()
        self._wire(self._graph)
        runtime = self._runtime()
        audit = audit_of(self._site, log.redaction.redacted)
        version = self._chosen.recorded(history, self._clock, careful(audit.note))
        deploying = cast(
            "Deploying",
            Later(partial(self._deploying, log, audit, runtime, around, history, version)),
        )
        sessions = WebSessions(self._site)
        anew = None if self._heart is None else partial(self._ends.put, _ANEW)
        facts = facts_of(self._site, self._clock, log, sessions, anew)
        simulated = partial(_is_simulated, runtime)
        access = WebAccess(self._site, sessions, audit, clock=self._clock, simulated=simulated)
        with (
            listen(
                runtime,
                clock=self._clock,
                host=access.host,
                port=self._port,
                access=access.site,
                doors=access.doors,
                certificate=access.certificate,
                sessions=sessions,
                levers=self._world,
                deploying=deploying,
                site=facts,
                audit=audit,
            ) as server,
            address_of(
                self._site.folder,
                server.url,
                key=access.command_key,
                certificate=access.certificate_file,
            ) as say_address,
        ):
            look = partial(access.look, server, say_address, runtime.tell)
            self._begin(runtime, server, access, log)
            runtime.tell(self._chosen.trouble)
            self._load_the_rest(runtime, deploying, facts)
            report, code = self._until_told(runtime, log, deploying, look)
        if self._heart is not None:
            self._heart.close()
        self._let_go()
        sessions.close()
        _print_stop(self._graph.name, report, log.redaction.redacted)
        return code

    def _begin(self, runtime: Runtime, server: WebServer, access: WebAccess, log: Log) -> None:
        """Start the nodes, and then answer who asks."""
        self._start(runtime)
        # Who asks is answered when it is ready: to say that it is not would only delay that.
        runtime.wait_settled(_ANSWER_AFTER_S)
        server.start()
        if self._args.strict and not self._complete(runtime):
            self._ends.put(("not everything could start, and --strict was asked for", REFUSED))
        else:
            self._announce(server, access, log.file)

    def _until_told(
        self, runtime: Runtime, log: Log, deploying: "Deploying", look: Callable[[], None]
    ) -> tuple[StopReport, int]:
        """Run until told to end, and stop; return what that left behind, and the exit code."""
        _spare_the_collector()
        limit_memory()
        reason, code = self._end(
            *(log, deploying),
            lambda: bool(runtime.graph.nodes) and not self._args.quarantine,
            look,
        )
        _LOG.info("stopping: %s", reason)
        if code not in (OK, AGAIN_EXIT_CODE):
            print(f"oppleo-flow: {log.redaction.redacted(reason)}", file=sys.stderr)
        return runtime.stop(), code

    def _deploying(
        self,
        log: Log,
        audit: AuditLog,
        runtime: Runtime,
        around: "Surroundings | None",
        history: History,
        running: Version,
    ) -> "Deploying":
        from oppleo_flow.cli.deploying import Deploying  # noqa: PLC0415
        from oppleo_flow.cli.what_runs import flow_folder, surroundings  # noqa: PLC0415

        around = around or surroundings(self._site, self._args, log.redaction)
        return Deploying(
            runtime,
            flow_folder(self._site, self._args, around),
            history,
            running,
            clock=self._clock,
            adapt=partial(self._adapt, runtime),
            note=audit.note,
        )

    def _end(
        self,
        log: Log,
        deploying: "Deploying",
        runs_whole: Callable[[], bool],
        look: Callable[[], None],
    ) -> tuple[str, int]:
        """Wait until told to end; return why, and the exit code.  Meanwhile look at the files."""
        watch, files = self._watch(deploying), StandardFiles()
        every_s = self._site.settings.watch.every
        due_s = self._clock.monotonic() + _LOOK_WHETHER_GOOD_S
        while True:
            try:
                return self._ends.get(timeout=min(every_s, _LOOK_WHETHER_GOOD_S))
            except Empty:
                for file in files.reopened():
                    _LOG.error("%s was closed by code in this process; it is open again", file)
                watch.look()
                look()
            if self._clock.monotonic() >= due_s:
                due_s += _LOOK_WHETHER_GOOD_S
                log.tell_repeats()
                if runs_whole():
                    deploying.look_whether_good()

    def _watch(self, deploying: "Deploying") -> "DiskWatch":
        # Not at the top: nobody saves anything while a start is under way.
        from oppleo_flow.cli.disk_watch import DiskWatch  # noqa: PLC0415

        settings = self._site.settings.watch
        if self._chosen.only_page:  # what crashed all the time runs again when somebody deploys it
            settings = settings.model_copy(update={"code": False})
        return DiskWatch(deploying, self._site.folder / "nodes", settings, say=_say)

    @property
    def _port(self) -> int:
        port: int | None = self._args.port
        return self._site.settings.web.port if port is None else port

    def _seed(self) -> None:
        """Let a simulation begin with cards that may charge; a real ledger begins empty."""
        if self._site.simulate and not self._site.ledger.exists():
            # Not at the top: it is needed once in a site's life, and costs start-up time.
            from oppleo_flow.cli.demo import seed  # noqa: PLC0415

            print(seed(self._site, self._clock))

    def _wire(self, graph: Graph) -> None:
        """Let the simulated world have the wires that a flow expects, if it is to have any."""
        if not _simulated(graph):
            return
        # Not at the top: a real charge point has no use for it.
        from oppleo_flow.simulator.wiring import wiring_of  # noqa: PLC0415

        if self._world is None:
            process = self._world_process or WorldProcess(lives_with=os.getppid())
            self._world_process = process
            self._world = process.wired(wiring_of(graph))
            self._site.provide(World, self._world)  # type: ignore[type-abstract]  # a kind
        else:
            self._world.rewire(wiring_of(graph))

    def _adapt(self, runtime: Runtime, graph: Graph) -> None:
        """Let the guardian and the simulated world know the version that is about to run."""
        self._wire(graph)
        if self._world_process is not None:
            self._world_process.stays()
        order = safe_order(graph, runtime.safe_pins(graph))
        if self._heart is not None and (order is not None or self.started):
            self._heart.pins(order)

    def _runtime(self) -> Runtime:
        here = threading.get_ident()
        if self._heart is not None:
            self._heart.watch(lambda: here)  # already now: a node may hang while it is made
        for node in sorted(self._args.quarantine):
            _LOG.error("%s: is left out, because the runtime hung in it", node)
        return Runtime(
            without_nodes(self._graph) if self._chosen.only_page else self._graph,
            clock=self._clock,
            site=self._site,
            state_path=self._site.state,
            on_beat=self._heart.beat if self._heart else lambda: None,
            quarantine=frozenset(self._args.quarantine),
            stop_requested=lambda reason: self._ends.put((reason, REFUSED)),
            durable_wire_bytes=self._site.settings.durable_wires.disk,
        )

    def _start(self, runtime: Runtime) -> None:
        self._adapt(runtime, self._graph)
        if self._heart is not None:
            self._heart.watch(runtime.running_thread)  # before it starts: that may hang, too
        runtime.start()
        threading.excepthook = runtime.thread_ended
        self.started = True

    def _complete(self, runtime: Runtime) -> bool:
        """Wait until the nodes have started; return whether all did.  The log tells who did not."""
        return runtime.wait_settled(_STRICT_START_S) and runtime.ready

    def _load_the_rest(self, runtime: Runtime, deploying: "Deploying", site: SiteFacts) -> None:
        """Import what the first card, reading and deploy need, once nobody waits for a start.

        Whoever needs it earlier imports it there and then, or waits for what is left of this.
        """
        runtime.wait_settled(_LOAD_AFTER_S)
        self._let_go = notice(runtime, site)
        deploying.running()
        self.later()

    def _announce(self, server: WebServer, access: WebAccess, log: Path) -> None:
        how = "runs on simulated hardware" if _simulated(self._graph) else "runs"
        text = f"{self._graph.name} {how}: {server.url}"
        say(f"{text}  ({access.reach(server)}log: {log})", sys.stdout)
        access.invite(server)
        if self._heart is not None:
            self._heart.tell(status=text)

    def _orphaned(self) -> None:
        self._ends.put(("the guardian is gone, nobody would make the pins safe", REFUSED))


def _say(line: str) -> None:
    """Say on the terminal, and in the log, what the owner wants to know."""
    _LOG.info("%s", line)
    say(line, sys.stdout)


def _is_simulated(runtime: Runtime) -> bool:
    return all_simulated(runtime.graph)


def _simulated(graph: Graph) -> bool:
    return any(link.simulate for link in graph.connections.values())


def _spare_the_collector() -> None:
    """Begin to collect garbage; what is there now stays, so no collection need look at it."""
    gc.freeze()
    gc.enable()


def _print_stop(flow: str, report: StopReport, redact: Callable[[str], str]) -> None:
    """Say what a stop left behind."""
    left = ""
    if report.undelivered:
        left = f"; {report.undelivered} messages wait on disk for the next run"
    safe = "" if report.problems else ", its outputs are at their safe level"
    print(f"{flow} has stopped{safe}{left}")
    for problem in report.problems:
        print(f"oppleo-flow: {redact(problem)}", file=sys.stderr)
