"""A flow while it is being checked: what is known of each part so far."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oppleo_flow.flowfile.graph import InboxPolicy
from oppleo_flow.flowfile.node_options import ConnectionOptions, NodeOptions
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlMap
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, OutputSpec
from oppleo_flow.options import NodeConfig


@dataclass(slots=True)
class WireDraft:
    """One reference of a `from:`; the source is None until it is resolved.

    `port` is the input that the file names, None when it names none.
    """

    port: str | None
    port_at: Mark
    ref: Scalar
    durable: bool = False
    source: tuple[str, OutputSpec] | None = None
    target_port: str | None = None


@dataclass(slots=True)
class NodeDraft:
    """A node; `spec`, `config` and `options` are None when they are unknown or wrong.

    `missing` says why there is no class for it, when it may stand in the flow all the same.
    """

    id: str
    key: Scalar
    body: YamlMap
    spec: NodeSpec | None = None
    config: NodeConfig | None = None
    options: NodeOptions | None = None
    inbox: Mapping[str, InboxPolicy] = field(default_factory=dict)
    wires: list[WireDraft] = field(default_factory=list)
    connections: tuple[str, ...] = ()
    outputs: Mapping[str, OutputSpec] | None = None
    """All outputs; None when they cannot be known."""
    missing: str | None = None

    @property
    def at(self) -> Mark:
        """Return where the node's id stands."""
        return self.key.start

    @property
    def enabled(self) -> bool:
        """Return whether the node will run."""
        return self.options is None or not self.options.disabled

    def place_of(self, option: str) -> Mark:
        """Return where an option's value stands; the node's own place when it is not given."""
        value = self.body.get(option)
        return self.at if value is None else value.start


@dataclass(slots=True)
class ConnectionDraft:
    """A connection."""

    name: str
    key: Scalar
    body: YamlMap
    spec: ConnectionSpec | None = None
    config: NodeConfig | None = None
    options: ConnectionOptions | None = None
    used: bool = False


@dataclass(slots=True)
class FlowDraft:
    """A whole flow; `all_nodes` is false when a line of `nodes` itself could not be read."""

    name: str = ""
    doc: str = ""
    nodes: dict[str, NodeDraft] = field(default_factory=dict)
    connections: dict[str, ConnectionDraft] = field(default_factory=dict)
    variables: Value | None = None
    subflows: Value | None = None
    tests: Value | None = None
    all_nodes: bool = True
    all_connections: bool = True
