"""Nodes whose type is not there: what comes to them fails, and is told as a failure.

A level that changes is no message that is lost, and is not told; a durable wire keeps what it
carries until the type is there.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.calls import Receive
from oppleo_flow.flowfile.graph import MissingNode
from oppleo_flow.message import Message
from oppleo_flow.payloads import Failure

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class Placeholders:
    """Stands in for the missing nodes of one version of a flow; `failed` counts by node.

    `error_routes` are set when the routes are compiled.
    """

    def __init__(self, core: "Core", missing: Iterable[MissingNode]) -> None:
        self._core = core
        self._nodes = {node.id: node for node in missing}
        self.failed: Counter[str] = Counter()
        self.error_routes: dict[str, Receive | None] = dict.fromkeys(self._nodes)

    def __contains__(self, node: str) -> bool:
        return node in self._nodes

    def receiver(self, node: str) -> Receive:
        """Return what takes a payload for a missing node."""
        plan = self._nodes[node]

        def receive(payload: Any, envelope: Message) -> None:
            self._fail(plan, payload, envelope)

        return receive

    def _fail(self, plan: MissingNode, payload: Any, envelope: Message) -> None:
        self.failed[plan.id] += 1
        at = self._core.clock.now()
        failure = Failure(plan.id, "MissingType", plan.reason, payload, at)
        route = self.error_routes[plan.id]
        if route is not None:
            route(failure, envelope)
        self._core.flow_ports.failed(failure, envelope)
