"""Runs the tests of a flow: one at a time, each in a world of its own."""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Any, Final
from zoneinfo import ZoneInfo

from oppleo_flow.errors import ConfigError, OppleoError
from oppleo_flow.flowfile import CheckResult, cases
from oppleo_flow.flowfile.cases import FlowTest, Target
from oppleo_flow.flowfile.graph import Graph, Place
from oppleo_flow.flowfile.wants import Want
from oppleo_flow.immutable import immutable
from oppleo_flow.testing.journal import Passage
from oppleo_flow.testing.notation import clock_time, shown
from oppleo_flow.testing.stage import Setting, Stage
from oppleo_flow.testing.ways import Ways

NOTHING: Final = "nothing"
_MOST_UNEXPECTED = 10
_ACTS = (
    *(cases.Send, cases.Inject, cases.Pull, cases.Stub),
    *(cases.Advance, cases.Restart, cases.SetClock),
)


@immutable
class Problem:
    """Something that was not as a test says; `way` has the ways that messages took, one a line."""

    place: Place
    what: str
    expected: str
    received: str
    way: tuple[str, ...] = ()

    def render(self, test: str) -> str:
        """Return it as text: place and test, what was expected, what was received, the way."""
        lines = [
            f"{self.place}: {test}: {self.what}",
            f"    expected  {self.expected}",
            f"    received  {self.received}",
        ]
        for number, way in enumerate(self.way):
            lines.append(f"    {'way       ' if not number else '          '}{way}")
        return "\n".join(lines)


@immutable
class Verdict:
    """What came of one test; it has passed when there are no problems."""

    test: FlowTest
    problems: tuple[Problem, ...]
    took_s: float

    @property
    def passed(self) -> bool:
        """Return whether everything was as the test says."""
        return not self.problems

    def render(self) -> str:
        """Return all problems as text; empty for a test that has passed."""
        return "\n".join(problem.render(self.test.name) for problem in self.problems)


def run_tests(
    check: Callable[[Mapping[str, str]], CheckResult],
    wanted: Callable[[FlowTest], bool] = lambda _: True,
    setting: Setting | None = None,
) -> Iterator[Verdict]:
    """Run the tests of a flow and its subflows, and yield what came of each.

    Nothing outside them changes.  `check` returns the flow for some variables, with every
    connection simulated; it is called once for all the tests that change none, and again for the
    others.
    """
    checked = check({})
    for test in checked.tests:
        if wanted(test):
            began = perf_counter()
            of_test = check(test.variables) if test.variables else checked
            problems = _problems(of_test, test, setting or Setting())
            yield Verdict(test, tuple(problems), perf_counter() - began)
    for one in checked.subflow_tests:
        test = replace(one.test, name=f"{one.subflow}: {one.test.name}")
        if wanted(test):
            began = perf_counter()
            problems = _played(one.graph, test, setting or Setting())
            yield Verdict(test, tuple(problems), perf_counter() - began)


def _problems(checked: CheckResult, test: FlowTest, setting: Setting) -> list[Problem]:
    if checked.graph is None:
        what = "the flow with the 'vars' of the test"
        return [
            Problem(test.place, what, "a flow without errors", error.headline())
            for error in checked.errors
        ]
    return _played(checked.graph, test, setting)


def _played(graph: Graph, test: FlowTest, setting: Setting) -> list[Problem]:
    sinks = frozenset(
        Target(node.id, None, "in")
        for node in graph.nodes.values()
        if node.safe is not None and not node.disabled and node.id not in test.ignore
    )
    try:
        with (
            tempfile.TemporaryDirectory(prefix="oppleo-flow-test-") as folder,
            Stage(graph, test, Path(folder), setting, sinks) as stage,
        ):
            return _Play(stage, test, sinks, ZoneInfo(test.timezone or setting.timezone)).problems()
    except OppleoError as error:
        return [Problem(test.place, "it could not be run", "a flow that starts", str(error))]


class _Play:
    """One test while it is run."""

    def __init__(
        self, stage: Stage, test: FlowTest, sinks: frozenset[Target], zone: ZoneInfo
    ) -> None:
        self._stage = stage
        self._journal = stage.journal
        self._test = test
        self._sinks = sinks
        self._zone = zone
        self._ways = Ways(stage.journal, stage.graph.name, zone)
        self._acted: Place | None = None
        self._do: Mapping[type, Callable[[Any], Problem | None]] = {
            cases.Send: self._send,
            cases.Inject: self._inject,
            cases.Stub: self._stub,
            cases.Expect: self._expect,
            cases.ExpectNone: self._expect_none,
            cases.ExpectLevel: self._expect_level,
            cases.ExpectNode: self._expect_node,
            cases.ExpectWorld: self._expect_world,
            cases.Fail: self._fail,
            cases.Advance: self._advance,
            cases.Restart: self._restart,
            cases.SetClock: self._set_clock,
            cases.Pull: self._pull,
        }

    def problems(self) -> list[Problem]:
        """Go through the steps; return what is wrong with the first at which something is.

        Expectations that stand together, before anything else is done, are all looked at.
        """
        found = list(self._not_started())
        for step in self._test.steps:
            if isinstance(step, _ACTS):
                if found:
                    return found
                self._acted = self._journal.during = step.place
            problem = self._do[type(step)](step)
            if problem is not None:
                found.append(problem)
        return found or [*self._unasked_errors(), *self._unexpected()]

    # -- what a test does ------------------------------------------------------------------------

    def _send(self, step: cases.Send) -> None:
        self._stage.send(step.node, step.port, step.given)

    def _inject(self, step: cases.Inject) -> None:
        self._stage.inject(step.node, step.port, step.given)

    def _stub(self, step: cases.Stub) -> None:
        self._journal.stub(step.node, step.answers)
        if not self._stage.graph.nodes[step.node].spec.inputs:
            self._journal.answer(self._stage.context(step.node))
        self._stage.run_for(0)

    def _fail(self, step: cases.Fail) -> None:
        self._journal.fail(step.node, step.kind)

    def _advance(self, step: cases.Advance) -> None:
        self._stage.run_for(step.seconds)

    def _restart(self, step: cases.Restart) -> None:
        self._stage.restart(step.off_s)

    def _set_clock(self, step: cases.SetClock) -> None:
        self._stage.clock.set_wall(step.to)
        self._stage.run_for(0)

    def _pull(self, step: cases.Pull) -> Problem | None:
        try:
            step.lever.pull(self._stage.world)
        except ConfigError as error:
            return Problem(step.place, step.word, "something that is there", str(error))
        self._stage.run_for(0)
        return None

    # -- what a test expects ---------------------------------------------------------------------

    def _expect(self, step: cases.Expect) -> Problem | None:
        waiting = self._journal.waiting(step.target)
        if not waiting:
            return Problem(
                step.place, f"{step.target}", step.written, NOTHING, self._ways.during(self._acted)
            )
        first, *later = waiting
        self._journal.take(first)
        wrong = list(step.want.misfits(first.payload))
        if not wrong:
            return None
        received = self._told(first) + self._differs(first.payload, wrong)
        fits = next(
            (n for n, one in enumerate(later) if not any(step.want.misfits(one.payload))), None
        )
        if fits is not None:
            received += (
                f"; {'the next one' if fits == 0 else f'{fits + 1} messages later one'} is so"
            )
        return Problem(
            step.place, f"{step.target}", step.written, received, (self._ways.to(first),)
        )

    def _expect_none(self, step: cases.ExpectNone) -> Problem | None:
        waiting = self._journal.waiting(step.target)
        if not waiting:
            return None
        first = waiting[0]
        return Problem(
            step.place, f"{step.target}", "no message", self._told(first), (self._ways.to(first),)
        )

    def _expect_level(self, step: cases.ExpectLevel) -> Problem | None:
        level = self._stage.look(step.node).levels.get(step.port)
        what = f"{step.node}.{step.port}"
        if level is None:
            return Problem(step.place, what, step.written, NOTHING)
        return self._compared(step.place, what, step.want, step.written, level.value)

    def _expect_node(self, step: cases.ExpectNode) -> Problem | None:
        sight = self._stage.sight(step.node)
        return self._compared(step.place, step.node, step.want, step.written, sight)

    def _expect_world(self, step: cases.ExpectWorld) -> Problem | None:
        sight = self._stage.world.snapshot()
        return self._compared(step.place, "world", step.want, step.written, sight)

    def _compared(
        self, place: Place, what: str, want: Want, written: str, got: Any
    ) -> Problem | None:
        wrong = list(want.misfits(got))
        if not wrong:
            return None
        now = clock_time(self._stage.clock.now(), self._zone)
        if isinstance(got, Mapping):
            received = f"{shown(_differing(got, wrong) or got, self._zone)} at {now}"
        else:
            received = f"{shown(got, self._zone)} at {now}{self._differs(got, wrong)}"
        return Problem(place, what, written, received)

    # -- what a test did not expect --------------------------------------------------------------

    def _not_started(self) -> Iterator[Problem]:
        for node in self._stage.runtime.snapshot().nodes:
            why = next((fault.text for fault in node.faults if fault.code == "not-started"), None)
            if why is not None:
                yield Problem(self._test.place, node.id, "a node that starts", why)

    def _unasked_errors(self) -> Iterator[Problem]:
        for error in self._journal.unasked_errors():
            advice = f"no failure; expect it with 'expect_error: {error.node}'"
            text = f"{error.payload.error}: {error.payload.message}"
            place = error.during or self._test.place
            yield Problem(place, error.node, advice, self._at(error, text), (self._ways.to(error),))

    def _unexpected(self) -> Iterator[Problem]:
        """Yield every message at a `safe:` node that no step has named."""
        found = sorted(
            (one for sink in self._sinks for one in self._journal.waiting(sink)),
            key=lambda one: one.number,
        )
        for one in found[:_MOST_UNEXPECTED]:
            advice = f"no message; expect it, or write 'ignore: [{one.node}]'"
            place = one.during or self._test.place
            yield Problem(place, one.node, advice, self._told(one), (self._ways.to(one),))

    # -- words -----------------------------------------------------------------------------------

    def _differs(self, got: Any, wrong: Sequence[str]) -> str:
        """Return ` (differs in power_w: 0.0)`; nothing where all of it differs."""
        differing = _differing(got, wrong)
        return f" (differs in {shown(differing, self._zone)[1:-1]})" if differing else ""

    def _told(self, passage: Passage) -> str:
        return self._at(passage, shown(passage.payload, self._zone))

    def _at(self, passage: Passage, text: str) -> str:
        during = passage.during
        line = f", in line {during.line}" if during is not None and during != self._acted else ""
        return f"{text} at {clock_time(passage.at, self._zone)}{line}"


def _differing(got: Any, paths: Sequence[str]) -> dict[str, Any]:
    """Return the parts of a whole that are not as expected, by their paths; none: all of it."""
    return {path: _at(got, path) for path in paths if path}


def _at(got: Any, path: str) -> Any:
    value = got
    for name in re.findall(r"[^.\[\]]+", path):
        if isinstance(value, Mapping):
            value = value.get(name)
        elif isinstance(value, list | tuple):
            value = value[int(name)]
        else:
            value = getattr(value, name, None)
    return value
