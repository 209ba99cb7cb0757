"""Ports of a checked flow by the names that people give them: `meter`, `session.started`."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final

from oppleo_flow.errors import ConfigError
from oppleo_flow.flowfile.case_payloads import PayloadCheck
from oppleo_flow.flowfile.cases import Filled
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import Graph, flow_of, is_flow
from oppleo_flow.flowfile.references import FLOW_OUTPUTS
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.suggest import hint

_IN: Final = "in"
_GIVEN: Final = "payload"


def output_named(graph: Graph, name: str) -> tuple[str, str]:
    """Return node and port of an output: of a node alone `out`, or its only one but `error`.

    Raises:
        ConfigError: There is no such output; the message says which there are.
    """
    node, port = _split(graph, name)
    outputs = list(FLOW_OUTPUTS) if is_flow(node) else list(graph.outputs(node))
    usual = [output for output in outputs if output != "error"]
    return node, _chosen(node, port, outputs, usual, "out", "output")


def input_named(graph: Graph, name: str) -> tuple[str, str]:
    """Return node and port of an input: of a node alone `in`, or its only one.

    Raises:
        ConfigError: There is no such input; the message says which there are.
    """
    node, port = _split(graph, name)
    inputs = [] if is_flow(node) else list(graph.nodes[node].spec.inputs)
    return node, _chosen(node, port, inputs, inputs, _IN, "input")


def payload_given(text: str, kind: Any, now: datetime) -> Any:
    """Return the payload of the type `kind` that a text means, written as in a flow's tests.

    Nothing is made up: every field that has no default is given, but for a moment, which is `now`.

    Raises:
        ConfigError: It is none of that type, or not all of one.
    """
    report = Report(_GIVEN, text.splitlines(), show_source=False)
    tree = parse(text, report)
    found = None
    if tree is not None:
        found = PayloadCheck(report, complete=True).given(kind, tree, f"the {_GIVEN}")
    errors = [finding.message for finding in report.findings() if finding.severity == "error"]
    if found is None or errors:
        raise ConfigError("; ".join(errors) or f"the {_GIVEN} is empty; give one")
    if isinstance(found, Filled):  # not with the values of the type's example
        return found.kind(**{**dict.fromkeys(found.moments, now), **found.values})
    return found.payload(now)


def _split(graph: Graph, name: str) -> tuple[str, str | None]:
    """Return the node and, if one is named, the port; the id of a node may have dots itself."""
    if _known(graph, name):
        return name, None
    node, dot, port = name.rpartition(".")
    if dot and _known(graph, node):
        return node, port
    nodes = [node.id for node in graph.nodes.values() if not node.disabled]
    wanted = node if dot else name
    raise ConfigError(f"there is no node {wanted!r}{hint(wanted, nodes, what='nodes')}")


def _known(graph: Graph, node: str) -> bool:
    if node in graph.nodes:
        return not graph.nodes[node].disabled
    return is_flow(node) and flow_of(node) in {"", *(flow.prefix for flow in graph.flows)}


def _chosen(
    node: str,
    port: str | None,
    ports: Sequence[str],
    usual: Iterable[str],
    first: str,
    what: str,
) -> str:
    if not ports:
        raise ConfigError(f"{node!r} has no {what}")
    if port is not None:
        if port not in ports:
            raise ConfigError(f"{node!r} has no {what} {port!r}{hint(port, ports, what='it has')}")
        return port
    candidates = list(usual)
    if first in candidates:
        return first
    if len(candidates) == 1:
        return candidates[0]
    choices = ", ".join(f"{node}.{one}" for one in candidates or ports)
    raise ConfigError(f"{node!r} has several {what}s; say which: {choices}")
