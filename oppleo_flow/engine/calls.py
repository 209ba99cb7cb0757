"""How a handler is called: alone, or as a step of a fused run of nodes (`segment.py`)."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.returned import keep_result
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost
    from oppleo_flow.engine.ports import Port

SLOW_HANDLER_S = 0.050
Receive = Callable[[Any, Message], None]
Step = Callable[[Any], Any]
_NO_OUTPUT: Any = object()


def is_urgent(payload: Any) -> bool:
    """Return whether a payload may overtake a commit; one that cannot say may not."""
    urgent, error = attempt(getattr, payload, "urgent", False)
    return error is None and urgent is True


def sending(host: "NodeHost", port: str, onward: "Port | None") -> Step:
    """Return the step of a node that sends by itself.

    One payload for `onward` is returned, for the next step; what else the handler sent waits in
    `pending` for the end of the run.
    """
    loop = host.core.loop
    handler: Step | None = None

    def step(payload: Any) -> Any:
        nonlocal handler
        if handler is None:
            if not host.started:
                host.dropped += 1
                return None
            handler = host.handler(port)  # not before: `start` may set the function itself there
        host.running = loop.owner
        result = handler(payload)
        host.running = 0
        if result is not None:
            keep_result(host, result, payload)
        sent = host.pending
        if len(sent) == 1 and sent[0][0] is onward:
            return sent.pop()[1]
        return None

    return step


class Routing:
    """The step of a router that has started: it only says by which output a payload leaves.

    That is nearly always `onward`, the output along which a run goes on.
    """

    def __init__(self, host: "NodeHost", port: str, onward: "Port | None") -> None:
        self._host = host
        self.handler: Step = host.handler(port)
        self.onward: Any = _NO_OUTPUT
        if onward is not None and onward.types is None:
            self.onward = onward.author

    def __call__(self, payload: Any) -> Any:
        """Return the payload if it goes on; where else it goes waits in `pending`."""
        chosen = self.handler(payload)
        return payload if chosen is self.onward else self.astray(chosen, payload)

    def astray(self, chosen: Any, payload: Any) -> None:
        """Have the payload leave by other outputs, or nowhere."""
        if chosen is not None:
            keep_result(self._host, chosen, payload)
