"""A probe at every wire of a flow: sees what travels, and may stand in for what a node does."""

from collections.abc import Callable
from typing import Any, Protocol

from oppleo_flow.engine.calls import Receive
from oppleo_flow.engine.inbox import Item
from oppleo_flow.message import Message
from oppleo_flow.node_context import NodeContext


class Probe(Protocol):
    """What a runtime tells of every message; with one, no nodes are fused.

    Its methods are called on the thread of the node, and must not wait.
    """

    def left(self, node: str, port: str, payload: Any, envelope: Message) -> None:
        """Note what leaves an output; `flow` is the node of the flow's own."""
        ...

    def call_of(self, node: NodeContext, item: Item) -> Callable[..., Any]:
        """Return what takes the payload of a message: as a rule the item's own call.

        What it sends and raises counts as the node's.
        """
        ...

    def timer_of(self, node: NodeContext, call: Callable[[], object]) -> Callable[[], object]:
        """Return what is called when a timer of a node rings: as a rule `call`."""
        ...


def watched(probe: Probe | None, node: str, port: str, route: Receive) -> Receive:
    """Return a route that tells the probe, if there is one, what takes it."""
    if probe is None:
        return route

    def receive(payload: Any, envelope: Message) -> None:
        probe.left(node, port, payload, envelope)
        route(payload, envelope)

    return receive
