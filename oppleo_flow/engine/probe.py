"""A probe at every wire of a flow: sees what travels, and may stand in for what a node does."""

from collections.abc import Callable
from typing import Any, Protocol

from oppleo_flow.engine.calls import Receive
from oppleo_flow.engine.inbox import Item
from oppleo_flow.message import Message
from oppleo_flow.node_context import NodeContext


class Probe(Protocol):
    """What a runtime tells of every message; with one, no nodes are fused.

    Both methods are called on the thread of the node, and must not wait.
    """

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        """Note what leaves an output; `flow` is the node of the flow's own."""
        ...

    def call_of(self, node: NodeContext, item: Item) -> Callable[..., Any]:
        """Return what is called for an item: as a rule its own call.

        The call takes the payload, or nothing when the item is a timer's.  What it sends and raises
        counts as the node's.
        """
        ...


def watched(probe: Probe | None, node: str, port: str, route: Receive) -> Receive:
    """Return a route that tells the probe, if there is one, what takes it."""
    if probe is None:
        return route

    def receive(payload: Any, envelope: Message) -> None:
        probe.left(node, port, payload, envelope)
        route(payload, envelope)

    return receive
