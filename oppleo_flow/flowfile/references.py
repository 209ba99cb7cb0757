"""What each reference means: which outputs of which nodes, in this flow or in another."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, TypeVar

from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.flowfile.draft import FlowDraft, InstanceDraft, NodeDraft, Part, Scope, WireDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.from_reading import FromReading
from oppleo_flow.flowfile.graph import FLOW, is_flow
from oppleo_flow.flowfile.subflows import InPort, OutPort
from oppleo_flow.flowfile.suggest import closest, hint
from oppleo_flow.flowfile.tree import Scalar
from oppleo_flow.immutable import immutable
from oppleo_flow.node_spec import OutputSpec
from oppleo_flow.payloads import Failure

_IN: Final = "in"
_Unknown = TypeVar("_Unknown")
FLOW_OUTPUTS: Final[Mapping[str, OutputSpec]] = {
    "start": OutputSpec("start", FlowStarted, "event"),
    "stop": OutputSpec("stop", FlowStopping, "event"),
    "errors": OutputSpec("errors", Failure, "event"),
    "status": OutputSpec("status", NodeChanged, "event"),
}
_REFERENCE = re.compile(
    r"(?:(?P<machine>[\w-]+):)?(?:(?P<flow>[\w-]+)/)?"
    r"(?P<node>[A-Za-z0-9_-]+)(?:\.(?P<port>[A-Za-z0-9_-]+))?"
)


@immutable
class _Source:
    """One output, by the id of its node; `durable` when the wire on the way to it is."""

    node: str
    output: OutputSpec
    durable: bool = False


@immutable
class _Found:
    """What a reference means; several outputs where an instance stands for what is inside it."""

    called: str
    sources: tuple[_Source, ...]
    through: InPort | None = None


@immutable
class _Asking:
    """A reference, where it stands, and who is told when it means nothing."""

    ref: Scalar
    scope: Scope
    who: str | None


class References:
    """Resolves both ends of every wire."""

    def __init__(self, flow: FlowDraft, report: Report) -> None:
        self._flow = flow
        self._report = report
        self._reading = FromReading(report)

    def resolve(self) -> None:
        """Fill in `written` and `wires` of every node and every instance."""
        for scope in self._flow.scopes:  # the outer first: what comes in must be known inside
            for part in scope.parts.values():
                part.written = list(self._reading.read(part))
                part.wires = [one for wire in part.written for one in self._expanded(wire, part)]
            if scope.subflow is not None:
                scope.outputs = {
                    name: tuple((one.node, one.output) for one in self._out(port, scope))
                    for name, port in scope.subflow.outputs.items()
                }

    def _expanded(self, wire: WireDraft, part: Part) -> list[WireDraft]:
        """Return a wire for each output that a reference means."""
        found = self._found(_Asking(wire.ref, part.home, part.id))
        wire.target_port = self._reading.target(wire, part)
        if found is None:
            return [wire]
        wire.called, wire.through = found.called, found.through
        if found.through is not None:
            found.through.used = True
        made = [
            replace(
                wire,
                source=(one.node, one.output),
                durable=wire.durable or one.durable,
            )
            for one in found.sources
        ]
        if any(one.durable and one.source and is_flow(one.source[0]) for one in made):
            message = (
                f"{wire.ref.text!r} cannot be durable: only what a node sends is kept; remove it"
            )
            self._report.error("durable-source", wire.ref.start, message, part.id)
        return made

    # -- the source ------------------------------------------------------------------------------

    def _found(self, asking: _Asking) -> _Found | None:
        """Return the outputs that a reference means; None when it means none."""
        ref = asking.ref
        if ref.unreadable:
            return None
        found = _REFERENCE.fullmatch(ref.text)
        if found is None or ref.secret:
            self._tell(
                asking, "unknown-node", f"{ref.text!r} is no reference; write node or node.port"
            )
            return None
        if found["machine"] is not None:
            message = f"{ref.text!r} is on another machine, and wires end at their own for now"
            self._tell(asking, "other-flow", message)
            return None
        name, port = found["node"], found["port"]
        if found["flow"] is not None:
            return self._in_flow(asking, found["flow"], name, port)
        return self._here(asking, asking.scope, name, port, name)

    def _in_flow(self, asking: _Asking, flow: str, name: str, port: str | None) -> _Found | None:
        """Return what a reference to a node of another flow means."""
        if asking.scope.subflow is not None:
            message = (
                f"{asking.ref.text!r} is outside of the subflow {asking.scope.subflow.name!r}; "
                f"add an input to it, and write {_IN}.…"
            )
            self._tell(asking, "other-flow", message)
            return None
        if flow not in self._flow.flows:
            self._tell(asking, "unknown-flow", self._flow.no_flow(flow))
            return None
        scope = self._flow.flows[flow]
        return None if scope is None else self._here(asking, scope, name, port, f"{flow}/{name}")

    def _here(
        self, asking: _Asking, scope: Scope, name: str, port: str | None, shown: str
    ) -> _Found | None:
        """Return what `name` and `name.port` mean in a scope."""
        if name == _IN:
            return self._comes_in(asking, scope, port)
        if name == FLOW:
            return self._of_flow(asking, scope, port, shown)
        part = scope.parts.get(name)
        if part is None:
            self._unknown_node(asking, scope, name)
            return None
        if isinstance(part, InstanceDraft):
            return self._of_instance(asking, part, port, shown)
        return self._of_node(asking, part, port, shown)

    def _of_node(
        self, asking: _Asking, node: NodeDraft, port: str | None, shown: str
    ) -> _Found | None:
        if node.missing is not None:  # what it would send counts as a level that is never fresh
            output = OutputSpec(port or "out", _Unknown, "level")
            return _Found(f"{shown}.{output.name}", (_Source(node.id, output),))
        if node.outputs is None:
            return None
        chosen = self._port(asking, shown, [*node.outputs], port)
        if chosen is None:
            return None
        return _Found(f"{shown}.{chosen}", (_Source(node.id, node.outputs[chosen]),))

    def _of_flow(
        self, asking: _Asking, scope: Scope, port: str | None, shown: str
    ) -> _Found | None:
        if scope.subflow is not None:
            message = "'flow' has no ports within a subflow; wire it to an input, outside"
            self._tell(asking, "unknown-node", message)
            return None
        chosen = self._port(asking, shown, [*FLOW_OUTPUTS], port)
        if chosen is None:
            return None
        source = _Source(f"{scope.prefix}{FLOW}", FLOW_OUTPUTS[chosen])
        return _Found(f"{shown}.{chosen}", (source,))

    def _of_instance(
        self, asking: _Asking, instance: InstanceDraft, port: str | None, shown: str
    ) -> _Found | None:
        outputs = instance.subflow.outputs
        if port is not None and port not in (*outputs, "error") and not instance.subflow.all_ports:
            return None
        chosen = self._port(asking, shown, [*outputs, "error"], port)
        if chosen is None:
            return None
        if chosen in outputs:
            return _Found(f"{shown}.{chosen}", self._out(outputs[chosen], instance.inside))
        errors = (
            _Source(node.id, node.outputs["error"])
            for node in instance.inside.all_nodes_inside()
            if node.outputs is not None
        )
        return _Found(f"{shown}.error", tuple(errors))

    def _out(self, port: OutPort, inside: Scope) -> tuple[_Source, ...]:
        """Return what an output of an instance stands for."""
        sources: list[_Source] = []
        for ref in port.refs:
            asking = _Asking(ref, inside, None)
            if ref.text.partition(".")[0] == _IN:
                message = f"the output {port.name!r} must come from a node inside, got {ref.text!r}"
                self._tell(asking, "unknown-node", f"{message}; wire the input itself, outside")
            elif (found := self._found(asking)) is not None:
                sources += found.sources
        return tuple(sources)

    def _comes_in(self, asking: _Asking, scope: Scope, port: str | None) -> _Found | None:
        """Return what comes in at an input of the subflow that a scope is the inside of."""
        if scope.subflow is None:
            message = f"{_IN!r} has ports only within a subflow; name a node"
            self._tell(asking, "unknown-node", message)
            return None
        inputs = scope.subflow.inputs
        if port is not None and port not in inputs and not scope.subflow.all_ports:
            return None
        chosen = self._port(asking, _IN, [*inputs], port, what="input")
        if chosen is None:
            if port is not None and (meant := closest(port, inputs)) is not None:
                inputs[meant].used = True
            return None
        if (alone := scope.parts.get(_IN)) is not None and isinstance(alone, NodeDraft):
            source = _Source(alone.id, (alone.outputs or {})[chosen])
            return _Found(f"{_IN}.{chosen}", (source,), inputs[chosen])
        wires = () if scope.within is None else scope.within.wires
        sources = tuple(
            _Source(*wire.source, durable=wire.durable)
            for wire in wires
            if wire.source is not None and wire.target_port == chosen
        )
        return _Found(f"{_IN}.{chosen}", sources, inputs[chosen])

    # -- what is wrong ---------------------------------------------------------------------------

    def _unknown_node(self, asking: _Asking, scope: Scope, name: str) -> None:
        if not scope.all_nodes:
            return
        known = [name for name in scope.parts if name != _IN]
        advice = hint(name, known, what="nodes")
        where = ""
        if scope.subflow is not None:
            where = f" in the subflow {scope.subflow.name!r}"
            if name in scope.subflow.inputs:
                advice = f"; write {_IN}.{name}"
            elif any(name in outer.parts for outer in scope.outside()):
                advice = f"; what is outside comes in by an input, as {_IN}.…"
        elif scope is not asking.scope:
            where = f" in the flow {asking.ref.text.partition('/')[0]!r}"
        self._tell(asking, "unknown-node", f"there is no node {name!r}{where}{advice}")

    def _port(
        self, asking: _Asking, name: str, outputs: list[str], port: str | None, what: str = "output"
    ) -> str | None:
        """Return one of some ports: the named one, `out`, or the only one but `error`."""
        usual = [output for output in outputs if output != "error"]
        if port is not None:
            if port in outputs:
                return port
            advice = hint(port, usual, what="it has") or (
                f"; it has only {name}.error" if what == "output" else ""
            )
            message = f"{name!r} has no {what} {port!r}{advice}"
            self._tell(asking, "unknown-port", message)
        elif "out" in outputs:
            return "out"
        elif len(usual) == 1:
            return usual[0]
        elif usual:
            choices = ", ".join(f"{name}.{output}" for output in usual)
            message = f"{name!r} has {len(usual)} {what}s; say which: {choices}"
            self._tell(asking, "ambiguous-port", message)
        else:
            only = f"; it has only {name}.error" if what == "output" else "; add it under in"
            self._tell(asking, "unknown-port", f"{name!r} has no {what}{only}")
        return None

    def _tell(self, asking: _Asking, code: str, message: str) -> None:
        self._report.error(code, asking.ref.start, message, asking.who)
