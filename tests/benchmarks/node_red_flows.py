"""The peer's flows, as Node-RED's JSON."""

from collections.abc import Sequence
from typing import Any

Flow = list[dict[str, Any]]
_TAB = "tab"
_WORK = "const began = Date.now();\nwhile (Date.now() - began < 200) {}\nreturn null;"


def empty() -> Flow:
    """Return a flow with one empty tab."""
    return [_tab(_TAB)]


def answering(path: str, body: str) -> Flow:
    """Return what answers a path over HTTP with a text of JSON."""
    return [
        *empty(),
        _node("in", "http in", ["made"], url=path, method="get"),
        _step("made", "function", ["out"], body=f"msg.payload = {body};\nreturn msg;"),
        _node("out", "http response", []),
    ]


def chain(kinds: Sequence[str]) -> Flow:
    """Return source → a node of each kind → sink, with errors going to a node of their own."""
    names = [f"n{index}" for index in range(len(kinds))]
    wires = [*names[1:], "sink"]
    return [
        *empty(),
        _node("source", "bench-source", [names[0]]),
        *(_step(name, kind, [to]) for name, kind, to in zip(names, kinds, wires, strict=True)),
        _node("sink", "bench-sink", []),
        *_error_route(),
    ]


def fan_out(width: int) -> Flow:
    """Return source → a node → `width` nodes → sink."""
    names = [f"n{index}" for index in range(width)]
    return [
        *empty(),
        _node("source", "bench-source", ["first"]),
        _node("first", "bench-pass", names),
        *(_node(name, "bench-pass", ["sink"]) for name in names),
        _node("sink", "bench-sink", []),
        *_error_route(),
    ]


def thrown() -> Flow:
    """Return source → a function that throws, and what catches → sink."""
    return [
        *empty(),
        _node("source", "bench-source", ["n0"]),
        _step("n0", "function", [], body='throw new Error("boom");'),
        _node("errors", "catch", ["sink"], scope=None, uncaught=False),
        _node("sink", "bench-sink", []),
    ]


def lines(*, busy: bool) -> Flow:
    """Return line from a socket → three nodes → answer; `busy`: and 200 ms of work a second."""
    flow = [
        *empty(),
        _node("lines", "bench-lines", ["n0"]),
        _step("n0", "change", ["n1"]),
        _step("n1", "switch", ["n2"]),
        _step("n2", "function", ["lines"]),
    ]
    if not busy:
        return flow
    every_second: dict[str, Any] = {
        "repeat": "1",
        "once": True,
        "onceDelay": 0.1,
        "props": [],
        "crontab": "",
    }
    return [
        *flow,
        _node("tick", "inject", ["work"], **every_second),
        _step("work", "function", [], body=_WORK),
    ]


def many(count: int) -> Flow:
    """Return `count` nodes in chains of ten, a hundred on a tab."""
    flow: Flow = []
    for index in range(count):
        tab = f"tab{index // 100}"
        if index % 100 == 0:
            flow.append(_tab(tab))
        ends = index % 10 == 9 or index + 1 == count
        kind = ("change", "switch", "function")[index % 3]
        flow.append(_step(f"n{index}", kind, [] if ends else [f"n{index + 1}"], tab=tab))
    return flow


def _tab(name: str) -> dict[str, Any]:
    return {"id": name, "type": "tab", "label": name, "disabled": False, "info": ""}


def _node(
    name: str, kind: str, wires: Sequence[str], *, tab: str = _TAB, **settings: Any
) -> dict[str, Any]:
    """Return a node of one output; `settings` are those of its type."""
    place = {"id": name, "type": kind, "z": tab, "name": "", "x": 0, "y": 0}
    return {**place, "wires": [list(wires)], **settings}


def _error_route() -> Flow:
    """Return what takes the errors of all nodes."""
    return [
        _node("errors", "catch", ["trouble"], scope=None, uncaught=False),
        _node("trouble", "bench-pass", []),
    ]


def _step(
    name: str,
    kind: str,
    wires: Sequence[str],
    *,
    tab: str = _TAB,
    body: str = "msg.count = (msg.count || 0) + 1;\nreturn msg;",
) -> dict[str, Any]:
    """Return a `change`, `switch` or `function` node."""
    settings: dict[str, dict[str, Any]] = {
        "change": {"rules": [{"t": "set", "p": "step", "pt": "msg", "to": "1", "tot": "num"}]},
        "switch": {
            "property": "topic",
            "propertyType": "msg",
            "rules": [{"t": "eq", "v": "bench", "vt": "str"}],
            "checkall": "true",
            "repair": False,
            "outputs": 1,
        },
        "function": {"func": body, "outputs": 1, "timeout": 0, "initialize": "", "finalize": ""},
    }
    return _node(name, kind, wires, tab=tab, **settings[kind])
