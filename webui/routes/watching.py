"""The rows of the list that machines watch; they are answered before the others are loaded."""

from oppleo_flow.accounts.rights import Right
from webui.api.health import Health, LiveAnswer, ReadyAnswer
from webui.parts import Parts
from webui.route import Content, Route

# A table reads best in rows.
# fmt: off


def watch_routes(parts: Parts) -> tuple[Route, ...]:
    """Return the rows."""
    health = Health(parts.runtime, parts.feed, parts.site)
    return (
        Route("GET", "/live", health.live, Right.ANYONE, "Whether the runtime is alive",
              answer=LiveAnswer),
        Route("GET", "/ready", health.ready, Right.ANYONE,
              "Whether every node runs without a fault", answer=ReadyAnswer),
        Route("GET", "/metrics", health.metrics, Right.LOOK,
              "The counters, as Prometheus reads them", answer=Content("text/plain")),
    )
