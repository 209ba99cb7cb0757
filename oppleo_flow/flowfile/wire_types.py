"""What each wire carries, when type variables stand for what comes in.

A node such as `delay: T → T` carries what its inputs carry, which may come through other such
nodes, in any order and in a circle: types are handed on along the wires until nothing changes.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from functools import reduce
from operator import or_
from types import GenericAlias
from typing import Any, TypeVar, get_args, get_origin

from oppleo_flow.flowfile.draft import FlowDraft, WireDraft
from oppleo_flow.node_spec import OutputSpec, members

_DEEPEST = 3
_Bound = dict[tuple[str, TypeVar], dict[Any, None]]


class WireTypes:
    """Knows what every output of a flow carries."""

    def __init__(self, flow: FlowDraft) -> None:
        self._bound: _Bound = {}
        self._flow = flow
        wires = [
            (node.id, wire)
            for node in flow.nodes.values()
            for wire in node.wires
            if wire.source is not None and wire.target_port is not None
        ]
        leaving: dict[str, list[tuple[str, WireDraft]]] = {}
        for target, wire in wires:
            if wire.source is not None:
                leaving.setdefault(wire.source[0], []).append((target, wire))
        self._spread(wires, leaving)
        self._carried: dict[tuple[str, str], Any] = {}

    def carried(self, node: str, output: OutputSpec) -> Any:
        """Return what an output carries; a type variable that nothing binds stays one."""
        place = node, output.name
        if place not in self._carried:
            self._carried[place] = union(self._members(node, output.type))
        return self._carried[place]

    def _spread(
        self,
        wires: Iterable[tuple[str, WireDraft]],
        leaving: Mapping[str, list[tuple[str, WireDraft]]],
    ) -> None:
        waiting = deque(wires)
        while waiting:
            target, wire = waiting.popleft()
            if self._bind(target, wire):
                waiting.extend(leaving.get(target, ()))

    def _bind(self, target: str, wire: WireDraft) -> bool:
        """Bind the type variables of an input to what a wire carries; return whether it is new."""
        spec = self._flow.nodes[target].spec
        if spec is None or wire.source is None or wire.target_port is None:
            return False
        accepted = spec.inputs[wire.target_port].type
        if not _has_variable(accepted):
            return False
        new = False
        for carried in self._members(wire.source[0], wire.source[1].type):
            for one in members(accepted):
                new = self._match(target, one, carried) or new
        return new

    def _match(self, node: str, accepted: Any, carried: Any) -> bool:
        if isinstance(accepted, TypeVar):
            if isinstance(carried, TypeVar):
                return False
            bound = self._bound.setdefault((node, accepted), {})
            kind = Any if _depth(carried) > _DEEPEST else carried
            if kind in bound:
                return False
            bound[kind] = None
            return True
        if get_origin(accepted) is None or get_origin(accepted) is not get_origin(carried):
            return False
        new = False
        for one, other in zip(get_args(accepted), get_args(carried), strict=False):
            new = self._match(node, one, other) or new
        return new

    def _members(self, node: str, kind: Any) -> list[Any]:
        """Return what a declared type may be in this node, each member once."""
        found: dict[Any, None] = {}
        for one in members(kind):
            if isinstance(one, TypeVar):
                found |= dict.fromkeys(self._bound.get((node, one), {one: None}))
            elif _has_variable(one):
                inside = [union(self._members(node, argument)) for argument in get_args(one)]
                found[GenericAlias(get_origin(one), tuple(inside))] = None
            else:
                found[one] = None
        return list(found)


def accepted(kind: Any) -> Any:
    """Return what an input takes: the bound of a type variable that has one, else its type."""
    if isinstance(kind, TypeVar):
        return union(list(kind.__constraints__)) if kind.__constraints__ else kind.__bound__ or Any
    return kind


def union(kinds: list[Any]) -> Any:
    """Return the union of some types; `Any` swallows the others."""
    if Any in kinds or object in kinds:
        return Any
    return reduce(or_, kinds)


def _has_variable(kind: Any) -> bool:
    return isinstance(kind, TypeVar) or any(_has_variable(part) for part in get_args(kind))


def _depth(kind: Any) -> int:
    return 1 + max((_depth(part) for part in get_args(kind)), default=0)
