"""Where a part of a flow is tried: it runs alone, on the real engine, and somebody looks on."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from queue import Empty, SimpleQueue
from typing import Any, Final

from oppleo_flow.cli.trial_kinds import Subject
from oppleo_flow.devices.world import World
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.snapshot import NodeSnapshot
from oppleo_flow.engine.taps import Tap
from oppleo_flow.immutable import immutable

_LOOK_AGAIN_S: Final = 0.1


class Interrupted(Exception):
    """Somebody has ended the trial before it came to a verdict."""


@immutable
class Verdict:
    """What came of a trial; `check` says what to look at where it went badly."""

    good: bool
    text: str
    check: str = ""

    def __str__(self) -> str:
        """Return it as a line, and what to check as a second one."""
        check = f"\n     → {self.check}" if self.check else ""
        return f"{'ok' if self.good else 'bad'}: {self.text}{check}"


class Stage:
    """What a trial has: a runtime with the node that it tries, and time.

    `for_s` is how long the trial is to look, or to show each thing; `world` is there where the
    hardware is simulated.  Any wait ends with `Interrupted` when `ends` says so.
    """

    def __init__(
        self,
        runtime: Runtime,
        subject: Subject,
        for_s: float,
        ends: "SimpleQueue[str]",
        world: World | None = None,
        say: Callable[[str], None] = lambda line: print(line, flush=True),
    ) -> None:
        self.runtime = runtime
        self.subject = subject
        self.for_s = for_s
        self.world = world
        self.say = say
        self._ends = ends

    def wait(self, seconds: float) -> None:
        """Let time pass.

        Raises:
            Interrupted: The trial is to end.
        """
        try:
            why = self._ends.get(timeout=seconds) if seconds > 0 else self._ends.get_nowait()
        except Empty:
            return
        raise Interrupted(why)

    def send(self, payload: Any) -> None:
        """Hand a payload to the node."""
        self.runtime.inject(self.subject.node.id, "in", payload)

    def seen(
        self,
        port: str,
        for_s: float,
        node: str | None = None,
        meanwhile: Callable[[], None] = lambda: None,
    ) -> Iterator[Any]:
        """Return what an output holds, and what leaves it from now on, for so long.

        `meanwhile` is called again and again.

        Raises:
            Interrupted: The trial is to end.
        """
        node = node or self.subject.node.id
        return self._from(self.runtime.tap(node, port), for_s, meanwhile)

    def _from(self, tap: Tap, for_s: float, meanwhile: Callable[[], None]) -> Iterator[Any]:
        end_s = time.monotonic() + for_s
        with closing(tap):
            level = self.snapshot(tap.node).levels.get(tap.port)
            held = None if level is None else level.value
            if held is not None:
                yield held
            while (left_s := end_s - time.monotonic()) > 0:
                self.wait(0.0)
                tapped = tap.get(min(left_s, _LOOK_AGAIN_S))
                if tapped is not None and tapped.payload != held:
                    yield tapped.payload
                held = None if tapped is not None else held
                meanwhile()

    def awaited(
        self, port: str, wanted: Callable[[Any], bool], within_s: float, node: str | None = None
    ) -> tuple[Any, bool]:
        """Return what an output held last, and whether it was what is wanted, as soon as it is."""
        last = None
        for last in self.seen(port, within_s, node):
            if wanted(last):
                return last, True
        return last, False

    def snapshot(self, node: str | None = None) -> NodeSnapshot:
        """Return how a node is now."""
        wanted = node or self.subject.node.id
        return next(one for one in self.runtime.snapshot().nodes if one.id == wanted)

    @property
    def troubles(self) -> list[str]:
        """Return what was wrong with the node since the trial began, the oldest first."""
        node = self.snapshot()
        over = [fault.text for fault in node.past_faults]
        return over + [fault.text for fault in node.faults]

    @property
    def fault(self) -> str:
        """Return what is wrong with the node; empty when nothing is."""
        faults = self.snapshot().faults
        return faults[0].text if faults else ""
