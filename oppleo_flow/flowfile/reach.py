"""What no message can ever reach, and what nobody listens to."""

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft
from oppleo_flow.flowfile.findings import Report

_MOST_NAMED = 3


def check_reach(flow: FlowDraft, report: Report) -> None:
    """Warn of nodes to which no source leads, and note the outputs that no wire leaves."""
    _unreachable(flow, report)
    _unused_outputs(flow, report)


def _unreachable(flow: FlowDraft, report: Report) -> None:
    """Warn once of each group of nodes that only feed each other: of the first that is cut off."""
    reached = _from([node.id for node in flow.nodes.values() if _begins(node, flow)], flow)
    cut_off = [n for n in flow.nodes.values() if n.id not in reached and n.enabled]
    named: set[str] = set()
    for node in cut_off:
        followers = _from([node.id], flow)
        before = {wire.source[0] for wire in node.wires if wire.source is not None}
        if node.id in named or any(other.id in before - followers for other in cut_off):
            continue
        behind = [n for n in cut_off if n.id in followers - named and n is not node]
        named |= followers
        disabled = [n.disabled_id for n in flow.nodes.values() if n.id in before and not n.enabled]
        called = [
            [flow.name_of(one, node.home) for one in dict.fromkeys(ids)]
            for ids in ([n.id for n in behind], disabled)
        ]
        message = f"nothing ever reaches it{_behind(called[0])}{_reason(called[1])}"
        report.warning("unreachable", node.place_of("from"), message, node.id)


def _begins(node: NodeDraft, flow: FlowDraft) -> bool:
    """Return whether something happens at a node by itself, or where what happens is not known."""
    if not node.enabled:
        return False
    if node.spec is None or not any(port.required for port in node.spec.inputs.values()):
        return True
    return not node.wires or any(
        w.source is None or w.source[0] not in flow.nodes for w in node.wires
    )


def _from(begin: list[str], flow: FlowDraft) -> set[str]:
    """Return some nodes and all enabled ones that wires lead to from there."""
    targets: dict[str, list[str]] = {}
    for node in flow.nodes.values():
        for wire in node.wires:
            if wire.source is not None and node.enabled:
                targets.setdefault(wire.source[0], []).append(node.id)
    found, waiting = set(begin), list(begin)
    while waiting:
        new = [name for name in targets.get(waiting.pop(), ()) if name not in found]
        found.update(new)
        waiting.extend(new)
    return found


def _behind(names: list[str]) -> str:
    if not names:
        return ""
    more = len(names) - _MOST_NAMED
    shown = [repr(name) for name in names[:_MOST_NAMED]]
    return f", nor {', '.join([*shown, *([f'{more} more'] if more > 0 else [])])}"


def _reason(disabled: list[str]) -> str:
    if not disabled:
        return ": its wires only lead in a circle; wire a source to it"
    are = "is" if len(disabled) == 1 else "are"
    return f": {' and '.join(map(repr, disabled))} {are} disabled; disable it, too, or wire another"


def _unused_outputs(flow: FlowDraft, report: Report) -> None:
    used = {
        (wire.source[0], wire.source[1].name)
        for node in flow.nodes.values()
        for wire in node.wires
        if wire.source is not None
    }
    for scope in flow.scopes:
        for instance in scope.instances.values():  # what it offers need not be taken
            used |= {(s[0], s[1].name) for given in instance.outputs.values() for s in given}
    if any(wire.source is None for node in flow.nodes.values() for wire in node.wires):
        return
    for node in flow.nodes.values():
        names = [n for n in node.outputs or () if n != "error" and (node.id, n) not in used]
        if names and node.enabled:
            own = node.key.text
            message = f"nothing is wired to {' and '.join(f'{own}.{name}' for name in names)}"
            report.info("unused-output", node.at, message, node.id)
