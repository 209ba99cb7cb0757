"""Flows while they are being checked: what is known of each part so far."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from oppleo_flow.flowfile.graph import InboxPolicy
from oppleo_flow.flowfile.node_options import ConnectionOptions, NodeOptions
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Text, Value, YamlMap
from oppleo_flow.node_spec import ConnectionSpec, NodeSpec, OutputSpec
from oppleo_flow.options import NodeConfig

if TYPE_CHECKING:
    from oppleo_flow.flowfile.subflows import InPort, SubflowDraft


@dataclass(slots=True)
class WireDraft:
    """One wire that a `from:` asks for; the source is None until it is resolved.

    `port` is the input that the file names, None when it names none.  `called` is the source as a
    message names it.  `through` is the input of a subflow that the wire comes in by.
    """

    port: str | None
    port_at: Mark
    ref: Scalar
    durable: bool = False
    source: tuple[str, OutputSpec] | None = None
    target_port: str | None = None
    called: str = ""
    through: "InPort | None" = None


@dataclass(slots=True)
class NodeDraft:
    """A node; `spec`, `config` and `options` are None when they are unknown or wrong.

    `id` is unique among all flows of a run, `home` has it under the name that the file gives it.
    `missing` says why there is no class for it, when it may stand in the flow all the same.
    """

    id: str
    key: Scalar
    body: YamlMap
    home: "Scope" = field(repr=False)
    spec: NodeSpec | None = None
    config: NodeConfig | None = None
    options: NodeOptions | None = None
    inbox: Mapping[str, InboxPolicy] = field(default_factory=dict)
    written: list[WireDraft] = field(default_factory=list)
    """The wires as the file has them; `wires` has one for each output that they come from."""
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
    def type_name(self) -> str:
        """Return the name of its type; empty where there is no such type."""
        return "" if self.spec is None else self.spec.type_name

    @property
    def enabled(self) -> bool:
        """Return whether the node will run."""
        return not self.home.off and (self.options is None or not self.options.disabled)

    @property
    def disabled_id(self) -> str:
        """Return what is disabled, so that this node does not run: it, or what it is inside of."""
        off = [scope for scope in (self.home, *self.home.outside()) if scope.off]
        if not off:
            return self.id
        outermost = off[-1].within
        return off[-1].prefix.removesuffix("/") if outermost is None else outermost.id

    def place_of(self, option: str) -> Mark:
        """Return where an option's value stands; the node's own place when it is not given."""
        value = self.body.get(option)
        return self.at if value is None else value.start


@dataclass(slots=True)
class InstanceDraft:
    """A node of the type `flow:name`: an instance of a subflow, whose nodes are `inside`."""

    id: str
    key: Scalar
    body: YamlMap
    home: "Scope" = field(repr=False)
    subflow: "SubflowDraft" = field(repr=False)
    inside: "Scope" = field(repr=False)
    doc: str = ""
    written: list[WireDraft] = field(default_factory=list)
    wires: list[WireDraft] = field(default_factory=list)

    @property
    def at(self) -> Mark:
        """Return where the instance's id stands."""
        return self.key.start

    @property
    def type_name(self) -> str:
        """Return its type as a flow has it."""
        return self.subflow.type_name

    @property
    def outputs(self) -> Mapping[str, tuple[tuple[str, OutputSpec], ...]]:
        """Return what each output stands for: nodes and outputs inside."""
        return self.inside.outputs

    def consumers(self, port: str) -> Iterator[tuple[str, str]]:
        """Yield the nodes, with their inputs, that an input leads to."""
        for part in self.inside.parts.values():
            for wire in part.written:
                if wire.through is None or wire.through.name != port or wire.target_port is None:
                    continue
                if isinstance(part, InstanceDraft):
                    yield from part.consumers(wire.target_port)
                else:
                    yield part.id, wire.target_port

    def place_of(self, option: str) -> Mark:
        """Return where an option's value stands; the instance's own place when it is not given."""
        value = self.body.get(option)
        return self.at if value is None else value.start


Part = NodeDraft | InstanceDraft


@dataclass(slots=True)
class ConnectionDraft:
    """A connection; `id` is unique among all flows of a run, `name` as its file has it."""

    id: str
    name: str
    key: Scalar
    body: YamlMap
    spec: ConnectionSpec | None = None
    config: NodeConfig | None = None
    options: ConnectionOptions | None = None
    used: bool = False
    may_be_used: bool = False
    """Some node uses a connection, and it cannot be known which."""
    running: bool = False
    """A node that will run uses it."""


@dataclass(slots=True, eq=False)
class Scope:
    """A flow, or one instance of a subflow: where the names in a text mean something.

    `connections` are those of the flow, within a subflow those of the flow that uses it.
    `all_nodes` is false when a line of `nodes` itself could not be read.  With `off` none of its
    nodes runs.  `within` is the instance that it is the inside of, `subflow` what that is made
    of; a flow has neither.
    """

    text: Text
    name: str = ""
    doc: str = ""
    parts: dict[str, Part] = field(default_factory=dict)
    connections: dict[str, ConnectionDraft] = field(default_factory=dict)
    variables: Value | None = None
    subflows: Value | None = None
    tests: Value | None = None
    disabled: Value | None = None
    all_nodes: bool = True
    all_connections: bool = True
    off: bool = False
    within: InstanceDraft | None = None
    subflow: "SubflowDraft | None" = None
    outputs: dict[str, tuple[tuple[str, OutputSpec], ...]] = field(default_factory=dict)
    """What each output of the subflow stands for: nodes and outputs inside."""

    @property
    def prefix(self) -> str:
        """Return what makes an id of this scope unique among all flows of a run."""
        return self.text.prefix

    @property
    def instances(self) -> dict[str, InstanceDraft]:
        """Return the instances of subflows that stand here."""
        return {name: p for name, p in self.parts.items() if isinstance(p, InstanceDraft)}

    def outside(self) -> Iterator["Scope"]:
        """Yield what this scope is inside of, the inner before the outer."""
        if self.within is not None:
            yield self.within.home
            yield from self.within.home.outside()

    def all_scopes(self) -> Iterator["Scope"]:
        """Yield this scope and the inside of every instance, the outer before the inner."""
        yield self
        for instance in self.instances.values():
            yield from instance.inside.all_scopes()

    def all_nodes_inside(self) -> Iterator[NodeDraft]:
        """Yield every node in the order of the file, those of an instance in its place."""
        for part in self.parts.values():
            if isinstance(part, NodeDraft):
                yield part
            else:
                yield from part.inside.all_nodes_inside()


@dataclass(slots=True)
class FlowDraft:
    """All flows that run together: the main one, and those that it refers to.

    `flows` has them by the name of their file, None for one that could not be read.  Nodes and
    connections are found by their ids.
    """

    main: Scope
    flows: dict[str, Scope | None] = field(default_factory=dict)
    main_file: str = ""
    """The name of the main flow's file, by which other flows know it."""
    siblings: Callable[[], Iterable[str]] = tuple
    """Returns the names of all flows that could be referred to."""
    nodes: dict[str, NodeDraft] = field(default_factory=dict)
    connections: dict[str, ConnectionDraft] = field(default_factory=dict)

    def no_flow(self, name: str) -> str:
        """Return what to say of a reference to a flow that is not there."""
        known = [one for one in self.siblings() if one != self.main_file]
        advice = hint(name, known, what="flows") or f"; add {name}.yaml beside this one"
        return f"there is no flow {name!r}{advice}"

    def add(self, scope: Scope) -> None:
        """Add the nodes and connections of one flow."""
        self.nodes |= {node.id: node for node in scope.all_nodes_inside()}
        self.connections |= {one.id: one for one in scope.connections.values()}

    @property
    def scopes(self) -> Iterator[Scope]:
        """Return every flow and the inside of every instance, the outer before the inner."""
        for flow in self.flows.values():
            if flow is not None:
                yield from flow.all_scopes()

    def dissolve(self) -> None:
        """Let go of all parts when nobody needs them any more.

        They know the scope that they stand in, so without this only the collector would free them,
        and what is built of the flow meanwhile would take its own room.
        """
        for scope in list(self.scopes):
            scope.parts.clear()
        self.main.parts.clear()

    def name_of(self, id_: str, seen_from: Scope) -> str:
        """Return how a text names a node or a connection by its id."""
        prefix = seen_from.prefix
        if prefix and id_.startswith(prefix):
            return id_[len(prefix) :]
        if "/" in id_ or "/" not in prefix:
            return id_
        return f"{self.main_file}/{id_}"
