"""The timers of one node: calls that wait for their time, and then for the node's turn.

A handler is atomic with its timers too: those that it set are taken back when it raises, and those
that it took back wait again.  A single timer whose call fails rings again, later each time.
"""

import threading
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cache, partial
from types import CodeType
from typing import TYPE_CHECKING, Any, NamedTuple

from oppleo_flow.engine.inbox import Key
from oppleo_flow.engine.ports import Port
from oppleo_flow.engine.timers import TimerEntry
from oppleo_flow.message import Message
from oppleo_flow.node import Actuator, Node
from oppleo_flow.node_spec import OutputSpec

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

_TIMER_CALLS = frozenset({"after", "every", "cancel"})
_AGAIN_LAST_S = 60.0
_UNDOING = OutputSpec("undo", object, "event")


class Deed(NamedTuple):
    """What a handler did beside sending: what makes it stand, and what undoes it."""

    stand: Callable[[], object]
    undo: Callable[[], object]


class Undo(Port):
    """What a handler did beside sending goes, as a `Deed`, with what it sent.

    It stands when that leaves, and is undone when nothing leaves.
    """

    __slots__ = ()

    def __init__(self, host: "NodeHost") -> None:
        super().__init__(host, _UNDOING)
        self.deliver = _let_stand


def _let_stand(deed: Deed, envelope: Message) -> None:
    """Let what was done stand."""
    deed.stand()


def _nothing() -> None:
    """Do nothing: what was done stands already."""


class NamedTimer(NamedTuple):
    """A timer that waits to call the method of the node of that `name`."""

    name: str
    due: float
    cause: Message | None


class NodeTimer:
    """One call of a node; `name` is what a durable one is known by.

    `queued`: it is due and waits for its turn; `rung`: the call of a single one was made;
    `failures`: how often that has failed; `key` and `cause`: of the message which brought it about.
    """

    __slots__ = (
        "call",
        "cause",
        "due",
        "entry",
        "every_s",
        "failures",
        "key",
        "name",
        "queued",
        "rung",
        "timers",
    )

    def __init__(
        self, timers: "NodeTimers", call: Callable[[], object], due: float, every_s: float | None
    ) -> None:
        self.timers = timers
        self.call = call
        self.due = due
        self.every_s = every_s
        self.name: str | None = None
        self.entry: TimerEntry | None = None
        self.queued = False
        self.rung = False
        self.failures = 0
        self.key: Key = None
        self.cause: Message | None = None

    def cancel(self) -> None:
        """Take the call back, and all further ones.  Legal from any thread."""
        self.timers.cancel(self)


class NodeTimers:
    """Keeps the timers of one node.  `after`, `every` and `cancel` are legal from any thread."""

    __slots__ = ("_host", "_waiting", "undo")

    def __init__(self, host: "NodeHost") -> None:
        self._host = host
        self._waiting: set[NodeTimer] = set()
        self.undo = Undo(host)

    def after(
        self, seconds: float, call: Callable[[], object], cause: Message | None = None
    ) -> NodeTimer:
        """Have `call` run once, in `seconds`, because of the message in hand or of `cause`."""
        timer = NodeTimer(self, call, self._host.clock.monotonic() + seconds, None)
        cause = cause or _cause_in_hand(self._host)
        timer.cause = None if cause is None else cause.bare()
        if getattr(call, "__self__", None) is self._host.node:
            timer.name = getattr(call, "__name__", None)
        self._begin(timer)
        return timer

    def every(self, seconds: float, call: Callable[[], object]) -> NodeTimer:
        """Have `call` run every `seconds`; one that waits for its turn is not doubled."""
        timer = NodeTimer(self, call, self._host.clock.monotonic() + seconds, seconds)
        self._begin(timer)
        return timer

    def cancel(self, timer: NodeTimer) -> None:
        """Take a timer back, if it still waits."""
        if timer not in self._waiting:
            return
        self._take_back(timer)
        self._host.did(self.undo, Deed(_nothing, partial(self._restore, timer)))

    def cancel_all(self) -> None:
        """Take back every timer that waits."""
        for timer in list(self._waiting):
            self._take_back(timer)

    def named(self) -> tuple[NamedTimer, ...]:
        """Return the timers that wait for a method of the node, in the order of their names."""
        if not self._waiting:
            return ()
        waiting = list(self._waiting)
        named = [NamedTimer(t.name, t.due, t.cause) for t in waiting if t.name is not None]
        return tuple(sorted(named, key=lambda timer: timer[:2]))

    def rings_before(self, due: float, chains: Collection[int]) -> bool:
        """Return whether one that goes on with one of some chains is due by then."""
        return any(
            timer.cause is not None and timer.cause.trace_id in chains and timer.due <= due
            for timer in list(self._waiting)
        )

    def waits_for(self, key: Key) -> bool:
        """Return whether a call waits that a message with this key has set with `after`."""
        return any(self._is_of(timer, key) for timer in list(self._waiting))

    def cancel_those_of(self, key: Key) -> int:
        """Take back the calls that messages with a key have set with `after`; return how many."""
        theirs = [timer for timer in list(self._waiting) if self._is_of(timer, key)]
        for timer in theirs:
            self._take_back(timer)
        return len(theirs)

    @staticmethod
    def _is_of(timer: NodeTimer, key: Key) -> bool:
        return timer.every_s is None and timer.key is not None and timer.key == key

    def _begin(self, timer: NodeTimer) -> None:
        timer.key = _key_in_hand(self._host)
        self._waiting.add(timer)
        # Not before the handler has returned: it may raise yet, while others of the node run.
        self._host.did(self.undo, Deed(partial(self._wind, timer), partial(self._take_back, timer)))

    def _wind(self, timer: NodeTimer) -> None:
        if timer not in self._waiting:
            return
        self._wait(timer)

    def _wait(self, timer: NodeTimer) -> None:
        timer.entry = TimerEntry(timer.due, partial(self._due, timer))
        self._host.core.loop.timers.put(timer.entry)

    def _take_back(self, timer: NodeTimer) -> None:
        self._waiting.discard(timer)
        if timer.entry is not None:
            timer.entry.cancel()

    def _restore(self, timer: NodeTimer) -> None:
        """Let a timer wait again that a handler took back before it raised."""
        self._waiting.add(timer)
        if timer.every_s is not None or not timer.queued:
            self._wind(timer)

    def _due(self, timer: NodeTimer) -> None:
        """Let a timer wait for the node's turn.  In the loop."""
        if timer not in self._waiting:
            return
        if timer.every_s is not None:
            timer.due = max(timer.due + timer.every_s, self._host.clock.monotonic())
            self._wait(timer)
        if timer.queued:
            return
        timer.queued = True
        ring = partial(self._ring, timer)
        if timer.every_s is not None:
            self._host.accept_call(ring)
        else:
            self._host.accept_call(ring, partial(self._tried, timer), timer.key, timer.cause)

    def _ring(self, timer: NodeTimer) -> object:
        """Make the call, unless it was taken back meanwhile.  A handler of the node.

        A single one waits until now, not until it was due: until now it is part of the state.
        """
        timer.queued = False
        if timer not in self._waiting and not timer.rung:
            return None
        if timer.every_s is None:
            timer.rung = True  # one that fails and is tried again waits no more, and rings
            self._waiting.discard(timer)
        probe = self._host.core.probe
        return (timer.call if probe is None else probe.timer_of(self._host, timer.call))()

    def _tried(self, timer: NodeTimer, error: Exception | None) -> None:
        """Let a single timer ring again whose call failed, later each time: nobody else would."""
        if error is None:
            return
        timer.due = self._host.clock.monotonic() + min(2.0**timer.failures, _AGAIN_LAST_S)
        timer.failures += 1
        timer.rung = False
        self._waiting.add(timer)
        self._wind(timer)


def _key_in_hand(host: "NodeHost") -> Key:
    """Return the key of the message that this thread handles; None when it handles none."""
    if host.running != threading.get_ident() or host.in_hand is None:
        return None
    return host.in_hand.key


def _cause_in_hand(host: "NodeHost") -> Message | None:
    """Return the message because of which this thread runs a handler; None when there is none.

    A timer that no message has set begins something of its own each time.
    """
    if not host.started or host.running != threading.get_ident():
        return None
    envelope = host.envelope
    if envelope is None:
        return host.core.envelope  # one of a fused run
    from_message = host.in_hand is not None and host.in_hand.port is not None
    return envelope if from_message or envelope.id != envelope.trace_id else None


def kept(cause: Message | None) -> Mapping[str, Any] | None:
    """Return the cause of a timer as it stands in the state file."""
    if cause is None:
        return None
    return {
        "id": cause.id,
        "trace_id": cause.trace_id,
        "time": cause.time.isoformat(),
        "source": cause.source,
    }


def read_cause(kept: Mapping[str, Any] | None = None) -> Message | None:
    """Return the cause of a timer that was kept."""
    if kept is None:
        return None
    time_s = datetime.fromisoformat(kept["time"]).timestamp()
    return Message(None, kept["id"], kept["trace_id"], time_s, kept["source"])


@cache
def sets_timers(cls: Any) -> bool:
    """Return whether a handler of a node class may set a timer, or take one back.

    Told by the names in the code of its methods, so one too many may be suspected.  What `start`
    sets is not at stake: it is taken back as a whole.
    """
    methods = [
        method
        for base in cls.__mro__
        if base not in (Node, Actuator)
        for name, method in vars(base).items()
        if name != "start"
    ]
    codes = [code for m in methods if isinstance(code := getattr(m, "__code__", None), CodeType)]
    return any(_names(code) & _TIMER_CALLS for code in codes)


def _names(code: CodeType) -> set[str]:
    """Return the names that some code uses, and the functions inside it."""
    inner = (_names(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)
