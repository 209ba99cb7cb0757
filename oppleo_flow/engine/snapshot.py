"""What a running flow looks like from outside: plain values, safe to keep and to compare."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, Literal, get_args

from oppleo_flow.immutable import immutable
from oppleo_flow.node_context import StatusLevel

EventKind = Literal["level", "status", "fault", "clear", "safe", "event"]
EVERY_KIND: Final[frozenset[EventKind]] = frozenset(get_args(EventKind))


@immutable
class FaultSnapshot:
    """An open fault of a node, and since when."""

    code: str
    text: str
    since: datetime


@immutable
class PastFault:
    """A fault of a node that is over: since when it was open, and until when."""

    code: str
    text: str
    since: datetime
    until: datetime


@immutable
class PastStatus:
    """What a node said of itself, from one moment to another."""

    level: StatusLevel
    text: str
    since: datetime
    until: datetime


@immutable
class LevelSnapshot:
    """The value that an output holds; `fresh` as the engine judges it, `since` when it was set."""

    value: object
    fresh: bool
    since: datetime


@immutable
class NodeSnapshot:
    """One node at one moment.

    `levels` has only the outputs that hold a value already; `made_safe` says why the output is at
    its safe level, None when it is not; the counts are of messages since the start, but `waiting`
    of those in the inbox now, and `spooled` of those on disk behind it. `past_faults` and
    `past_statuses` are the last few that are over, the oldest first. `timed` calls of handlers were
    timed, of many messages only some; they took `timed_s`, and `timed_within` says how many took at
    most each of `timing.UP_TO_S`, and how many there were in all; nothing, where none was.
    """

    id: str
    type_name: str
    category: str
    status_level: StatusLevel
    status_text: str
    status_since: datetime
    faults: tuple[FaultSnapshot, ...]
    levels: Mapping[str, LevelSnapshot]
    received: int
    sent: int
    failed: int
    dropped: int
    made_safe: str | None
    disabled: bool
    blocking: bool
    waiting: int = 0
    spooled: int = 0
    started: bool = True
    timed: int = 0
    timed_s: float = 0.0
    timed_within: tuple[int, ...] = ()
    past_faults: tuple[PastFault, ...] = ()
    past_statuses: tuple[PastStatus, ...] = ()


@immutable
class RuntimeSnapshot:
    """The whole runtime at one moment; the nodes in the order of the flow file.

    `troubles` are what is wrong with the runtime itself, such as a disk that takes no state.
    """

    flow: str
    simulated: bool
    started_at: datetime
    nodes: tuple[NodeSnapshot, ...]
    troubles: tuple[str, ...] = ()


@immutable
class RuntimeEvent:
    """Something that changed at a node.

    `value` is the payload of a `level` or an `event`, the text of the other kinds; `port` is empty
    where the kind has none.
    """

    kind: EventKind
    node: str
    port: str
    value: object
    at: datetime
