"""Connections that nodes name, and things that only one may hold: a pin, a bus address, a port."""

from collections.abc import Iterator, Sequence
from typing import Any

from oppleo_flow.flowfile.draft import ConnectionDraft, FlowDraft, NodeDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import Place
from oppleo_flow.flowfile.option_check import BROKEN_CODE
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, YamlMap
from oppleo_flow.node import Claim, Ref
from oppleo_flow.node_spec import refs


def check_connections(flow: FlowDraft, report: Report) -> None:
    """Check that what a node names is a connection of the kind it needs; fill in `connections`."""
    wrong = _check_given(flow, report)
    for node in flow.nodes.values():
        if node.spec is None:
            _count_mentions(node, flow)
            continue
        found = {
            option: _connection(option, kind, node, flow, report)
            for option, kind in refs(node.spec.config).items()
            if not _is_wrong(option, node, wrong, report)
        }
        named = {option: one.id for option, one in found.items() if one is not None}
        node.connections = tuple(dict.fromkeys(named.values()))
        if node.config is not None and named:  # at run time there is one connection of each name
            exact: dict[str, Any] = {option: Ref(id_) for option, id_ in named.items()}
            node.config = node.config.model_copy(update=exact)
    for connection in flow.connections.values():
        if not (connection.used or connection.may_be_used):
            message = f"no node uses the connection {connection.name!r}; remove it"
            report.warning("unused-connection", connection.key.start, message, connection.id)


def _count_mentions(node: NodeDraft, flow: FlowDraft) -> None:
    """Count what a node of an unknown type mentions as used: which options name it is unknown."""
    for entry in node.body.entries.values():
        if isinstance(entry.value, Scalar):
            found = _find(entry.value.text, node.home, flow)
            if isinstance(found, ConnectionDraft):
                found.used = True


def _is_wrong(option: str, node: NodeDraft, wrong: set[Place], report: Report) -> bool:
    """Return whether an option has what was given to an instance in vain."""
    value = node.body.get(option)
    given = value.given if isinstance(value, Scalar) else None
    if given is None or report.place(given) not in wrong:
        return False
    _use_any(node)
    return True


def _find(name: str, home: Scope, flow: FlowDraft) -> ConnectionDraft | Scope | None:
    """Return a connection by the name that a text has for it.

    Where there is none, the flow that lacks it is returned; None where nothing can be said.
    """
    other, slash, rest = name.partition("/")
    if not slash:
        return home.connections.get(name) or (home if home.all_connections else None)
    scope = flow.flows.get(other)
    if scope is None:
        return None
    return scope.connections.get(rest) or (scope if scope.all_connections else None)


def _connection(
    option: str, kind: Any, node: NodeDraft, flow: FlowDraft, report: Report
) -> ConnectionDraft | None:
    """Return the connection that an option names."""
    name = _named(option, node)
    if name is None:
        return None
    at = node.place_of(option)
    misfit = _misfit(option, name, None, node.home, flow)
    connection = _find(name, node.home, flow)
    if misfit is not None:
        report.error(misfit[0], at, misfit[1], node.id)
    if not isinstance(connection, ConnectionDraft):
        return None
    connection.used = True
    connection.running = connection.running or node.enabled
    if connection.spec is not None and not is_a(connection.spec.cls, kind):
        message = (
            f"{option!r} needs a {_kind_name(kind)}, and {name!r} is a {connection.spec.type_name}"
            f"{_others(kind, node.home)}"
        )
        report.error("connection-type", at, message, node.id)
    return connection


def _unknown(option: str, name: str, scope: Scope) -> str:
    other, slash, rest = name.rpartition("/")
    where = f" in the flow {other!r}" if slash and scope.prefix in ("", f"{other}/") else ""
    advice = hint(rest, scope.connections, what="connections") or "; add it"
    return f"{option!r}: there is no connection {rest!r}{where}{advice}"


def _check_given(flow: FlowDraft, report: Report) -> set[Place]:
    """Check what instances give for connections; return where what they give cannot be used."""
    wrong: set[Place] = set()
    for scope in flow.scopes:
        for instance in scope.instances.values():
            for name, parameter in instance.subflow.parameters.items():
                given = instance.body.get(name)
                if parameter is None or parameter.kind != "connection":
                    continue
                if not isinstance(given, Scalar) or given.unreadable or given.given is not None:
                    continue
                misfit = _misfit(name, given.text, parameter.connection_type, scope, flow)
                if misfit is not None:
                    report.error(misfit[0], given.start, misfit[1], instance.id)
                    wrong.add(report.place(given.start))
    return wrong


def _misfit(
    option: str, name: str, wanted: str | None, scope: Scope, flow: FlowDraft
) -> tuple[str, str] | None:
    """Return code and message of what is wrong with a connection that is given; None if nothing."""
    other, slash, _ = name.partition("/")
    if slash and other not in flow.flows:
        return "unknown-flow", f"{option!r}: {flow.no_flow(other)}"
    found = _find(name, scope, flow)
    if isinstance(found, Scope):
        return "unknown-connection", _unknown(option, name, found)
    if found is None or found.spec is None or wanted in (None, _type(found)):
        return None
    fit = [one.name for one in scope.connections.values() if _type(one) == wanted]
    advice = f"{' or '.join(map(repr, fit))} would fit" if fit else "add a connection"
    message = f"{option!r} needs a {wanted}, and {name!r} is a {_type(found)}; {advice}"
    return "connection-type", message


def _type(connection: ConnectionDraft) -> str:
    return "" if connection.spec is None else connection.spec.type_name


def _named(option: str, node: NodeDraft) -> str | None:
    """Return the name that stands in an option, also when other options are wrong."""
    if node.config is not None:
        value = getattr(node.config, option)
        return None if value is None else str(value)
    written = node.body.get(option)
    if written is None and node.spec is not None:
        default = node.spec.config.model_fields[option].default
        return default if isinstance(default, str) else None
    if isinstance(written, Scalar) and not written.unreadable and not written.secret:
        return written.text
    _use_any(node)
    return None


def _use_any(node: NodeDraft) -> None:
    """Note that a node uses a connection, and that it cannot be known which."""
    for connection in node.home.connections.values():
        connection.may_be_used = True


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


def _others(kind: Any, home: Scope) -> str:
    found = [
        c.name for c in home.connections.values() if c.spec is not None and is_a(c.spec.cls, kind)
    ]
    return f"; {' or '.join(map(repr, found))} would fit" if found else "; add a connection"


def check_claims(flow: FlowDraft, report: Report) -> None:
    """Report what two nodes, or two connections, claim for themselves."""
    held: dict[tuple[str, str], tuple[str, Mark, str]] = {}
    for part, home in _claimers(flow):
        for claim in _claims(part, report):
            key = (claim.within, claim.resource)
            place = value_of(claim, part.body) or part.key.start
            if key not in held:
                held[key] = (part.id, place, claim.part_of)
                continue
            holder, there, bus = held[key]
            if bus and bus == claim.part_of:
                continue
            seen_from = _scope_at(place, home)
            own = part.id.removeprefix(seen_from.prefix)
            what = f"{claim.resource}, of {own!r}," if "." in own else claim.resource
            who = flow.name_of(holder, seen_from)
            where = "here" if holder == part.id else f"by {who!r} ({report.place(there)})"
            remedy = "choose another"
            if holder != part.id and report.place(there) == report.place(place):
                remedy = "make it a parameter of the subflow"
            message = f"{what} is already used {where}; {remedy}"
            report.error("resource-claimed", place, message, seen_from.prefix + own.split(".")[0])


def _scope_at(place: Mark, home: Scope) -> Scope:
    """Return the scope in whose text a claimed value stands: a parameter's stands outside."""
    while place.text is not home.text and home.within is not None:
        home = home.within.home
    return home


def _claimers(flow: FlowDraft) -> Iterator[tuple[NodeDraft | ConnectionDraft, Scope]]:
    """Yield what will run and may claim something."""
    for scope in filter(None, flow.flows.values()):
        for connection in scope.connections.values():
            if connection.running or not scope.off:
                yield connection, scope
    for node in flow.nodes.values():
        if node.enabled:
            yield node, node.home


def _claims(part: NodeDraft | ConnectionDraft, report: Report) -> Sequence[Claim]:
    if part.spec is None or part.config is None:
        return ()
    try:
        return tuple(part.spec.cls.claims(part.config))
    except (ValueError, *BROKEN_CODE) as error:
        message = (
            f"{part.spec.type_name} cannot tell what it claims: {type(error).__name__}: {error}; "
            "mend that node type"
        )
        report.error("node-file", part.key.start, message, part.id)
        return ()


def value_of(claim: Claim, body: YamlMap) -> Mark | None:
    """Return the place of the one option whose value ends the claim's name, as 5 in `GPIO 5`."""
    found = [
        entry.value.given or entry.value.start
        for entry in body.entries.values()
        if isinstance(entry.value, Scalar)
        and entry.value.text
        and f" {claim.resource}".endswith(f" {entry.value.text}")
    ]
    return found[0] if len(found) == 1 else None
