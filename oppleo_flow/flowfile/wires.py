"""Whether every wire carries what its end takes, and every input that a node needs is wired."""

from collections.abc import Iterator
from typing import Any, TypeVar

from oppleo_flow.flowfile.draft import FlowDraft, InstanceDraft, NodeDraft, Part, Scope, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import closest
from oppleo_flow.flowfile.tree import YamlMap
from oppleo_flow.flowfile.wire_types import WireTypes, accepted, union
from oppleo_flow.node_spec import NodeSpec, fits, members, type_text

_MOST_CANDIDATES = 3


class WireCheck:
    """Checks all wires whose both ends are known."""

    def __init__(self, flow: FlowDraft, report: Report) -> None:
        self._flow = flow
        self._report = report
        self._types = WireTypes(flow)
        self._candidates: dict[tuple[str, Any], list[str]] = {}

    def check(self) -> None:
        """Report what is wrong with the wires of every node, and of every instance."""
        for scope in self._flow.scopes:
            for part in scope.parts.values():
                takes = _takes(part)
                if takes is None:
                    continue
                for wire in part.written:  # what comes into a subflow is what its input says
                    if wire.through is not None and wire.target_port in takes:
                        self._type(wire, wire.through.type, takes[wire.target_port], part)
                self._sources(part, takes)
                if isinstance(part, NodeDraft) and part.spec is not None:
                    self._unwired(part, part.spec)
                elif isinstance(part, InstanceDraft):
                    self._unfed(part)

    def _sources(self, part: Part, takes: dict[str, Any]) -> None:
        """Check the type of what comes from each source, and that none is wired twice."""
        seen: set[tuple[str, str, str]] = set()
        for wire in part.wires:
            if wire.source is None or wire.target_port not in takes:
                continue
            source, output = wire.source
            if wire.through is None:
                carried = self._types.carried(source, output)
                self._type(wire, carried, takes[wire.target_port], part)
            key = (source, output.name, wire.target_port)
            if key in seen:
                message = f"{wire.ref.text!r} is wired to the same input twice; remove one"
                self._report.error("duplicate-wire", wire.ref.start, message, part.id)
            seen.add(key)

    def _type(self, wire: WireDraft, carried: Any, wanted: Any, part: Part) -> None:
        if fits(carried, wanted):
            return
        message = (
            f"{wire.called!r} carries {type_text(carried)}, but the input {wire.target_port!r} "
            f"of {part.type_name} takes {type_text(wanted)}"
            f"{self._advice(wire, part.home, carried, wanted)}"
        )
        self._report.error("wire-type", wire.ref.start, message, part.id)

    def _advice(self, wire: WireDraft, scope: Scope, carried: Any, wanted: Any) -> str:
        wrong = [kind for kind in members(carried) if not fits(kind, wanted)]
        if len(wrong) < len(members(carried)):
            return f"; {type_text(union(wrong))} does not fit"
        name, _, port = wire.called.rpartition(".")
        others = [] if wire.through else self._outputs(scope.parts.get(name))
        better = [
            one for one, kinds in others if one != port and all(fits(k, wanted) for k in kinds)
        ]
        return f"; did you mean '{name}.{better[0]}'?" if better else "; wire another output"

    def _outputs(self, part: Part | None) -> Iterator[tuple[str, list[Any]]]:
        """Yield the known outputs of a node without `error`, each with the types it carries."""
        if isinstance(part, InstanceDraft):
            for name, sources in part.outputs.items():
                if sources:
                    yield name, [self._types.carried(*source) for source in sources]
        elif part is not None and part.outputs is not None:
            for output in part.outputs.values():
                if output.name != "error":
                    yield output.name, [self._types.carried(part.id, output)]

    def _unwired(self, node: NodeDraft, spec: NodeSpec) -> None:
        """Report the inputs that a node needs and no wire reaches."""
        reached = self._reached(node, [*spec.inputs])
        if reached is None:
            return
        for port in spec.inputs.values():
            if port.required and port.name not in reached:
                self._not_wired(node, port.name, accepted(port.type), len(spec.inputs))

    def _reached(self, part: Part, inputs: list[str]) -> set[str | None] | None:
        """Return the inputs that wires are meant to reach; None when that cannot be known."""
        section = part.body.get("from")
        if part.body.incomplete or (isinstance(section, YamlMap) and section.incomplete):
            return None
        reached = {wire.target_port for wire in part.written}
        for wire in part.written:
            if wire.target_port is None and wire.port is None:
                return None
            if wire.target_port is None and wire.port is not None:
                reached.add(closest(wire.port, inputs))
        return reached

    def _not_wired(self, part: Part, port: str, wanted: Any, inputs: int) -> None:
        what = f"the input {port!r}" if inputs > 1 else "its input"
        message = (
            f"{what} takes {type_text(wanted)} and is not wired"
            f"; {self._how_to_wire(part, port, wanted, inputs)}"
        )
        self._report.error("unwired-input", part.place_of("from"), message, part.id)

    def _how_to_wire(self, part: Part, port: str, wanted: Any, inputs: int) -> str:
        """Return how to wire an input, with the outputs beside it that would fit."""
        own = part.key.text
        found = [ref for ref in self._fitting(part.home, wanted) if ref.split(".")[0] != own]
        source = found[0] if len(found) == 1 else "…"
        named = inputs > 1 and port != "in"
        how = f"add '{port}: {source}' to 'from'" if named else f"add 'from: {source}'"
        fitting = 1 < len(found) <= _MOST_CANDIDATES
        return f"{how} ({' or '.join(found)} would fit)" if fitting else how

    def _fitting(self, scope: Scope, wanted: Any) -> list[str]:
        """Return all outputs of a scope that an input would take; none if it takes anything."""
        if wanted in (Any, object):
            return []
        key = (scope.prefix, wanted)
        if key not in self._candidates:
            inputs = {} if scope.subflow is None else scope.subflow.inputs
            self._candidates[key] = [
                *(f"in.{name}" for name, port in inputs.items() if fits(port.type, wanted)),
                *(
                    f"{name}.{output}"
                    for name, part in scope.parts.items()
                    if name != "in"
                    for output, kinds in self._outputs(part)
                    if all(not isinstance(kind, TypeVar) and fits(kind, wanted) for kind in kinds)
                ),
            ]
        return self._candidates[key]

    # -- what an instance needs ------------------------------------------------------------------

    def _unfed(self, instance: InstanceDraft) -> None:
        """Report the inputs of an instance that an input inside needs, and no wire reaches."""
        inputs = instance.subflow.inputs
        reached = self._reached(instance, [*inputs])
        if reached is None:
            return
        for ports in _hungry(instance.inside):
            if not ports & reached:
                port = next(name for name in inputs if name in ports)
                self._not_wired(instance, port, inputs[port].type, len(inputs))


def _hungry(scope: Scope) -> list[set[str | None]]:
    """Return, for each input inside that hangs on inputs of the subflow alone, on which."""
    needs: list[set[str | None]] = []
    for part in scope.parts.values():
        if isinstance(part, InstanceDraft):
            wanted: list[set[str | None]] = _hungry(part.inside)
        elif part.spec is None:
            continue
        else:
            wanted = [{port.name} for port in part.spec.inputs.values() if port.required]
        for ports in wanted:
            wires = [wire for wire in part.written if wire.target_port in ports]
            names: set[str | None] = {
                None if wire.through is None else wire.through.name for wire in wires
            }
            if names and None not in names:
                needs.append(names)
    return needs


def _takes(part: Part) -> dict[str, Any] | None:
    """Return what each input of a part takes; None when that is not known."""
    if isinstance(part, InstanceDraft):
        return {name: port.type for name, port in part.subflow.inputs.items()}
    if part.spec is None:
        return None
    return {name: accepted(port.type) for name, port in part.spec.inputs.items()}
