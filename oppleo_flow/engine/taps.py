"""Taps: what leaves an output while the flow runs, for somebody who looks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oppleo_flow.clock import Clock
from oppleo_flow.engine.backlog import Backlog
from oppleo_flow.engine.calls import Receive
from oppleo_flow.message import Message


@dataclass(frozen=True, slots=True)
class Tapped:
    """A message as it left an output: what was sent, when, and its envelope."""

    payload: Any
    at: datetime
    id: int
    trace_id: int
    began_at: datetime
    source: str


class Tap(Backlog[Tapped]):
    """What leaves one output of a node from now on.

    A reader that is too slow misses the oldest, which are counted in `missed`; the flow never waits
    for one.
    """

    def __init__(self, node: str, port: str, size: int, close: Callable[["Tap"], None]) -> None:
        super().__init__(size, close)
        self.node = node
        self.port = port


def tapped(taps: tuple[Tap, ...], clock: Clock, route: Receive) -> Receive:
    """Return a route that shows the taps what takes it."""

    def receive(payload: Any, envelope: Message) -> None:
        seen = Tapped(
            payload,
            clock.now(),
            envelope.id,
            envelope.trace_id,
            envelope.time,
            envelope.source,
        )
        for tap in taps:
            tap.put(seen)
        route(payload, envelope)

    return receive
