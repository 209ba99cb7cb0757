"""What machines watch: alive, ready, and the counters as Prometheus reads them."""

from typing import Any

from bottle import response

from oppleo_flow.engine.vitals import ALIVE_S
from webui.api import metrics
from webui.api.state import reasons_not_ready
from webui.feed import Feed
from webui.ports import Runtime
from webui.problem import problem


class Health:
    """The routes of `/live`, `/ready` and `/metrics`."""

    def __init__(self, runtime: Runtime, feed: Feed) -> None:
        self._runtime = runtime
        self._feed = feed

    def live(self) -> dict[str, Any]:
        """Answer `GET /live`: 503 when the dispatcher has not turned for two seconds."""
        vitals = self._runtime.vitals()
        if not vitals.alive:
            age_s = vitals.turn_age_s
            since = "does not run" if age_s is None else f"has not turned for {age_s:.1f} s"
            detail = f"the dispatcher {since}; at most {ALIVE_S:.0f} s is alive"
            raise problem(503, "not-alive", detail)
        return {"live": True}

    def ready(self) -> dict[str, Any]:
        """Answer `GET /ready`: 503 with the reasons until every node runs without a fault."""
        if not self._runtime.ready:
            closed = [n for n, is_open in self._runtime.vitals().connections.items() if not is_open]
            reasons = [
                *reasons_not_ready(self._runtime.snapshot()),
                *(f"connection {name!r}: is not open" for name in closed),
            ]
            raise problem(503, "not-ready", "; ".join(reasons), reasons=reasons)
        return {"ready": True}

    def metrics(self) -> str:
        """Answer `GET /metrics` in Prometheus' text format, version 0.0.4."""
        response.content_type = metrics.CONTENT_TYPE
        runtime = self._runtime
        return metrics.written(
            [
                *metrics.of_flow(runtime.snapshot(), ready=runtime.ready),
                *metrics.of_runtime(runtime.vitals(), streams=self._feed.streams),
                *metrics.of_process(),
            ]
        )
