"""Makes the snapshots that the web pages, the CLI and the tests look at."""

from collections.abc import Sequence
from datetime import datetime

from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.segment import Segment
from oppleo_flow.engine.snapshot import FaultSnapshot, LevelSnapshot, NodeSnapshot
from oppleo_flow.engine.timing import Timing
from oppleo_flow.flowfile.graph import GraphNode, MissingNode

_NEVER = Timing(())


class Counts:
    """How many messages each node in a fused run took in and let go."""

    def __init__(self, segments: Sequence[Segment]) -> None:
        self._taken: dict[str, int] = {}
        self._let_go: dict[str, int] = {}
        for segment in segments:
            for position, host in enumerate(segment.run):
                taken = segment.received(position)
                node = host.node_id
                self._taken[node] = self._taken.get(node, 0) + taken
                let_go = taken - segment.exits[position]
                self._let_go[node] = self._let_go.get(node, 0) + let_go

    def received(self, host: NodeHost) -> int:
        """Return how many messages reached the node's handlers."""
        return host.received + self._taken.get(host.node_id, 0)

    def sent(self, host: NodeHost) -> int:
        """Return how many payloads left the node."""
        by_ports = sum(port.sent for port in host.ports.values())
        return by_ports + host.let_go + self._let_go.get(host.node_id, 0)


def node_snapshot(
    plan: GraphNode, host: NodeHost | None, counts: Counts, started_at: datetime
) -> NodeSnapshot:
    """Return what one node looks like; `host` is None for a disabled one."""
    condition = None if host is None else host.condition
    faults = () if condition is None else tuple(condition.faults.values())
    timing = _timing(host)
    return NodeSnapshot(
        id=plan.id,
        type_name=plan.spec.type_name,
        category=plan.spec.category,
        status_level="fault" if faults else "ok" if condition is None else condition.level,
        status_text="" if condition is None else condition.text,
        status_since=started_at if condition is None else condition.since,
        faults=tuple(FaultSnapshot(f.code, f.text, f.since) for f in faults),
        levels={} if host is None else _levels(host),
        received=0 if host is None else counts.received(host),
        sent=0 if host is None else counts.sent(host),
        failed=0 if host is None else host.failed,
        dropped=0 if host is None else host.dropped + host.inbox.dropped,
        made_safe=None if condition is None else condition.made_safe,
        disabled=plan.disabled,
        blocking=plan.spec.blocking,
        waiting=0 if host is None else len(host.inbox),
        spooled=0 if host is None else sum(spool.waiting for spool in host.spools.values()),
        started=host is not None and host.started,
        timed=sum(timing.counts),
        timed_s=timing.total_s,
        timed_within=timing.within,
        past_faults=() if host is None else host.core.past_faults.get(plan.id, ()),
        past_statuses=() if host is None else tuple(host.core.past_statuses.get(plan.id, ())),
    )


def _timing(host: NodeHost | None) -> Timing:
    """Return what the timed handlers took; in virtual time nothing takes any."""
    timing = None if host is None else host.timing
    if host is None or timing is None:
        return _NEVER
    return timing if host.core.loop.virtual is None else timing.at_once


def missing_snapshot(node: MissingNode, failed: int, started_at: datetime) -> NodeSnapshot:
    """Return what a node of a type that is not there looks like; `failed` came to it in vain."""
    return NodeSnapshot(
        id=node.id,
        type_name=node.type_name,
        category="missing",
        status_level="fault",
        status_text="",
        status_since=started_at,
        faults=(FaultSnapshot("missing-type", node.reason, started_at),),
        levels={},
        received=failed,
        sent=0,
        failed=failed,
        dropped=0,
        made_safe=None,
        disabled=False,
        blocking=False,
        started=False,
    )


def _levels(host: NodeHost) -> dict[str, LevelSnapshot]:
    return {
        port.spec.name: LevelSnapshot(port.value, port.fresh, port.since)
        for port in host.levels
        if port.has_value and port.since is not None
    }
