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
    chain; `time_s` is when it began, in seconds since 1970; `source` is `flow/node.port`.
    """

    payload: Any
    id: int
    trace_id: int
    time_s: float
    source: str

    @property
    def time(self) -> datetime:
        """Return the aware UTC moment at which the chain began."""
        return datetime.fromtimestamp(self.time_s, UTC)


def message_ids(clock: Clock) -> Callable[[], int]:
    """Return a counter whose ids do not repeat after a restart: the start's ms, then a count."""
    first = int(clock.now().timestamp() * 1000) << 20
    return itertools.count(first).__next__
