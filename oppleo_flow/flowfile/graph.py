"""A checked flow: what the checker makes of a file and the engine runs.

Everything is resolved: options validated, references bound to ports, secrets and variables in
place.  Immutable, and free of YAML but for the place each part came from.
"""

from collections.abc import Mapping
from dataclasses import field
from typing import Any, Final, Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, PortKind
from oppleo_flow.options import NodeConfig

InboxFull = Literal["drop-oldest", "drop-newest", "latest", "spool", "block"]
WhenBusyDo = Literal["queue", "restart", "drop", "parallel"]
Then = Literal["fault", "drop", "dead-letter", "stop-flow"]
FLOW: Final = "flow"
"""The id under which a flow's own ports are found."""


@immutable
class Place:
    """Where something stands in a flow file; line and column count from 1."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return `file:line:col`, which editors make clickable."""
        return f"{self.file}:{self.line}:{self.column}"


@immutable
class InboxPolicy:
    """How many messages wait in front of a node, and what happens to one too many.

    `disk_bytes` is how much may wait on disk, where `full` is `spool`.
    """

    size: int = 100
    full: InboxFull = "drop-oldest"
    disk_bytes: int = 50_000_000


@immutable
class OnError:
    """What follows a handler that raised.

    `retry` more tries, `backoff_min_s` doubling up to `backoff_max_s`, with jitter; then `then`:
    one of `Then`, or the name of an output port, which sends what `Node.failed` makes of the
    payload: by default the payload itself.
    """

    retry: int = 0
    backoff_min_s: float = 1.0
    backoff_max_s: float = 30.0
    then: str = "fault"


@immutable
class WhenBusy:
    """What a new message does while the node is busy with another.

    `per` is a field of the payload: then only messages with the same value count as another.
    `at_once` is how many are handled at the same time.
    """

    do: WhenBusyDo = "queue"
    per: str | None = None
    at_once: int = 1


@immutable
class GraphNode:
    """One node, ready to be built."""

    id: str
    spec: NodeSpec
    config: NodeConfig
    place: Place
    inbox: Mapping[str, InboxPolicy]
    on_error: OnError
    connections: tuple[str, ...] = ()
    durable: bool = False
    safe: str | None = None
    stale_after_s: float | None = None
    at_most: tuple[int, float] | None = None
    when_busy: WhenBusy = WhenBusy()
    disabled: bool = False
    doc: str = ""
    log_level: Literal["debug", "info", "warning", "error"] | None = None


@immutable
class GraphConnection:
    """One connection, ready to be opened."""

    name: str
    spec: ConnectionSpec
    config: NodeConfig
    simulate: bool
    place: Place


@immutable
class Wire:
    """One wire; `source_node` is `flow`, or `other/flow`, for a flow's own ports.

    These are `start`, `stop`, `errors` and `status`.
    """

    source_node: str
    source_port: str
    target_node: str
    target_port: str
    kind: PortKind
    durable: bool
    place: Place


@immutable
class MissingNode:
    """A node whose type is not there: it stands in the flow and does not run."""

    id: str
    type_name: str
    reason: str
    place: Place


@immutable
class GraphFlow:
    """One of the flows that run together.

    `prefix` goes before its ids: nothing in the main flow, `other/` in another.
    """

    prefix: str
    name: str
    doc: str
    file: str
    disabled: bool = False


@immutable
class GraphInstance:
    """An instance of a subflow, whose nodes stand in the graph like all others.

    `inputs` and `outputs` say for each port which ports inside it stands for: node and port.
    """

    id: str
    subflow: str
    doc: str
    place: Place
    disabled: bool
    inputs: Mapping[str, tuple[tuple[str, str], ...]]
    outputs: Mapping[str, tuple[tuple[str, str], ...]]


@immutable
class Graph:
    """All flows that run together, checked; `name`, `doc` and `file` are the main one's.

    The id of a node is bare in the main flow, `other/node` in another, and `instance.node` inside a
    subflow; connections are named likewise.  `missing` nodes have wires like the others; what
    builds on their levels is never fresh.
    """

    name: str
    doc: str
    file: str
    nodes: Mapping[str, GraphNode]
    connections: Mapping[str, GraphConnection]
    wires: tuple[Wire, ...]
    missing: Mapping[str, MissingNode] = field(default_factory=dict)
    flows: tuple[GraphFlow, ...] = ()
    instances: Mapping[str, GraphInstance] = field(default_factory=dict)

    def into(self, node: str) -> list[Wire]:
        """Return the wires that end at a node."""
        return [wire for wire in self.wires if wire.target_node == node]

    def outputs(self, node: str) -> Mapping[str, Any]:
        """Return the output ports of a node."""
        found = self.nodes[node]
        return found.spec.outputs_for(found.config)


def flow_of(node: str) -> str:
    """Return the prefix of the flow that an id belongs to: empty for the main flow."""
    return node[: node.rfind("/") + 1]


def is_flow(node: str) -> bool:
    """Return whether an id stands for a flow's own ports, not for a node."""
    return node == f"{flow_of(node)}{FLOW}"
