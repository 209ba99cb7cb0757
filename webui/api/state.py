"""A runtime's state as JSON: the whole of it, and what changed."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from pydantic_core import to_jsonable_python
from typing_extensions import TypedDict

import oppleo_flow
from oppleo_flow.engine.snapshot import LevelSnapshot, NodeSnapshot, RuntimeEvent, RuntimeSnapshot
from oppleo_flow.node_context import StatusLevel
from webui.answers import Moment, Plain
from webui.asides import EditorAnswer

_TEXT = 2000
_ITEMS = 200
_DEPTH = 12


class ValueAnswer(TypedDict):
    """A payload as plain data, and the name of its type; what is too long is cut."""

    type: str
    value: Plain


class LevelAnswer(ValueAnswer):
    """What an output holds; it is `fresh` while its node is free of faults and so is its source."""

    fresh: bool
    since: Moment


class SaidAnswer(TypedDict):
    """What a node says of itself."""

    level: StatusLevel
    text: str
    since: Moment


class OpenFaultAnswer(TypedDict):
    """An open fault."""

    code: str
    text: str
    since: Moment


class CountsAnswer(TypedDict):
    """Messages of a node since the start; `waiting` are in its inbox now, `spooled` on disk."""

    received: int
    sent: int
    failed: int
    dropped: int
    waiting: int
    spooled: int


class NodeAnswer(TypedDict):
    """A node; `made_safe` says why its output is at its safe level, null when it is not."""

    id: str
    type: str
    category: str
    status: SaidAnswer
    faults: list[OpenFaultAnswer]
    levels: dict[str, LevelAnswer]
    counts: CountsAnswer
    made_safe: str | None
    disabled: bool
    blocking: bool


class HappenedAnswer(ValueAnswer):
    """Something that happened at a node."""

    node: str
    at: Moment


class ChangeAnswer(TypedDict):
    """What became of some nodes, and what happened; `reasons` say why the flow is not ready.

    `editor` is null where nothing can be edited.
    """

    now: Moment
    ready: bool
    reasons: list[str]
    nodes: list[NodeAnswer]
    activity: list[HappenedAnswer]
    editor: EditorAnswer | None


class StateAnswer(ChangeAnswer):
    """The state of the whole flow."""

    version: str
    flow: str
    simulated: bool
    started_at: Moment


def reasons_not_ready(snapshot: RuntimeSnapshot) -> list[str]:
    """Return what keeps a runtime from being ready, a sentence per fault."""
    reasons = [
        f"node {node.id!r}: {fault.text}" for node in snapshot.nodes for fault in node.faults
    ]
    safe = [
        f"node {node.id!r}: at its safe level: {node.made_safe}"
        for node in snapshot.nodes
        if node.made_safe is not None
    ]
    waiting = [
        f"node {node.id!r}: has not started yet"
        for node in snapshot.nodes
        if not (node.started or node.disabled or node.faults)
    ]
    return [*snapshot.troubles, *reasons, *safe, *waiting] or ["the flow is starting"]


class StateEncoder:
    """Turns snapshots into JSON; a node that has not changed is not encoded again."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[NodeSnapshot, bytes]] = {}

    def whole(
        self,
        snapshot: RuntimeSnapshot,
        *,
        ready: bool,
        now: datetime,
        activity: Iterable[bytes],
        editor: EditorAnswer | None = None,
    ) -> bytes:
        """Return the whole state."""
        site = {
            "version": oppleo_flow.__version__,
            "flow": snapshot.flow,
            "simulated": snapshot.simulated,
            "started_at": snapshot.started_at,
        }
        change = self.change(
            snapshot, snapshot.nodes, ready=ready, now=now, activity=activity, editor=editor
        )
        return b"{%b,%b" % (as_json(site)[1:-1], change[1:])

    def change(
        self,
        snapshot: RuntimeSnapshot,
        changed: Sequence[NodeSnapshot],
        *,
        ready: bool,
        now: datetime,
        activity: Iterable[bytes],
        editor: EditorAnswer | None = None,
    ) -> bytes:
        """Return what became of the nodes in `changed`, and what happened."""
        reasons = [] if ready else reasons_not_ready(snapshot)
        return b'{"now":%b,"ready":%b,"reasons":%b,"nodes":[%b],"activity":[%b],"editor":%b}' % (
            as_json(now),
            as_json(ready),
            as_json(reasons),
            b",".join(map(self._node, changed)),
            b",".join(activity),
            as_json(editor),
        )

    def _node(self, node: NodeSnapshot) -> bytes:
        known = self._known.get(node.id)
        if known is not None and known[0] == node:
            return known[1]
        text = as_json(node_data(node))
        self._known[node.id] = (node, text)
        return text


def encode_event(event: RuntimeEvent) -> bytes:
    """Return something that happened as JSON."""
    return as_json({"node": event.node, "at": event.at, **value_data(event.value)})


def node_data(node: NodeSnapshot) -> dict[str, Any]:
    """Return a node as plain data."""
    return {
        "id": node.id,
        "type": node.type_name,
        "category": node.category,
        "status": {
            "level": node.status_level,
            "text": node.status_text,
            "since": node.status_since,
        },
        "faults": node.faults,
        "levels": {port: _level_data(level) for port, level in node.levels.items()},
        "counts": {
            "received": node.received,
            "sent": node.sent,
            "failed": node.failed,
            "dropped": node.dropped,
            "waiting": node.waiting,
            "spooled": node.spooled,
        },
        "made_safe": node.made_safe,
        "disabled": node.disabled,
        "blocking": node.blocking,
    }


def _level_data(level: LevelSnapshot) -> dict[str, Any]:
    return {**value_data(level.value), "fresh": level.fresh, "since": level.since}


def value_data(value: object) -> ValueAnswer:
    """Return a payload with the name of its type; what JSON cannot hold, such as NaN, is null.

    Drop-in nodes bring payloads of any kind, and none of them may take the page away.
    """
    try:
        plain = to_jsonable_python(
            value, bytes_mode="base64", inf_nan_mode="null", fallback=lambda _: None
        )
    except ValueError:  # a circle
        plain = None
    return {"type": type(value).__name__, "value": _cut(plain)}


def _cut(plain: Any, depth: int = 0) -> Any:
    """Return plain data with what is too long for a page cut, and its length told."""
    if isinstance(plain, str):
        return plain if len(plain) <= _TEXT else f"{plain[:_TEXT]}… ({len(plain)} characters)"
    if not isinstance(plain, list | dict):
        return plain
    if depth == _DEPTH:
        return f"… ({len(plain)} inside)"
    more = f"… ({len(plain)} in all)"
    if isinstance(plain, list):
        items = [_cut(item, depth + 1) for item in plain[:_ITEMS]]
        return items if len(plain) <= _ITEMS else [*items, more]
    some = {_cut(k): _cut(item, depth + 1) for k, item in islice(plain.items(), _ITEMS)}
    return some if len(plain) <= _ITEMS else {**some, "…": more}


def as_json(data: object) -> bytes:
    """Return plain data as JSON on one line."""
    return json.dumps(to_jsonable_python(data), separators=(",", ":")).encode("ascii")
