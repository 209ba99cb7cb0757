"""`from:` in its three forms, and what each reference means."""

import re
from collections.abc import Mapping
from typing import Final

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.scalars import TRUTHS
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.node_spec import NodeSpec, OutputSpec
from oppleo_flow.payloads import Failure, Tick
from oppleo_flow.record import Record

FLOW: Final = "flow"
FLOW_OUTPUTS: Final[Mapping[str, OutputSpec]] = {
    "start": OutputSpec("start", Tick, "event"),
    "stop": OutputSpec("stop", Tick, "event"),
    "errors": OutputSpec("errors", Failure, "event"),
    "status": OutputSpec("status", Record, "event"),
}
_REFERENCE = re.compile(r"(?P<node>[A-Za-z0-9_-]+)(?:\.(?P<port>[A-Za-z0-9_-]+))?")
_ELSEWHERE = re.compile(r"(?:[\w-]+:)?[\w-]+/[\w.-]+")
_WIRE_KEYS: Final = ("ref", "durable")


class References:
    """Reads the references of every node of a flow and resolves both ends of each."""

    def __init__(self, flow: FlowDraft, report: Report) -> None:
        self._flow = flow
        self._report = report

    def resolve(self) -> None:
        """Fill in `wires` of every node."""
        for node in self._flow.nodes.values():
            value = node.body.get("from")
            if value is not None:
                self._read(value, node)
            for wire in node.wires:
                wire.source = self._source(wire.ref, node)
                wire.target_port = self._target(wire, node)

    # -- reading ---------------------------------------------------------------------------------

    def _read(self, value: Value, node: NodeDraft) -> None:
        if isinstance(value, YamlMap) and "ref" not in value.entries:
            for port, entry in value.entries.items():
                self._items(entry.value, node, port, entry.key.start)
        else:
            self._items(value, node, None, value.start)

    def _items(self, value: Value, node: NodeDraft, port: str | None, at: Mark) -> None:
        """Read what stands for one input: a reference, a list, or a map with `ref`."""
        match value:
            case YamlList():
                for item in value.items:
                    if isinstance(item, YamlList):
                        message = "a list within a list; write one list of references"
                        self._report.error("wrong-shape", item.start, message, node.id)
                        node.wires.append(_lost(port, at, item))
                    else:
                        self._items(item, node, port, at if port else item.start)
            case YamlMap():
                self._wire_map(value, node, port, at)
            case Scalar(unreadable=True):
                node.wires.append(WireDraft(port, at, value))
            case Scalar(empty=True):
                message = f"{port!r} names no source; write one or remove the line"
                self._report.error("unwired-input", at, message, node.id)
                node.wires.append(_lost(port, at, value))
            case Scalar():
                node.wires.append(WireDraft(port, at, value))

    def _wire_map(self, value: YamlMap, node: NodeDraft, port: str | None, at: Mark) -> None:
        for name, entry in value.entries.items():
            if name not in _WIRE_KEYS:
                advice = hint(name, _WIRE_KEYS, what="it has")
                message = f"{name!r} is not an option of a wire{advice}"
                self._report.error("unknown-option", entry.key.start, message, node.id)
        ref = value.get("ref")
        if not isinstance(ref, Scalar):
            if not value.incomplete:
                message = f"'ref' must be a reference such as meter.reading, got {kind_text(ref)}"
                self._report.error("missing-option", value.start, message, node.id)
            node.wires.append(_lost(port, at, value))
            return
        durable = value.get("durable")
        wire = WireDraft(port, at, ref)
        if isinstance(durable, Scalar) and durable.text.lower() in TRUTHS:
            wire.durable = TRUTHS[durable.text.lower()]
        elif durable is not None and not (isinstance(durable, Scalar) and durable.unreadable):
            message = f"'durable' must be on or off{got(durable)}"
            self._report.error("option-value", durable.start, message, node.id)
        if wire.durable and ref.text.startswith("flow."):
            message = f"{ref.text!r} cannot be durable: only what a node sends is kept; remove it"
            self._report.error("durable-source", ref.start, message, node.id)
        node.wires.append(wire)

    # -- the source ------------------------------------------------------------------------------

    def _source(self, ref: Scalar, node: NodeDraft) -> tuple[str, OutputSpec] | None:
        """Return the node and the output that a reference means; None when it means none."""
        if ref.unreadable:
            return None
        found = _REFERENCE.fullmatch(ref.text)
        if found is None or ref.secret:
            self._malformed(ref, node)
            return None
        name, port = found["node"], found["port"]
        if name == FLOW:
            return self._output(ref, node, FLOW, FLOW_OUTPUTS, port)
        producer = self._flow.nodes.get(name)
        if producer is None:
            self._unknown_node(ref, name, node)
            return None
        if producer.outputs is None:
            return None
        return self._output(ref, node, name, producer.outputs, port)

    def _malformed(self, ref: Scalar, node: NodeDraft) -> None:
        if _ELSEWHERE.fullmatch(ref.text):
            message = f"{ref.text!r} is in another flow, and wires end at their own for now"
            self._report.error("other-flow", ref.start, message, node.id)
        else:
            message = f"{ref.text!r} is no reference; write node or node.port"
            self._report.error("unknown-node", ref.start, message, node.id)

    def _unknown_node(self, ref: Scalar, name: str, node: NodeDraft) -> None:
        if not self._flow.all_nodes:
            return
        if name == "in":
            message = "'in' has ports only within a subflow; name a node"
        else:
            message = f"there is no node {name!r}{hint(name, self._flow.nodes, what='nodes')}"
        self._report.error("unknown-node", ref.start, message, node.id)

    def _output(
        self,
        ref: Scalar,
        node: NodeDraft,
        name: str,
        outputs: Mapping[str, OutputSpec],
        port: str | None,
    ) -> tuple[str, OutputSpec] | None:
        """Return one output of a node: the named one, `out`, or the only one but `error`."""
        usual = [output for output in outputs if output != "error"]
        if port is not None:
            if port in outputs:
                return name, outputs[port]
            advice = hint(port, usual, what="it has") or f"; it has only {name}.error"
            message = f"{name!r} has no output {port!r}{advice}"
            self._report.error("unknown-port", ref.start, message, node.id)
        elif "out" in outputs:
            return name, outputs["out"]
        elif len(usual) == 1:
            return name, outputs[usual[0]]
        elif usual:
            choices = ", ".join(f"{name}.{output}" for output in usual)
            message = f"{name!r} has {len(usual)} outputs; say which: {choices}"
            self._report.error("ambiguous-port", ref.start, message, node.id)
        else:
            message = f"{name!r} has no output; it has only {name}.error"
            self._report.error("unknown-port", ref.start, message, node.id)
        return None

    # -- the target ------------------------------------------------------------------------------

    def _target(self, wire: WireDraft, node: NodeDraft) -> str | None:
        """Return the input at which a wire ends: the named one, `in`, or the only one."""
        spec = node.spec
        if spec is None:
            return None
        if wire.port is None:
            return self._usual_input(wire, node, spec)
        if wire.port in spec.inputs:
            return wire.port
        advice = hint(wire.port, spec.inputs, what="it has")
        message = f"{spec.type_name} has no input {wire.port!r}{advice}"
        self._report.error("unknown-port", wire.port_at, message, node.id)
        return None

    def _usual_input(self, wire: WireDraft, node: NodeDraft, spec: NodeSpec) -> str | None:
        if "in" in spec.inputs:
            return "in"
        if len(spec.inputs) == 1:
            return next(iter(spec.inputs))
        at = node.place_of("from")
        if spec.inputs:
            choices = ", ".join(f"{port}: …" for port in spec.inputs)
            message = (
                f"{spec.type_name} has {len(spec.inputs)} inputs; say which: from: {{{choices}}}"
            )
            self._report.error("ambiguous-port", at, message, node.id)
        else:
            message = f"{spec.type_name} has no inputs; remove 'from'"
            self._report.error("unknown-port", at, message, node.id)
        return None


def _lost(port: str | None, at: Mark, value: Value) -> WireDraft:
    """Return a wire of which it has been said already that it means nothing."""
    return WireDraft(port, at, Scalar("", value.start, value.end, unreadable=True))
