"""The envelope of what travels on a wire."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oppleo_flow.clock import Clock


@dataclass(slots=True)
class Message:
    """The envelope, made once where a chain of events begins and carried along it.

    `id` is unique across restarts of one site; `trace_id` is the id of the message that began the
    chain; `time` is the aware UTC moment it began; `source` is `flow/node.port`.
    """

    payload: Any
    id: int
    trace_id: int
    time: datetime
    source: str


def message_ids(clock: Clock) -> Callable[[], int]:
    """Return a counter whose ids do not repeat after a restart: the start's ms, then a count."""
    first = int(clock.now().timestamp() * 1000) << 20
    return itertools.count(first).__next__
