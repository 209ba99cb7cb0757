"""The payloads of a flow's own ports: `flow.start`, `flow.stop` and `flow.status`.

What `flow.errors` carries, a `Failure`, is that of every node's `error` port.
"""

from datetime import UTC, datetime
from typing import Literal

from oppleo_flow.immutable import immutable
from oppleo_flow.payloads import Payload, Tick

ConditionKind = Literal["status", "fault", "clear", "safe"]
_SAMPLE_TIME = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@immutable
class FlowStarted(Tick):
    """Every node of a flow has started, or failed to, once; what `flow.start` carries.

    It is a tick, so that what a schedule sets off can be set off at the start, too.
    """

    flow: str = ""
    _sample = {"due": _SAMPLE_TIME, "flow": "charging"}


@immutable
class FlowStopping(Tick):
    """The nodes of a flow are about to stop; what `flow.stop` carries."""

    flow: str = ""
    _sample = {"due": _SAMPLE_TIME, "flow": "charging"}


@immutable
class NodeChanged(Payload):
    """Something about a node's condition changed; what `flow.status` carries.

    `code` is that of the fault that was raised or cleared, empty for a status and for a safe level;
    `text` says how the node is, what is wrong, or why its output is at its safe level.
    """

    node: str
    kind: ConditionKind
    code: str
    text: str
    at: datetime
    _sample = {
        "node": "meter",
        "kind": "fault",
        "code": "no-answer",
        "text": "unit 1: no answer",
        "at": _SAMPLE_TIME,
    }
