"""A straight run of nodes: what leaves one goes on to the next in the same frame.

A run is written out as a function of its own, step by step, because the interpreter makes a call
fast that stands where it always calls the same: in a loop over the steps it cannot.
"""

import functools
from collections.abc import Sequence
from time import perf_counter
from types import CodeType, FrameType, FunctionType
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt, failure_of
from oppleo_flow.engine.calls import SLOW_HANDLER_S, Receive, Routing, Step
from oppleo_flow.engine.condition import HANDLER_FAULT
from oppleo_flow.engine.returned import refuse_undeclared
from oppleo_flow.engine.timing import timing_of
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core
    from oppleo_flow.engine.host import NodeHost

ONE_IN = 64
"""Of many messages one in so many is timed."""
MAX_DEPTH = 40
"""How many nodes a run has at most, and how deep calls go before a wire is queued."""


@immutable
class Left:
    """Says that a payload left a run at a position, or came to its end there."""

    at: int


_WRITTEN_OUT = "<a run of nodes>"
_LEFT = tuple(Left(at) for at in range(MAX_DEPTH))


class Segment:
    """A straight run of nodes, of which each step returns what goes on to the next.

    `entries` counts what came in, `exits[i]` what node `i` let go no further, so the counts of each
    node cost nothing while it runs.  `returns` says which steps are handlers that only return;
    others may leave something in their node's `pending`.  While there are few messages each step of
    each is timed, and what it returns checked; of many only one in 64.
    """

    def __init__(
        self, run: Sequence["NodeHost"], steps: Sequence[Step], returns: Sequence[bool]
    ) -> None:
        self.run = tuple(run)
        self.steps = tuple(steps)
        self.returns = tuple(returns)
        self.sends = not all(returns)
        self.entries = 0
        self.exits = [0] * len(self.run)

    def received(self, position: int) -> int:
        """Return how many payloads reached the node at `position`."""
        return self.entries - sum(self.exits[:position])

    def fold(self) -> None:
        """Add what was counted to the nodes' own counts, and begin anew."""
        for position, host in enumerate(self.run):
            taken = self.received(position)
            host.received += taken
            host.let_go += taken - self.exits[position]
        self.entries = 0
        self.exits[:] = [0] * len(self.run)

    def receiver(self, emit: Receive, core: "Core") -> Receive:
        """Return what takes a payload through the run and hands the result to `emit`."""
        run, exits, sends, unwell = self.run, self.exits, self.sends, core.unwell
        through: Step | None = None

        def receive(payload: Any, envelope: Message) -> None:
            nonlocal through
            entries = self.entries = self.entries + 1
            core.envelope = envelope
            try:
                if core.to_time > 0 or not entries % ONE_IN:
                    result = self._timed(payload, core)
                else:
                    if through is None:  # few runs ever have so many messages
                        through = written_out(self.steps)
                    result = through(payload)
            except BaseException as raised:  # as in `attempt`; written out, for this is a hot path
                self._failed(raised, payload, envelope)
                return
            if type(result) is not Left:
                if unwell:
                    self._recover(len(run))
                emit(result, envelope)
                return
            exits[result.at] += 1
            if unwell:
                self._recover(result.at + 1)
            if sends and run[result.at].pending:
                self._deliver(run[result.at], envelope)

        return receive

    def _timed(self, payload: Any, core: "Core") -> Any:
        """Do what `written_out` does, and warn of a node that takes too long."""
        core.to_time -= 1
        for at, step in enumerate(self.steps):
            began = perf_counter()
            result = step(payload)
            took_s = perf_counter() - began
            host = self.run[at]
            (host.timing or timing_of(host)).add(took_s)
            if took_s > SLOW_HANDLER_S:
                core.slow(host.node_id, took_s)
            if result is None:
                return _LEFT[at]
            if self.returns[at]:
                refuse_undeclared(host, result)
            payload = result
        return payload

    @staticmethod
    def _deliver(host: "NodeHost", envelope: Message) -> None:
        """Let what a handler sent leave, in order."""
        sent, host.pending = host.pending, []
        for port, payload in sent:
            port.sent += 1
            port.deliver(payload, envelope)

    def _failed(self, raised: BaseException, payload: Any, envelope: Message) -> None:
        """Let nothing leave of what a failed handler sent, and report it.

        Which node that was, and what it was given, is found in the frame that went through the run:
        so it costs nothing while all is well.
        """
        at = 0
        inner = raised.__traceback__ and raised.__traceback__.tb_next
        if inner is not None:
            at = inner.tb_frame.f_locals["at"]
            payload = inner.tb_frame.f_locals["payload"]
        error = failure_of(raised)
        if at and self.returns[at - 1]:  # whoever was given what it does not take is not at fault
            _, misfit = attempt(refuse_undeclared, self.run[at - 1], payload)
            if misfit is not None:
                at, error = at - 1, misfit
        self.exits[at] += 1
        host = self.run[at]
        host.running = 0
        host.take_back(host.pending)
        host.core.handling.failing.failed_plainly(host, payload, envelope, error)

    def _recover(self, count: int) -> None:
        """Note that the first `count` nodes have handled a payload well."""
        for host in self.run[:count]:
            host.condition.clear_fault(HANDLER_FAULT)


def node_in_run(frame: FrameType) -> str | None:
    """Return the id of the node whose step a frame is at, if it is one that goes through a run.

    A function that was made a node leaves no other trace on the stack.
    """
    given = frame.f_locals
    if isinstance(given.get("self"), Segment) and "at" in given:
        return str(given["self"].run[given["at"]].node_id)
    outer = frame.f_back
    if frame.f_code.co_filename == _WRITTEN_OUT and outer is not None and "at" in given:
        return str(outer.f_locals["run"][given["at"]].node_id)
    return None


def written_out(steps: Sequence[Step]) -> Step:
    """Return one function that takes a payload through all steps.

    It returns what comes out, or a `Left`.  In its frame `at` is the position it has come to and
    `payload` what the step there was given.
    """
    names: dict[str, Any] = {"left": _LEFT}
    for at, step in enumerate(steps):
        if isinstance(step, Routing):
            names |= {f"step{at}": step.handler, f"onward{at}": step.onward}
            names |= {f"astray{at}": step.astray}
        else:
            names[f"step{at}"] = step
    # What the interpreter learns of a place it keeps with the code: each run needs its own.
    code = _code("".join("r" if isinstance(step, Routing) else "." for step in steps)).replace()
    return FunctionType(code, names)


@functools.cache
def _code(kinds: str) -> CodeType:
    """Return the code for a run of routers (`r`) and other nodes (`.`)."""
    lines = ["def through(payload):"]
    for at, kind in enumerate(kinds):
        lines += [f" at = {at}", f" result = step{at}(payload)"]
        if kind == "r":
            lines += [f" if result is not onward{at}:", f"  astray{at}(result, payload)"]
            lines += [f"  return left[{at}]"]
        else:
            lines += [" if result is None:", f"  return left[{at}]", " payload = result"]
    lines.append(" return payload")
    module = compile("\n".join(lines), _WRITTEN_OUT, "exec")
    return next(part for part in module.co_consts if isinstance(part, CodeType))
