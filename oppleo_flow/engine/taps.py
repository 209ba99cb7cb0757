"""Taps: what leaves an output while the flow runs, for somebody who looks."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Protocol

from oppleo_flow.clock import Clock
from oppleo_flow.engine.backlog import Backlog
from oppleo_flow.engine.calls import Receive
from oppleo_flow.flowfile.graph import is_flow
from oppleo_flow.immutable import immutable
from oppleo_flow.message import Message


@immutable
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


class Ear(Protocol):
    """What is shown what leaves one output."""

    def put(self, seen: Tapped) -> None:
        """Take a message; never waits."""
        ...


class EveryOutput(Protocol):
    """Somebody who listens to all outputs."""

    def ear(self, node: str, port: str) -> Ear:
        """Return what is shown what leaves one of them."""
        ...


class Ears:
    """Who listens to which output now: taps to one each, and some to every one."""

    def __init__(self, taps: Iterable[Tap] = (), everywhere: Iterable[EveryOutput] = ()) -> None:
        self._everywhere = tuple(everywhere)
        self._taps: dict[tuple[str, str], tuple[Tap, ...]] = {}
        for tap in taps:
            place = (tap.node, tap.port)
            self._taps[place] = (*self._taps.get(place, ()), tap)

    def __contains__(self, place: tuple[str, str]) -> bool:
        """Return whether somebody wants what leaves an output that no wire leaves, too."""
        return place in self._taps or (bool(self._everywhere) and not is_flow(place[0]))

    def __bool__(self) -> bool:
        """Return whether anybody listens at all."""
        return bool(self._taps or self._everywhere)

    def at(self, place: tuple[str, str]) -> tuple[Ear, ...]:
        """Return who listens to an output."""
        return (*self._taps.get(place, ()), *(every.ear(*place) for every in self._everywhere))


def tapped(taps: tuple[Ear, ...], clock: Clock, route: Receive) -> Receive:
    """Return a route that shows those who listen what takes it."""

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
