"""What the words in a test of a flow name: nodes, outputs, and where messages come by."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_
from typing import Any

from oppleo_flow.flowfile.cases import Target
from oppleo_flow.flowfile.draft import FlowDraft, InstanceDraft, NodeDraft, Part, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import FLOW
from oppleo_flow.flowfile.references import FLOW_OUTPUTS
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.flowfile.wire_types import WireTypes
from oppleo_flow.node_spec import InputSpec, OutputSpec

_WHERE = "tests"
_IN, _OUT = "in", "out"
Found = tuple[Target, Any]
"""Where messages are looked for, and what they may be."""


class Names:
    """Finds what a word means in one flow; what it does not mean goes into the report."""

    def __init__(self, flow: FlowDraft, scope: Scope, report: Report) -> None:
        self._flow = flow
        self._scope = scope
        self._report = report
        self._types = WireTypes(flow)

    def words(self, value: Value, what: str) -> Iterator[tuple[Scalar, Value | None]]:
        """Yield the names in a step, keys or items or one word, each with what is said of it."""
        match value:
            case YamlMap():
                for entry in value.entries.values():
                    yield entry.key, entry.value
            case YamlList():
                for item in value.items:
                    if isinstance(item, Scalar):
                        yield item, None
                    else:
                        message = f"{what} here is a name, got {kind_text(item)}"
                        self._report.error("wrong-shape", item.start, message, _WHERE)
            case Scalar(empty=True):
                message = f"{what} is missing; name one"
                self._report.error("wrong-shape", value.start, message, _WHERE)
            case Scalar(unreadable=False):
                yield value, None

    def node(self, word: Scalar) -> NodeDraft | None:
        """Return the running node that a word names, its type known."""
        node, port = self._split(word, node=True)
        if node is not None and port is not None:
            self._no_node(word, word.text)
            return None
        return node

    def output(self, word: Scalar) -> tuple[NodeDraft, OutputSpec] | None:
        """Return the output that a word names: `node.port`, or the usual one of `node`."""
        node, port = self._split(word)
        if node is None or node.outputs is None:
            return None
        usual = [name for name in node.outputs if name != "error"]
        if port is not None:
            if port in node.outputs:
                return node, node.outputs[port]
            self._no_port(node, port, usual, word, "output")
            return None
        if "out" in usual or len(usual) == 1:
            return node, node.outputs["out" if "out" in usual else usual[0]]
        choices = ", ".join(f"{node.id}.{name}" for name in usual)
        message = (
            f"{node.id!r} has {len(usual)} outputs; say which: {choices}"
            if usual
            else f"{node.id!r} has no output; it has only {node.id}.error"
        )
        self._report.error("ambiguous-port", word.start, message, _WHERE)
        return None

    def entrance(self, word: Scalar) -> tuple[NodeDraft, InputSpec] | None:
        """Return the input that a word names, wired or not: `node.port`, or `in` of `node`."""
        node, port = self._split(word)
        if node is None or node.spec is None:
            return None
        found = node.spec.inputs.get(port or _IN)
        if found is None:
            self._no_port(node, port or _IN, node.spec.inputs, word, "input")
            return None
        return node, found

    def target(self, word: Scalar) -> Found | None:
        """Return where a word looks for messages, and what these may be."""
        name, _, output = word.text.rpartition(".")
        if name == FLOW or name.endswith(f"/{FLOW}"):
            return self._of_the_flow(word, name, output)
        node, port = self._split(word)
        if node is None or node.spec is None or node.outputs is None:
            return None
        if port is not None and port in node.outputs:
            kind = self._types.carried(node.id, node.outputs[port])
            return Target(node.id, port, "out"), kind
        if port is not None and port not in node.spec.inputs:
            known = [*(n for n in node.outputs if n != "error"), *node.spec.inputs]
            self._no_port(node, port, known, word, "port")
            return None
        return self._input(node, port, word)

    def carried(self, node: NodeDraft, output: OutputSpec) -> Any:
        """Return what leaves an output."""
        return self._types.carried(node.id, output)

    def _of_the_flow(self, word: Scalar, name: str, port: str) -> Found | None:
        scope = self._scope_of(name, word)
        if scope is None:
            return None
        if port in FLOW_OUTPUTS:
            return Target(f"{scope.prefix}{FLOW}", port, "out"), FLOW_OUTPUTS[port].type
        message = f"{name!r} has no output {port!r}{hint(port, FLOW_OUTPUTS, what='it has')}"
        self._report.error("unknown-port", word.start, message, _WHERE)
        return None

    def _input(self, node: NodeDraft, port: str | None, word: Scalar) -> Found | None:
        """Return an input, or all of a node, with what wires bring there."""
        kinds = [
            self._types.carried(*wire.source) if wire.source is not None else Any
            for wire in node.wires
            if wire.target_port is not None and port in (None, wire.target_port)
        ]
        if kinds:
            loose = any(kind in (Any, object) for kind in kinds)
            return Target(node.id, port, "in"), Any if loose else reduce(or_, kinds)
        outputs = [f"{node.id}.{name}" for name in node.outputs or () if name != "error"]
        advice = f"; name an output: {', '.join(outputs)}" if outputs and port is None else ""
        message = f"no wire leads to {word.text!r}, so nothing arrives there{advice}"
        self._report.error("nothing-arrives", word.start, message, _WHERE)
        return None

    def is_node(self, word: Scalar) -> bool:
        """Return whether a word names a node, not one of its ports; nothing is reported."""
        part, rest = self._walk(word.text, node=True)
        return isinstance(part, NodeDraft) and not rest

    def _split(self, word: Scalar, *, node: bool = False) -> tuple[NodeDraft | None, str | None]:
        """Return the node that a word begins with, and the port that follows.

        What an instance has both a port and a node of is the port, or with `node` the node.
        """
        scope = self._scope_of(word.text, word)
        if scope is None:
            return None, None
        part, rest = self._walk(word.text, node=node)
        if isinstance(part, InstanceDraft):
            return self._of_instance(part, rest, word)
        if part is not None:
            return self._alive(part, word), ".".join(rest) or None
        if rest[0] == _OUT and scope.subflow is not None:
            return self._behind(scope, rest[1:], word)
        self._no_node(word, rest[0], scope)
        return None, None

    def _walk(self, name: str, *, node: bool) -> tuple[Part | None, list[str]]:
        """Return the innermost part that a name leads to, and what is left of the name."""
        other, slash, own = name.rpartition("/")
        scope = self._flow.flows.get(other) if slash else self._scope
        first, *rest = own.split(".")
        part = None if scope is None else scope.parts.get(first)
        if part is None:
            return None, [first, *rest]
        while isinstance(part, InstanceDraft) and rest and rest[0] in part.inside.parts:
            ports = (*part.subflow.inputs, *part.subflow.outputs)
            if rest[0] in ports and len(rest) == 1 and not node:
                break
            part = part.inside.parts[rest.pop(0)]
        return part, rest

    def _scope_of(self, name: str, word: Scalar) -> Scope | None:
        """Return the flow that a name is in: this one, or the one named before a slash."""
        other, slash, _ = name.rpartition("/")
        if not slash:
            return self._scope
        if other not in self._flow.flows:
            self._report.error("unknown-flow", word.start, self._flow.no_flow(other), _WHERE)
        return self._flow.flows.get(other)

    def _of_instance(
        self, part: InstanceDraft, rest: list[str], word: Scalar
    ) -> tuple[NodeDraft | None, str | None]:
        """Return the node and port inside that a port of an instance stands for."""
        if rest and rest[0] in part.subflow.inputs:
            return self._only([*part.consumers(rest[0])], word)
        if rest and rest[0] in part.subflow.outputs:
            return self._behind(part.inside, rest, word)
        if rest:
            known = [*part.subflow.inputs, *part.subflow.outputs, *part.inside.parts]
            advice = hint(rest[0], known, what="it has")
            message = f"{part.id!r} has no port and no node {rest[0]!r}{advice}"
            self._report.error("unknown-port", word.start, message, _WHERE)
            return None, None
        inside = [f"{word.text}.{name}" for name in part.inside.parts]
        message = f"{word.text!r} is a subflow; name a port of it, or a node inside: "
        self._report.error("ambiguous-port", word.start, message + ", ".join(inside), _WHERE)
        return None, None

    def _behind(
        self, scope: Scope, rest: list[str], word: Scalar
    ) -> tuple[NodeDraft | None, str | None]:
        """Return the node and output that an output of a subflow stands for."""
        port = ".".join(rest)
        if port in scope.outputs:
            return self._only([(node, out.name) for node, out in scope.outputs[port]], word)
        known = scope.subflow.outputs if scope.subflow is not None else {}
        advice = hint(port, known, what="it has")
        name = word.text.removesuffix(f".{port}")
        message = f"{name!r} has no output {port!r}{advice}"
        self._report.error("unknown-port", word.start, message, _WHERE)
        return None, None

    def _only(
        self, ends: list[tuple[str, str]], word: Scalar
    ) -> tuple[NodeDraft | None, str | None]:
        """Return the one end that a port stands for; report that there are several, or none."""
        if len(ends) == 1:
            return self._alive(self._flow.nodes[ends[0][0]], word), ends[0][1]
        if ends:
            names = ", ".join(f"{node}.{port}" for node, port in ends)
            message = f"{word.text!r} stands for several ports; name one: {names}"
            self._report.error("ambiguous-port", word.start, message, _WHERE)
        return None, None

    def _alive(self, node: NodeDraft, word: Scalar) -> NodeDraft | None:
        if node.enabled:
            return node if node.spec is not None else None
        message = f"{node.id!r} is disabled, so a test of it says nothing; enable it"
        self._report.error("nothing-arrives", word.start, message, _WHERE)
        return None

    def _no_node(self, word: Scalar, name: str, scope: Scope | None = None) -> None:
        known = (scope or self._scope).parts
        if (scope or self._scope).all_nodes and not word.unreadable:
            message = f"there is no node {name!r}{hint(name, known, what='nodes')}"
            self._report.error("unknown-node", word.start, message, _WHERE)

    def _no_port(
        self, node: NodeDraft, port: str, known: Iterable[str], word: Scalar, what: str
    ) -> None:
        advice = hint(port, known, what="it has")
        message = f"{node.id!r} has no {what} {port!r}{advice}"
        self._report.error("unknown-port", word.start, message, _WHERE)
