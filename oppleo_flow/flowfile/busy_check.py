"""Whether a node can do what its `when_busy` asks for."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import WhenBusy
from oppleo_flow.flowfile.node_options import parse_when_busy
from oppleo_flow.flowfile.wire_types import WireTypes
from oppleo_flow.node import Actuator
from oppleo_flow.node_spec import NodeSpec, members, type_text

_PLAIN: Final = (bool, int, float, str, bytes, Decimal, datetime)


def check_when_busy(flow: FlowDraft, report: Report) -> None:
    """Report every `when_busy` that its node cannot do."""
    for node in flow.nodes.values():
        if node.spec is None or node.options is None or node.options.when_busy == "queue":
            continue
        policy = parse_when_busy(node.options.when_busy)
        why = next(_objections(node, node.spec, policy, flow), None)
        if why is None and policy.per is not None:
            why = _no_such_field(node, policy.per, WireTypes(flow))
        if why is not None:
            report.error("when-busy", node.place_of("when_busy"), f"'when_busy' {why}", node.id)


def _objections(
    node: NodeDraft, spec: NodeSpec, policy: WhenBusy, flow: FlowDraft
) -> Iterator[str]:
    """Yield why a node cannot do it, the weightiest first."""
    wires = [wire for wire in node.wires if wire.source is not None]
    if policy.do == "parallel":
        yield from _no_parallel(node, spec, flow)
    elif any(wire.durable for wire in wires):
        yield f"{policy.do} gives messages up, and a durable wire gives none up; remove one of them"
    elif any(inbox.full == "spool" for inbox in node.inbox.values()):
        yield f"{policy.do} gives up what waits, and 'full: spool' keeps it; remove one of them"
    elif policy.do == "drop" and issubclass(spec.cls, Actuator):
        yield f"drop could keep {spec.type_name} from the last that it is told; use restart"
    elif wires and all(wire.source and wire.source[1].kind == "level" for wire in wires):
        yield f"{policy.do} is for events, and only levels are wired to it; remove 'when_busy'"


def _no_parallel(node: NodeDraft, spec: NodeSpec, flow: FlowDraft) -> Iterator[str]:
    if not spec.blocking:
        yield (
            f"parallel is for what waits, and {spec.type_name} never does; "
            "its messages are handled at once as it is"
        )
    elif issubclass(spec.cls, Actuator):
        yield f"parallel would lose the order in which {spec.type_name} is told what to do"
    elif not spec.cls.parallel:
        yield f"parallel: {spec.type_name} is not made for several messages at once; use queue"
    elif node.options is not None and node.options.keep == "durable":
        yield "parallel: handlers that run at once have no state in common; remove 'keep: durable'"
    for name in node.connections:
        link = flow.connections.get(name)
        if link is not None and link.spec is not None and not link.spec.cls.parallel:
            yield f"parallel: the connection {name!r} does one thing at a time; use queue"


def _no_such_field(node: NodeDraft, path: str, types: WireTypes) -> str | None:
    """Return that nothing which comes in has a field; None when something may have it."""
    first = path.partition(".")[0]
    carried: dict[Any, None] = {}
    for wire in node.wires:
        if wire.source is None:
            return None
        if wire.source[1].kind == "event":
            carried.update(dict.fromkeys(members(types.carried(*wire.source))))
    if not carried or any(_may_have(kind, first) for kind in carried):
        return None
    names = " and ".join(type_text(kind) for kind in carried)
    return f"per {path}: {names} {'has' if len(carried) == 1 else 'have'} no field {first!r}"


def _may_have(kind: Any, name: str) -> bool:
    """Return whether a payload may have a field; of what is no payload type of ours, who knows."""
    if isinstance(kind, type) and is_dataclass(kind):
        return name in {field.name for field in fields(kind)} or hasattr(kind, name)
    return kind not in _PLAIN
