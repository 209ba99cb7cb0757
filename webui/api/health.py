"""What machines watch: alive, ready, and the counters as Prometheus reads them."""

from collections.abc import Callable, Iterator
from typing import Any

from bottle import response

from oppleo_flow.engine.snapshot import NodeSnapshot, RuntimeSnapshot
from webui.api.state import reasons_not_ready
from webui.feed import Feed
from webui.ports import Runtime
from webui.problem import problem

_PER_NODE: tuple[tuple[str, str, str, Callable[[NodeSnapshot], int]], ...] = (
    ("received_total", "counter", "Messages that came in.", lambda node: node.received),
    ("sent_total", "counter", "Messages that went out.", lambda node: node.sent),
    ("failed_total", "counter", "Messages whose handler failed.", lambda node: node.failed),
    ("dropped_total", "counter", "Messages that found the inbox full.", lambda node: node.dropped),
    ("inbox_messages", "gauge", "Messages that wait in the inbox.", lambda node: node.waiting),
    ("spool_messages", "gauge", "Messages that wait on disk behind it.", lambda n: n.spooled),
    ("faults", "gauge", "Open faults.", lambda node: len(node.faults)),
    (
        "made_safe",
        "gauge",
        "1 while the output is held at its safe level.",
        lambda node: int(node.made_safe is not None),
    ),
)
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


class Health:
    """The routes of `/live`, `/ready` and `/metrics`."""

    def __init__(self, runtime: Runtime, feed: Feed) -> None:
        self._runtime = runtime
        self._feed = feed

    def live(self) -> dict[str, Any]:
        """Answer `GET /live`: whoever can answer is alive."""
        return {"live": True}

    def ready(self) -> dict[str, Any]:
        """Answer `GET /ready`: 503 with the reasons until every node runs without a fault."""
        if not self._runtime.ready:
            reasons = reasons_not_ready(self._runtime.snapshot())
            raise problem(503, "not-ready", "; ".join(reasons), reasons=reasons)
        return {"ready": True}

    def metrics(self) -> str:
        """Answer `GET /metrics` in Prometheus' text format, version 0.0.4."""
        response.content_type = "text/plain; version=0.0.4; charset=utf-8"
        snapshot, ready = self._runtime.snapshot(), self._runtime.ready
        return "".join(f"{line}\n" for line in _metrics(snapshot, ready, self._feed.streams))


def _metrics(snapshot: RuntimeSnapshot, ready: bool, streams: int) -> Iterator[str]:
    flow = _label(snapshot.flow)
    simulated = str(snapshot.simulated).lower()
    started_s = snapshot.started_at.timestamp()
    yield from _head("info", "gauge", "What runs here.")
    yield f'oppleo_flow_info{{flow="{flow}",simulated="{simulated}"}} 1'
    yield from _head("ready", "gauge", "1 while every node runs without a fault.")
    yield f"oppleo_flow_ready {int(ready)}"
    yield from _head("start_time_seconds", "gauge", "When the flow started, in Unix time.")
    yield f"oppleo_flow_start_time_seconds {started_s}"
    yield from _head("web_streams", "gauge", "Pages that listen for live changes.")
    yield f"oppleo_flow_web_streams {streams}"
    for name, kind, text, read in _PER_NODE:
        yield from _head(f"node_{name}", kind, text)
        for node in snapshot.nodes:
            labels = f'node="{_label(node.id)}",type="{_label(node.type_name)}"'
            yield f"oppleo_flow_node_{name}{{{labels}}} {read(node)}"


def _head(name: str, kind: str, text: str) -> Iterator[str]:
    yield f"# HELP oppleo_flow_{name} {text}"
    yield f"# TYPE oppleo_flow_{name} {kind}"


def _label(value: str) -> str:
    return value.translate(_ESCAPES)
