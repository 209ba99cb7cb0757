"""Connections that nodes name, and things that only one may hold: a pin, a bus address, a port."""

from collections.abc import Iterator, Sequence
from typing import Any

from oppleo_flow.flowfile.draft import ConnectionDraft, FlowDraft, NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_check import BROKEN_CODE
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, YamlMap
from oppleo_flow.node import Claim
from oppleo_flow.node_spec import refs


def check_connections(flow: FlowDraft, report: Report) -> None:
    """Check that what a node names is a connection of the kind it needs; fill in `connections`."""
    kinds: dict[type, dict[str, Any]] = {}
    for node in flow.nodes.values():
        if node.spec is None:
            _count_mentions(node, flow)
            continue
        config = node.spec.config
        if config not in kinds:
            kinds[config] = refs(config)
        names = [
            _connection(option, kind, node, flow, report) for option, kind in kinds[config].items()
        ]
        node.connections = tuple(dict.fromkeys(name for name in names if name is not None))
    for connection in flow.connections.values():
        if not connection.used:
            message = f"no node uses the connection {connection.name!r}; remove it"
            report.warning("unused-connection", connection.key.start, message, connection.name)


def _count_mentions(node: NodeDraft, flow: FlowDraft) -> None:
    """Count what a node of an unknown type mentions as used: which options name it is unknown."""
    for entry in node.body.entries.values():
        if isinstance(entry.value, Scalar) and entry.value.text in flow.connections:
            flow.connections[entry.value.text].used = True


def _connection(
    option: str, kind: Any, node: NodeDraft, flow: FlowDraft, report: Report
) -> str | None:
    """Return the connection that an option names."""
    name = _named(option, node)
    if name is None:
        return None
    at = node.place_of(option)
    connection = flow.connections.get(name)
    if connection is None:
        if flow.all_connections:
            advice = hint(name, flow.connections, what="connections") or "; add it"
            message = f"{option!r}: there is no connection {name!r}{advice}"
            report.error("unknown-connection", at, message, node.id)
        return None
    connection.used = True
    if connection.spec is not None and not is_a(connection.spec.cls, kind):
        message = (
            f"{option!r} needs a {_kind_name(kind)}, and {name!r} is a {connection.spec.type_name}"
            f"{_others(kind, flow)}"
        )
        report.error("connection-type", at, message, node.id)
    return name


def _named(option: str, node: NodeDraft) -> str | None:
    """Return the name that stands in an option, also when other options are wrong."""
    if node.config is not None:
        value = getattr(node.config, option)
        return None if value is None else str(value)
    written = node.body.get(option)
    if isinstance(written, Scalar) and not written.unreadable and not written.secret:
        return written.text
    return None


def is_a(cls: type, kind: Any) -> bool:
    """Return whether a connection class is what a node needs."""
    if not isinstance(kind, type):
        return True
    try:
        return issubclass(cls, kind)
    except TypeError:  # a protocol that is only followed by naming it as a base
        return kind in cls.__mro__


def _kind_name(kind: Any) -> str:
    return str(getattr(kind, "type_name", getattr(kind, "__name__", kind)))


def _others(kind: Any, flow: FlowDraft) -> str:
    found = [
        c.name for c in flow.connections.values() if c.spec is not None and is_a(c.spec.cls, kind)
    ]
    return f"; {' or '.join(map(repr, found))} would fit" if found else "; add a connection"


def check_claims(flow: FlowDraft, report: Report) -> None:
    """Report what two nodes, or two connections, claim for themselves."""
    held: dict[tuple[str, str], tuple[str, Mark]] = {}
    for name, part in _claimers(flow):
        for claim in _claims(name, part, report):
            key = (claim.within, claim.resource)
            place = _value_of(claim, part.body) or part.key.start
            if key not in held:
                held[key] = (name, place)
                continue
            holder, there = held[key]
            where = "here" if holder == name else f"by {holder!r} ({report.place(there)})"
            message = f"{claim.resource} is already used {where}; choose another"
            report.error("resource-claimed", place, message, name)


def _claimers(flow: FlowDraft) -> Iterator[tuple[str, NodeDraft | ConnectionDraft]]:
    """Yield what will run and may claim something."""
    for connection in flow.connections.values():
        yield connection.name, connection
    for node in flow.nodes.values():
        if node.enabled:
            yield node.id, node


def _claims(name: str, part: NodeDraft | ConnectionDraft, report: Report) -> Sequence[Claim]:
    if part.spec is None or part.config is None:
        return ()
    try:
        return tuple(part.spec.cls.claims(part.config))
    except (ValueError, *BROKEN_CODE) as error:
        message = (
            f"{part.spec.type_name} cannot tell what it claims: {type(error).__name__}: {error}; "
            "mend that node type"
        )
        report.error("node-file", part.key.start, message, name)
        return ()


def _value_of(claim: Claim, body: YamlMap) -> Mark | None:
    """Return the place of the one option whose value ends the claim's name, as 5 in `GPIO 5`."""
    found = [
        entry.value.start
        for entry in body.entries.values()
        if isinstance(entry.value, Scalar)
        and entry.value.text
        and f" {claim.resource}".endswith(f" {entry.value.text}")
    ]
    return found[0] if len(found) == 1 else None
