"""`oppleo-flow hardware test`: one part of a flow runs alone, under a guardian, and is tried.

The part runs in a copy of this process.  Whatever becomes of that one, its outputs are driven to
their safe level, and it is not started again.
"""

import argparse
import os
import signal
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import replace
from queue import SimpleQueue
from typing import Final

from oppleo_flow.child import child_environment, python_module
from oppleo_flow.cli.command import UsageError
from oppleo_flow.cli.exit_codes import FAILED, INTERRUPTED, OK
from oppleo_flow.cli.flow_part import part_of
from oppleo_flow.cli.folder import locked
from oppleo_flow.cli.hardware_advice import advice, missing_of
from oppleo_flow.cli.log import Log
from oppleo_flow.cli.safe_order import safe_order
from oppleo_flow.cli.simulation import WorldProcess
from oppleo_flow.cli.site import Site
from oppleo_flow.cli.trial_kinds import DEFAULT_S, Subject, subject_of
from oppleo_flow.cli.trial_stage import Interrupted, Stage, Verdict
from oppleo_flow.cli.trials import TRIALS
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.world import World
from oppleo_flow.engine.heartbeat import Heartbeat
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.errors import DeviceMissing
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.hardware_parts import parts_of
from oppleo_flow.guardian import PIPE_VARIABLE, Guardian, Settings

_STARTS_WITHIN_S: Final = 30.0
_AT_ONCE: Final[Mapping[str, Mapping[str, object]]] = {
    "meter": {"every": 0.02},
    "buzzer": {"quiet": ()},
}


def test_part(site: Site, graph: Graph, args: argparse.Namespace) -> int:
    """Try what the command line names; return the exit code.

    Raises:
        ConfigError: The flow has no such part.
        DeviceMissing: This machine lacks what the part is connected by.
        Refused: The site runs.
    """
    subject = subject_of(graph, args.part, args.node)
    graph = _at_once(part_of(graph, subject.nodes), subject)
    for name, plan in graph.connections.items():
        missing = missing_of(plan)
        if missing is not None:
            raise DeviceMissing(f"connection {name!r}: {missing.text}; {missing.remedy}")
    for_s = DEFAULT_S[subject.kind] if args.for_s is None else args.for_s
    os.environ.update(child_environment())
    os.chdir(site.folder)  # so that the path of a local socket in the site is short enough
    settings = Settings(
        command=(),
        safe_command=python_module("oppleo_flow.devices.safe_pins"),
        restarts=False,
    )
    with locked(site.folder):
        if subject.kind == "evse-switch" and not args.yes and not _may_close(subject):
            print("left alone")
            return FAILED
        guardian = Guardian(settings)
        if not guardian.fork():
            return guardian.run()
        return _Trial(site, graph, subject).carry_out(for_s)


def _at_once(graph: Graph, subject: Subject) -> Graph:
    """Let a part do all that it can: a meter is read without a pause, no hour is quiet."""
    if subject.kind not in _AT_ONCE:
        return graph
    node = graph.nodes[subject.node.id]
    config = node.config.model_copy(update=_AT_ONCE[subject.kind])
    return replace(graph, nodes={**graph.nodes, node.id: replace(node, config=config)})


def _may_close(subject: Subject) -> bool:
    """Ask whether the switch may close."""
    question = f"{subject.node.id}: the switch will close: a car that is plugged in may charge"
    try:
        answer = input(f"{question}. Close it? [y/N] ")
    except EOFError:
        raise UsageError(
            "evse-switch: nobody is there to say that it may close; --yes says so", "hardware"
        ) from None
    return answer.strip().lower() in ("y", "yes")


class _Trial:
    """A trial in the child of the guardian: what it makes, and how it ends."""

    def __init__(self, site: Site, graph: Graph, subject: Subject) -> None:
        self._site = site
        self._graph = graph
        self._subject = subject
        self._ends: SimpleQueue[str] = SimpleQueue()
        pipe = int(os.environ.pop(PIPE_VARIABLE))
        self._heart = Heartbeat(pipe, lambda: self._ends.put("the guardian is gone"))
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._ends.put("told to stop"))

    def carry_out(self, for_s: float) -> int:
        """Run the part, try it, stop it; return the exit code."""
        folder = self._site.folder / ".oppleo" / "log"
        # What is wrong with a node is for the verdict to tell.
        Log(folder, self._site.settings.log, clock=SystemClock(), warns=False)
        with ExitStack() as ending:
            world = self._world(ending)
            runtime = Runtime(
                self._graph, clock=SystemClock(), site=self._site, on_beat=self._heart.beat
            )
            self._heart.pins(safe_order(self._graph, runtime.safe_pins()))
            self._heart.watch(runtime.running_thread)
            runtime.start()
            try:
                verdict = self._verdict(Stage(runtime, self._subject, for_s, self._ends, world))
            except Interrupted as ended:
                verdict = None
                print(f"{ended}: no verdict", flush=True)
            finally:
                report = runtime.stop()
        self._heart.close()
        for problem in report.problems:
            print(problem, flush=True)
        if verdict is None:
            return INTERRUPTED
        print(verdict, flush=True)
        return OK if verdict.good and not report.problems else FAILED

    def _world(self, ending: ExitStack) -> World | None:
        """Return the simulated world, where one is needed; it ends with the guardian."""
        if not any(plan.simulate for plan in self._graph.connections.values()):
            return None
        # Not at the top: a real charge point has no use for it.
        from oppleo_flow.simulator.wiring import wiring_of  # noqa: PLC0415

        process = WorldProcess(lives_with=os.getppid())
        ending.callback(process.end)
        world = process.wired(wiring_of(self._graph))
        process.stays()
        self._site.provide(World, world)  # type: ignore[type-abstract]  # a kind
        return world

    def _verdict(self, stage: Stage) -> Verdict:
        settled = stage.runtime.wait_settled(_STARTS_WITHIN_S)
        if settled and not stage.fault:
            verdict = TRIALS[self._subject.kind](stage)
        else:
            verdict = Verdict(False, stage.fault or f"no start in {_STARTS_WITHIN_S:.0f} s")
        if verdict.good or verdict.check:
            return verdict
        parts = {part.name: part for part in parts_of(self._graph)}
        part = parts[self._subject.node.id]
        check = advice(part, parts, self._graph, self._site.folder, None)
        return Verdict(False, verdict.text, check)
