"""The one place where a handler is called, alone or as a part of a fused run of nodes."""

from collections.abc import Callable, Sequence
from operator import length_hint
from time import perf_counter
from typing import Any, Protocol

from oppleo_flow.message import Message

SLOW_HANDLER_S = 0.050
Receive = Callable[[Any, Message], None]
FailedAt = Callable[[int, Any, Message, Exception], None]


def attempt(call: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Call a handler; return what it returned, and what it raised."""
    try:
        return call(*args), None
    except Exception as error:  # a handler may fail in any way, and must not take others along
        return None, error


class InHand(Protocol):
    """Where the envelope of the message in hand is kept, and who hears of slow handlers."""

    envelope: Message | None

    def slow(self, nodes: str, seconds: float) -> None:
        """Take note that a handler took longer than one may."""
        ...


class Segment:
    """A straight run of nodes whose handlers simply return the outgoing payload.

    The run is one loop in one frame.  `entries` counts what came in, `exits[i]` what node `i` let
    go no further (None, or an exception), so the counts of each node cost nothing while it runs.
    After a failure `recovered` is called when the next payload comes through.
    """

    def __init__(
        self,
        name: str,
        handlers: Sequence[Callable[[Any], Any]],
        failed: FailedAt,
        recovered: Callable[[], object],
    ) -> None:
        self.name = name
        self.handlers = tuple(handlers)
        self.entries = 0
        self.exits = [0] * len(self.handlers)
        self.failed = failed
        self.recovered = recovered
        self.ill = False

    def received(self, position: int) -> int:
        """Return how many payloads reached the node at `position`."""
        return self.entries - sum(self.exits[:position])

    def receiver(self, emit: Receive, hand: InHand) -> Receive:
        """Return what takes a payload through the run and hands the result to `emit`.

        `hand.envelope` is set for nodes that ask for the message in hand.
        """
        handlers, exits, failed, size = self.handlers, self.exits, self.failed, len(self.handlers)

        def receive(payload: Any, envelope: Message) -> None:
            self.entries += 1
            hand.envelope = envelope
            began = perf_counter()
            rest = iter(handlers)
            try:
                for handler in rest:
                    result = handler(payload)
                    if result is None:
                        exits[size - length_hint(rest) - 1] += 1
                        return
                    payload = result
            except Exception as error:  # as in `attempt`; written out, for this is the hot path
                position = size - length_hint(rest) - 1
                exits[position] += 1
                self.ill = True
                failed(position, payload, envelope, error)
                return
            took = perf_counter() - began
            if took > SLOW_HANDLER_S:
                hand.slow(self.name, took)
            if self.ill:
                self.ill = False
                self.recovered()
            emit(payload, envelope)

        return receive
