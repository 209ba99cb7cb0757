"""A trace as a test of the flow: what a message did once, it should do again."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from oppleo_flow.engine.traces import Trace, TraceStep
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import Graph, is_flow
from oppleo_flow.record import Record
from oppleo_flow.testing.notation import noted

_NEVER_THE_SAME = (datetime, UUID)


def as_test(trace: Trace, graph: Graph, name: str) -> str:
    """Return an item of `tests:`, to be pasted into the flow that the trace is of.

    It sends what the message began with, and expects what each node then received and which failed.
    What is another each time, moments and ids, is left out of what it expects.

    Raises:
        Refused: No test can bring it about: it was put into an input that no output leads to, or
            a flow's own output began it.
    """
    lines = [
        f"- name: {noted(name)}",
        f"  at: {noted(trace.began_at)}",
        "  do:",
        *(f"    - send: {{{output}: {payload}}}" for output, payload in _sent(trace, graph)),
        *_expected(trace),
    ]
    return "".join(f"{line}\n" for line in lines)


def _sent(trace: Trace, graph: Graph) -> Iterator[tuple[str, str]]:
    """Yield what begins the message, each with the output that it left, or might have left."""
    if not trace.steps:
        raise Refused("a trace without a step cannot be a test")
    first = trace.steps[0]
    if first.port is not None:
        yield _leads_to(first.node, first.port, graph), noted(_fields(first.payload))
    elif is_flow(first.node):
        raise Refused(f"{first.node}: the flow's own output began it, and no test can send by that")
    else:
        for port, payload in first.sent:
            yield f"{first.node}.{port}", noted(_fields(payload))


def _leads_to(node: str, port: str, graph: Graph) -> str:
    """Return an output from which a message comes to an input, and nowhere else if there is one."""
    wires = [w for w in graph.wires if (w.target_node, w.target_port) == (node, port)]
    outputs = [(w.source_node, w.source_port) for w in wires if w.source_node in graph.nodes]
    if not outputs:
        raise Refused(f"{node}.{port}: no output leads there, and a test sends by outputs only")
    leaving = [(w.source_node, w.source_port) for w in graph.wires]
    source, output = min(outputs, key=leaving.count)
    return f"{source}.{output}"


def _expected(trace: Trace) -> Iterator[str]:
    reached: dict[str, list[str]] = {}
    for step in trace.steps:
        if step.port is not None:
            wanted = noted(_fields(step.payload, without=_NEVER_THE_SAME))
            reached.setdefault(step.node, []).append(wanted)
    if reached:
        yield "    - expect:"
    for node, wants in reached.items():
        several = f"[{', '.join(wants)}]"
        yield f"        {node}: {wants[0] if len(wants) == 1 else several}"
    for step in trace.steps:
        if step.failure is not None:
            yield f"    - expect_error: {{{step.node}: {_failure(step)}}}"


def _failure(step: TraceStep) -> str:
    kind, _, text = (step.failure or "").partition(": ")
    return noted({"error": kind, "message": text})


def _fields(payload: Any, without: tuple[type, ...] = ()) -> Any:
    """Return a payload as a map of its type and fields; a plain value as it is."""
    if not is_dataclass(payload) or isinstance(payload, Record):
        return payload
    found = {one.name: getattr(payload, one.name) for one in fields(payload)}
    kept = {name: value for name, value in found.items() if not isinstance(value, without)}
    return {"type": type(payload).__name__, **kept}
