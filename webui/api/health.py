"""What machines watch: alive, ready, and the counters as Prometheus reads them."""

from collections.abc import Iterator, Mapping
from typing import NotRequired

from bottle import response
from typing_extensions import TypedDict

from oppleo_flow.accounts.rights import Right
from oppleo_flow.engine.snapshot import RuntimeSnapshot
from oppleo_flow.engine.vitals import ALIVE_S
from webui.api import metrics
from webui.api.state import reasons_not_ready
from webui.asking import who
from webui.feed import Feed
from webui.ports import Runtime, SiteFacts
from webui.problem import problem


class LiveAnswer(TypedDict):
    """The dispatcher turns."""

    live: bool


class LevelAgeAnswer(TypedDict):
    """How long ago an output was given what it holds: a meter its last reading."""

    node: str
    port: str
    fresh: bool
    age_s: float


class ReadyAnswer(TypedDict):
    """Every node runs; which connections are open, and the age of what each output holds.

    Who may not look at the flow is told neither.
    """

    ready: bool
    connections: NotRequired[Mapping[str, bool]]
    levels: NotRequired[list[LevelAgeAnswer]]


class Health:
    """The routes of `/live`, `/ready` and `/metrics`."""

    def __init__(self, runtime: Runtime, feed: Feed, site: SiteFacts | None = None) -> None:
        self._runtime = runtime
        self._feed = feed
        self._site = site or SiteFacts()

    def live(self) -> LiveAnswer:
        """Answer `GET /live`: 503 when the dispatcher has not turned for two seconds."""
        vitals = self._runtime.vitals()
        if not vitals.alive:
            age_s = vitals.turn_age_s
            since = "does not run" if age_s is None else f"has not turned for {age_s:.1f} s"
            detail = f"the dispatcher {since}; at most {ALIVE_S:.0f} s is alive"
            raise problem(503, "not-alive", detail)
        return {"live": True}

    def ready(self) -> ReadyAnswer:
        """Answer `GET /ready`: 503 with the reasons until every node runs without a fault.

        Either way with each connection, and with the age of what each output holds; but who may
        not look is told no more than whether.
        """
        ready, snapshot = self._runtime.ready, self._runtime.snapshot()
        if not who().may(Right.LOOK):
            if not ready:
                raise problem(503, "not-ready", "not every node runs; sign in to see which")
            return {"ready": True}
        connections = dict(self._runtime.vitals().connections)
        levels = [*self._levels(snapshot)]
        if not ready:
            closed = [name for name, is_open in connections.items() if not is_open]
            reasons = [
                *reasons_not_ready(snapshot),
                *(f"connection {name!r}: is not open" for name in closed),
            ]
            raise problem(
                503,
                "not-ready",
                "; ".join(reasons),
                reasons=reasons,
                connections=connections,
                levels=levels,
            )
        return {"ready": True, "connections": connections, "levels": levels}

    def _levels(self, snapshot: RuntimeSnapshot) -> Iterator[LevelAgeAnswer]:
        """Yield how long ago each output was given what it holds: a meter its last reading."""
        now = self._site.clock.now()
        for node in snapshot.nodes:
            for port, level in node.levels.items():
                age_s = max(0.0, round((now - level.since).total_seconds(), 3))
                yield {"node": node.id, "port": port, "fresh": level.fresh, "age_s": age_s}

    def metrics(self) -> str:
        """Answer `GET /metrics` in Prometheus' text format, version 0.0.4."""
        response.content_type = metrics.CONTENT_TYPE
        runtime = self._runtime
        return metrics.written(
            [
                *metrics.of_flow(runtime.snapshot(), ready=runtime.ready),
                *metrics.of_runtime(runtime.vitals(), streams=self._feed.streams),
                *metrics.of_ledger(self._site.ledger),
                *metrics.of_process(),
            ]
        )
