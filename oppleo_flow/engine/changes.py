"""What changes when another version of a flow is deployed: told before, and done after."""

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode, Wire
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Actuator

_TOLD_OTHERWISE = frozenset({"config", "disabled", "doc", "log_level", "place", "spec"})


@immutable
class Changes:
    """What a deploy does to what runs.

    `restarted` says why of each node; `rewired` nodes go on as they are, with other wires;
    `keep_level` are the outputs that keep their level all the while.  `reopened` connections are
    closed, and opened again if they are still there.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    restarted: Mapping[str, str]
    rewired: tuple[str, ...]
    keep_level: tuple[str, ...]
    reopened: tuple[str, ...]

    @property
    def any(self) -> bool:
        """Return whether anything changes."""
        return bool(self.leaving or self.coming or self.rewired or self.reopened)

    @property
    def leaving(self) -> frozenset[str]:
        """Return the nodes that stop."""
        return frozenset({*self.removed, *self.restarted})

    @property
    def coming(self) -> frozenset[str]:
        """Return the nodes that start."""
        return frozenset({*self.added, *self.restarted})


def compare(old: Graph, new: Graph) -> Changes:
    """Return what a deploy of `new` changes where `old` runs."""
    running, wanted = _running(old), _running(new)
    reopened = tuple(
        name
        for name, plan in old.connections.items()
        if not same_connection(plan, new.connections.get(name))
    )
    restarted = {
        node: why
        for node, plan in wanted.items()
        if node in running and (why := _why(running[node], plan, reopened))
    }
    before, after = _wires_into(old), _wires_into(new)
    return Changes(
        added=tuple(node for node in wanted if node not in running),
        removed=tuple(node for node in running if node not in wanted),
        restarted=restarted,
        rewired=tuple(
            node
            for node in wanted
            if node in running and node not in restarted and before.get(node) != after.get(node)
        ),
        keep_level=tuple(
            node
            for node, plan in wanted.items()
            if node in running and node not in restarted and issubclass(plan.spec.cls, Actuator)
        ),
        reopened=reopened,
    )


def new_level_wires(old: Graph, new: Graph) -> Iterator[Wire]:
    """Yield the wires of levels that were not there before."""
    before = {_ends(wire) for wire in old.wires}
    return (wire for wire in new.wires if wire.kind == "level" and _ends(wire) not in before)


def _running(graph: Graph) -> dict[str, GraphNode]:
    return {name: plan for name, plan in graph.nodes.items() if not plan.disabled}


def same_connection(old: GraphConnection, new: GraphConnection | None) -> bool:
    """Return whether a connection stays as it is, wherever it is written."""
    return new is not None and replace(old, place=new.place) == new


def _why(old: GraphNode, new: GraphNode, reopened: tuple[str, ...]) -> str | None:
    """Return why a node must restart; None when it need not."""
    if old is new:
        return None
    if old.spec.type_name != new.spec.type_name:
        return f"its type was {old.spec.type_name!r}"
    if old.spec.cls is not new.spec.cls:
        return "its code is new"
    options = [*_differing(old.config, new.config, type(new.config).model_fields)]
    options += _differing(old, new, [f.name for f in fields(new) if f.name not in _TOLD_OTHERWISE])
    if options:
        return f"other options: {', '.join(options)}"
    connection = next((name for name in new.connections if name in reopened), None)
    return None if connection is None else f"its connection {connection!r} changes"


def _differing(old: Any, new: Any, names: Any) -> list[str]:
    return [name for name in names if getattr(old, name) != getattr(new, name)]


def _wires_into(graph: Graph) -> dict[str, set[tuple[object, ...]]]:
    wires: dict[str, set[tuple[object, ...]]] = {}
    for wire in graph.wires:
        wires.setdefault(wire.target_node, set()).add(_ends(wire))
    return wires


def _ends(wire: Wire) -> tuple[object, ...]:
    """Return all of a wire but where it is written."""
    return (
        wire.source_node,
        wire.source_port,
        wire.target_node,
        wire.target_port,
        wire.kind,
        wire.durable,
    )
