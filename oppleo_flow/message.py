"""The envelope of what travels on a wire."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from oppleo_flow.clock import Clock


@dataclass(slots=True)
class Message:
    """The envelope, made once where a chain of events begins and carried along it.

    `id` is unique across restarts of one site; `trace_id` is the id of the message that began the
    chain, and `source` its `flow/node.port`.  What a timer sends goes on with the chain in which
    the timer was set, under an `id` of its own.  `time_s` is when it began, or went on, in seconds
    since 1970.
    """

    payload: Any
    id: int
    trace_id: int
    time_s: float
    source: str

    @property
    def time(self) -> datetime:
        """Return the aware UTC moment at which it began, or went on."""
        return datetime.fromtimestamp(self.time_s, UTC)

    def bare(self) -> "Message":
        """Return it without its payload: what is kept of it as the cause of something later."""
        return Message(None, self.id, self.trace_id, self.time_s, self.source)


def message_ids(clock: Clock) -> Callable[[], int]:
    """Return a counter whose ids do not repeat after a restart: the start's ms, then a count."""
    first = int(clock.now().timestamp() * 1000) << 20
    return itertools.count(first).__next__
