"""Whether every wire carries what its end takes, and every input that a node needs is wired."""

from collections.abc import Iterator
from typing import Any, TypeVar

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import closest
from oppleo_flow.flowfile.tree import YamlMap
from oppleo_flow.flowfile.wire_types import WireTypes, accepted, union
from oppleo_flow.node_spec import InputSpec, NodeSpec, OutputSpec, fits, members, type_text

_MOST_CANDIDATES = 3


class WireCheck:
    """Checks all wires of one flow whose both ends are known."""

    def __init__(self, flow: FlowDraft, report: Report) -> None:
        self._flow = flow
        self._report = report
        self._types = WireTypes(flow)
        self._candidates: dict[Any, list[str]] = {}

    def check(self) -> None:
        """Report what is wrong with the wires of every node."""
        for node in self._flow.nodes.values():
            if node.spec is None:
                continue
            seen: set[tuple[str, str, str]] = set()
            for wire in node.wires:
                if wire.source is None or wire.target_port is None:
                    continue
                source, output = wire.source
                self._type(wire, source, output, node.spec.inputs[wire.target_port], node)
                key = (source, output.name, wire.target_port)
                if key in seen:
                    message = f"{wire.ref.text!r} is wired to the same input twice; remove one"
                    self._report.error("duplicate-wire", wire.ref.start, message, node.id)
                seen.add(key)
            self._unwired(node, node.spec)

    def _type(
        self, wire: WireDraft, source: str, output: OutputSpec, port: InputSpec, node: NodeDraft
    ) -> None:
        carried = self._types.carried(source, output)
        wanted = accepted(port.type)
        if fits(carried, wanted) or node.spec is None:
            return
        message = (
            f"'{source}.{output.name}' carries {type_text(carried)}, but the input {port.name!r} "
            f"of {node.spec.type_name} takes {type_text(wanted)}"
            f"{self._advice(source, output, carried, wanted)}"
        )
        self._report.error("wire-type", wire.ref.start, message, node.id)

    def _advice(self, source: str, output: OutputSpec, carried: Any, wanted: Any) -> str:
        wrong = [kind for kind in members(carried) if not fits(kind, wanted)]
        if len(wrong) < len(members(carried)):
            return f"; {type_text(union(wrong))} does not fit"
        others = [o for o in self._outputs(source) if o is not output]
        better = [o.name for o in others if fits(self._types.carried(source, o), wanted)]
        return f"; did you mean '{source}.{better[0]}'?" if better else "; wire another output"

    def _outputs(self, node: str) -> Iterator[OutputSpec]:
        """Yield the outputs of a node that are known, without `error`."""
        draft = self._flow.nodes.get(node)
        if draft is not None and draft.outputs is not None:
            yield from (output for output in draft.outputs.values() if output.name != "error")

    def _unwired(self, node: NodeDraft, spec: NodeSpec) -> None:
        """Report the inputs that a node needs and no wire reaches."""
        section = node.body.get("from")
        if node.body.incomplete or (isinstance(section, YamlMap) and section.incomplete):
            return
        reached = {wire.target_port for wire in node.wires}
        for wire in node.wires:
            if wire.target_port is None and wire.port is None:
                return
            if wire.target_port is None and wire.port is not None:
                reached.add(closest(wire.port, spec.inputs))
        for port in spec.inputs.values():
            if port.required and port.name not in reached:
                what = f"the input {port.name!r}" if len(spec.inputs) > 1 else "its input"
                message = (
                    f"{what} takes {type_text(accepted(port.type))} and is not wired"
                    f"; {self._how_to_wire(node, spec, port)}"
                )
                self._report.error("unwired-input", node.place_of("from"), message, node.id)

    def _how_to_wire(self, node: NodeDraft, spec: NodeSpec, port: InputSpec) -> str:
        """Return how to wire an input, with the outputs of this flow that would fit."""
        found = [ref for ref in self._fitting(port) if ref.split(".")[0] != node.id]
        source = found[0] if len(found) == 1 else "…"
        named = len(spec.inputs) > 1 and port.name != "in"
        how = f"add '{port.name}: {source}' to 'from'" if named else f"add 'from: {source}'"
        fitting = 1 < len(found) <= _MOST_CANDIDATES
        return f"{how} ({' or '.join(found)} would fit)" if fitting else how

    def _fitting(self, port: InputSpec) -> list[str]:
        """Return all outputs of the flow that an input would take; none if it takes anything."""
        wanted = accepted(port.type)
        if wanted in (Any, object):
            return []
        if wanted not in self._candidates:
            self._candidates[wanted] = [
                f"{name}.{output.name}"
                for name in self._flow.nodes
                for output in self._outputs(name)
                if self._clearly_fits(name, output, wanted)
            ]
        return self._candidates[wanted]

    def _clearly_fits(self, node: str, output: OutputSpec, wanted: Any) -> bool:
        carried = self._types.carried(node, output)
        return not isinstance(carried, TypeVar) and fits(carried, wanted)
