"""Recording a running flow: everything that leaves an output, and every fault, as lines of JSON.

The format is that of `oppleo-flow record`: the first line is a header, each other one thing that
happened, by its `kind`.  Whoever writes the lines does so on a thread of its own.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from oppleo_flow.clock import Clock
from oppleo_flow.encoding import encode
from oppleo_flow.engine.core import Subscription
from oppleo_flow.engine.snapshot import EventKind, RuntimeEvent, RuntimeSnapshot
from oppleo_flow.engine.taps import Tapped
from oppleo_flow.immutable import immutable

FORMAT: Final = 1
MARK: Final = "oppleo_flow_recording"
"""The key of the header that says what the file is; its value is the format."""
LONGEST: Final = 65_536
"""More characters than this a payload is not written with: its place says so."""
CONDITIONS: Final[frozenset[EventKind]] = frozenset({"fault", "clear", "safe"})


@immutable
class Left:
    """A message that has left an output."""

    node: str
    port: str
    seen: Tapped


@immutable
class Frame:
    """What went to and fro between a driver and its device, as the device's kind has it."""

    at: datetime
    device: str
    what: Mapping[str, Any]


class Recorder(Subscription):
    """What happens in a runtime from now on, in order; `snapshot` is how it was at the beginning.

    A reader that is too slow loses the oldest, which are counted in `missed`; the flow never waits
    for one.
    """

    snapshot: RuntimeSnapshot

    def __init__(self, size: int, close: Callable[[Subscription], None], clock: Clock) -> None:
        super().__init__(size, close, CONDITIONS)
        self._clock = clock

    def frame(self, device: str, what: Mapping[str, Any]) -> None:
        """Take what went to and fro between a driver and its device.  Legal from any thread."""
        self.put(Frame(self._clock.now(), device, what))  # type: ignore[arg-type]

    def ear(self, node: str, port: str) -> "_Ear":
        """Return what is shown what leaves an output."""
        return _Ear(self, node, port)

    def lines(self, most: int) -> Iterator[str]:
        """Yield what has happened since the last time, at most so many lines, without waiting."""
        for _ in range(most):
            found: Any = self.get(0)
            if found is None:
                return
            yield _line(found)


class _Ear:
    """Tells a recorder which output it is that something left."""

    __slots__ = ("_node", "_port", "_recorder")

    def __init__(self, recorder: Recorder, node: str, port: str) -> None:
        self._recorder = recorder
        self._node = node
        self._port = port

    def put(self, seen: Tapped) -> None:
        """Pass a message on."""
        self._recorder.put(Left(self._node, self._port, seen))  # type: ignore[arg-type]


def header(recorder: Recorder, began_at: datetime, **more: Any) -> str:
    """Return the first line of a recording."""
    snapshot = recorder.snapshot
    facts = {"flow": snapshot.flow, "simulated": snapshot.simulated, "began_at": began_at}
    return _json({MARK: FORMAT, **facts, **more})


def held(recorder: Recorder, at: datetime) -> Iterator[str]:
    """Yield the lines of what was so at the beginning: levels, faults, outputs made safe."""
    for node in recorder.snapshot.nodes:
        for port, level in node.levels.items():
            facts = {"kind": "held", "at": at, "node": node.id, "port": port, "since": level.since}
            yield _json({**facts, **_payload(level.value)})
        for fault in node.faults:
            facts = {"kind": "fault", "at": at, "node": node.id, "held": True}
            yield _json({**facts, "code": fault.code, "text": fault.text, "since": fault.since})
        if node.made_safe is not None:
            facts = {"kind": "safe", "at": at, "node": node.id, "held": True}
            yield _json({**facts, "why": node.made_safe})


def lost(count: int, at: datetime) -> str:
    """Return the line that says how many things are not in the recording."""
    return _json({"kind": "lost", "at": at, "count": count})


def end(why: str, at: datetime) -> str:
    """Return the last line of a recording."""
    return _json({"kind": "end", "at": at, "why": why})


def _line(found: Left | RuntimeEvent | Frame) -> str:
    match found:
        case Left(node, port, seen):
            envelope = {
                "id": seen.id,
                "trace": seen.trace_id,
                "began_at": seen.began_at,
                "source": seen.source,
            }
            facts = {"kind": "message", "at": seen.at, "node": node, "port": port, **envelope}
            return _json({**facts, **_payload(seen.payload)})
        case Frame(at, device, what):
            return _json({"kind": "frame", "at": at, "device": device, **what})
        case RuntimeEvent(kind="safe"):
            why = str(found.value) or None
            return _json({"kind": "safe", "at": found.at, "node": found.node, "why": why})
        case RuntimeEvent():
            facts = {"kind": found.kind, "at": found.at, "node": found.node, "code": found.port}
            text = {"text": str(found.value)} if found.kind == "fault" else {}
            return _json({**facts, **text})


def _payload(payload: Any) -> dict[str, Any]:
    """Return a payload as its type and value; `unwritten` says why there is no value."""
    kind = type(payload).__name__
    try:
        written = encode(payload)
        length = len(json.dumps(written["value"]))
    except ValueError as error:
        return {"type": kind, "unwritten": f"has no JSON form: {error}"}
    if length > LONGEST:
        return {"type": kind, "unwritten": f"is too long: {length} characters"}
    return written


def _json(facts: Mapping[str, Any]) -> str:
    """Return facts as JSON on one line; a moment is ISO 8601, in UTC."""
    return json.dumps(facts, ensure_ascii=False, default=datetime.isoformat) + "\n"
