"""The devices of the flow that runs: how each is, what was said to it, and a trial of it."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from pydantic_core import to_jsonable_python

from oppleo_flow.engine.snapshot import LevelSnapshot, NodeSnapshot
from oppleo_flow.errors import DeviceError, Refused
from oppleo_flow.flowfile.graph import GraphConnection, GraphNode
from oppleo_flow.flowfile.hardware_parts import Part, connected_parts_of
from oppleo_flow.payloads import Beep, EvseUnknown, MeterUnknown, Rejected
from webui.api.audit import Deeds
from webui.api.device_answers import (
    ConnectionAnswer,
    DeviceAnswer,
    DevicesAnswer,
    FactAnswer,
    FrameAnswer,
    FramesAnswer,
    FramesAsked,
    TallyAnswer,
    Trial,
    Try,
    VerdictAnswer,
)
from webui.api.state import node_data, value_data
from webui.feed import Feed
from webui.ports import Runtime, SiteFacts
from webui.problem import problem
from webui.reading import read_body, read_query

if TYPE_CHECKING:
    from oppleo_flow.devices.serial_bus import Tally

_LISTENS_S: Final = 30.0
"""So long frames are kept after somebody has asked for them."""
_KEPT: Final = 20
"""Of each device so many."""
_LOOK_S: Final = 0.1
_ANSWERS_WITHIN_S: Final = 12.0
_TAKES_WITHIN_S: Final = 3.0

# What shows or sounds for a moment and then goes on as it was; nothing here moves anything.
_TOLD: Final[Mapping[str, Any]] = {
    "buzzer": lambda: Beep("ok"),
    "rgb-led": lambda: Rejected("", "unknown"),
}
_SAYS: Final[Mapping[str, str]] = {"modbus-meter": "reading", "evse-state": "state"}
_UNKNOWN: Final = (MeterUnknown, EvseUnknown)


class Devices:
    """The routes of `/api/v1/devices`."""

    def __init__(
        self, runtime: Runtime, feed: Feed, site: SiteFacts, deeds: Deeds, *, has_levers: bool
    ) -> None:
        self._runtime = runtime
        self._has_levers = has_levers
        self._feed = feed
        self._deeds = deeds
        self._overheard = Overheard(site)

    def show(self) -> DevicesAnswer:
        """Answer `GET /api/v1/devices`: connections, and what hangs on them or at pins."""
        graph, snapshot = self._runtime.graph, self._runtime.snapshot()
        nodes = {node.id: node for node in snapshot.nodes}
        parts = connected_parts_of(graph)
        places = {part.name: part.place for part in parts}
        is_open = self._runtime.vitals().connections
        return {
            "simulated": snapshot.simulated,
            "levers": self._has_levers,
            "connections": [
                _connection(plan, is_open.get(name, False), places.get(name, ""), graph.nodes)
                for name, plan in graph.connections.items()
            ],
            "devices": [
                self._device(part, graph.nodes[part.name], nodes[part.name])
                for part in parts
                if part.name in nodes and part.name in graph.nodes
            ],
        }

    def frames(self) -> FramesAnswer:
        """Answer `GET /api/v1/devices/frames?after=120`; it is to be asked again and again."""
        after = read_query(FramesAsked).after
        since, frames = self._overheard.so_far()
        return {"since": since.isoformat(), "frames": [f for f in frames if f["number"] > after]}

    def test(self) -> VerdictAnswer:
        """Answer `POST /api/v1/devices/test`: try a device while the flow runs.

        Raises:
            Refused: It cannot be tried now.
        """
        device = read_body(Try).device
        plan = self._runtime.graph.nodes.get(device)
        if plan is None or plan.disabled:
            raise problem(404, "no-such-device", f"no node {device!r} runs now")
        if (way := _trial(plan)) is None:
            raise Refused(
                f"{device}: cannot be tried while the flow runs; stop it, and use "
                "`oppleo-flow hardware test`"
            )
        self._deeds.note("hardware-test", device)
        return self._told(plan) if way == "tells" else self._answers(plan)

    # -- a device ------------------------------------------------------------------------------

    def _device(self, part: Part, plan: GraphNode, node: NodeSnapshot) -> DeviceAnswer:
        known = to_jsonable_python(node_data(node))
        return {
            "id": node.id,
            "type": node.type_name,
            "connection": part.through or None,
            "simulated": part.simulated,
            "place": part.place,
            "status": known["status"],
            "faults": known["faults"],
            "levels": known["levels"],
            "counts": known["counts"],
            "made_safe": node.made_safe,
            "tally": self._tally(plan),
            "trial": _trial(plan),
            "facts": _facts(plan.config),
        }

    def _tally(self, plan: GraphNode) -> TallyAnswer | None:
        """Return how a device on a serial bus answered; None where nobody counts."""
        config: Any = plan.config
        if not (hasattr(config, "unit_id") and hasattr(config, "bus")):
            return None
        try:
            counted: Tally = self._runtime.node(plan.id).use(config.bus).tally(config.unit_id)
        except (KeyError, DeviceError):
            return None  # it does not run, or its bus is not open: nothing was counted
        return {
            "asked": counted.asked,
            "answered": counted.answered,
            "silent": counted.silent,
            "garbled": counted.garbled,
            "late": counted.late,
            "rested": counted.rested,
            "reopened": counted.reopened,
        }

    # -- trials --------------------------------------------------------------------------------

    def _told(self, plan: GraphNode) -> VerdictAnswer:
        before = self._node(plan.id).received
        self._runtime.inject(plan.id, "in", _TOLD[plan.spec.type_name]())
        took = self._until(lambda: self._node(plan.id).received > before, _TAKES_WITHIN_S)
        node = self._node(plan.id)
        if node.faults or not took:
            return _bad(node, "it did not take what it was told")
        return {"device": plan.id, "verdict": "told", "text": node.status_text}

    def _answers(self, plan: GraphNode) -> VerdictAnswer:
        """Wait for what the device says next; a line that says the same all the time answers."""
        port = _SAYS.get(plan.spec.type_name)
        if port is None:
            node = self._node(plan.id)
            if node.faults or not node.started:
                return _bad(node, "it has not started yet")
            return {"device": plan.id, "verdict": "answers", "text": node.status_text}
        before = self._level(plan.id, port)
        self._until(
            lambda: (
                self._level(plan.id, port) is not None
                and (port != "reading" or self._level(plan.id, port) != before)
            ),
            _ANSWERS_WITHIN_S,
        )
        node, now = self._node(plan.id), self._level(plan.id, port)
        if now is None or (port == "reading" and now == before):
            return _bad(node, f"nothing came in {_ANSWERS_WITHIN_S:.0f} s")
        if isinstance(now.value, _UNKNOWN):
            return _bad(node, now.value.reason)
        if node.faults:
            return _bad(node, "")
        return {"device": plan.id, "verdict": "answers", "text": node.status_text}

    def _until(self, condition: Callable[[], bool], within_s: float) -> bool:
        for _ in range(round(within_s / _LOOK_S)):
            if condition():
                return True
            if self._feed.ends_within(_LOOK_S):
                break
        return condition()

    def _node(self, id_: str) -> NodeSnapshot:
        found = [node for node in self._runtime.snapshot().nodes if node.id == id_]
        if not found:
            raise Refused(f"{id_}: does not run any more")
        return found[0]

    def _level(self, id_: str, port: str) -> LevelSnapshot | None:
        return self._node(id_).levels.get(port)


class Overheard:
    """The last frames of each device, while somebody wants to see them.  From any thread."""

    def __init__(self, site: SiteFacts) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._until_s = 0.0
        self._since = site.clock.now()
        self._stop: Callable[[], None] | None = None
        self._number = 0
        self._frames: dict[str, deque[FrameAnswer]] = {}

    def so_far(self) -> tuple[datetime, list[FrameAnswer]]:
        """Return since when frames are kept, and those there are; go on keeping them."""
        with self._lock:
            self._until_s = self._site.clock.monotonic() + _LISTENS_S
            if self._stop is None:
                self._frames.clear()
                self._since = self._site.clock.now()
                self._stop = self._site.frames.listen(self._hear)
            frames = [one for kept in self._frames.values() for one in kept]
            return self._since, sorted(frames, key=lambda one: one["number"])

    def _hear(self, device: str, what: Mapping[str, Any]) -> None:
        """Keep a frame; on the thread of the driver, which waits for nobody who reads."""
        with self._lock:
            if self._site.clock.monotonic() >= self._until_s:
                if self._stop is not None:
                    self._stop()
                    self._stop = None
                return
            self._number += 1
            said = {name: value_data(value)["value"] for name, value in what.items()}
            self._frames.setdefault(device, deque(maxlen=_KEPT)).append(
                {
                    "number": self._number,
                    "at": self._site.clock.now().isoformat(),
                    "device": device,
                    "what": said,
                }
            )


def _trial(plan: GraphNode) -> Trial | None:
    """Return how a node can be tried while the flow runs; what moves something cannot."""
    if plan.spec.type_name in _TOLD:
        return "tells"
    if plan.safe is not None or plan.spec.category != "hardware":
        return None
    return "answers"


def _bad(node: NodeSnapshot, otherwise: str) -> VerdictAnswer:
    text = node.faults[0].text if node.faults else otherwise
    return {"device": node.id, "verdict": "bad", "text": text}


def _connection(
    plan: GraphConnection, is_open: bool, place: str, nodes: Mapping[str, GraphNode]
) -> ConnectionAnswer:
    return {
        "name": plan.name,
        "type": plan.spec.type_name,
        "simulated": plan.simulate,
        "open": is_open,
        "place": place,
        "devices": [node.id for node in nodes.values() if plan.name in node.connections],
        "facts": _facts(plan.config),
    }


def _facts(config: Any) -> list[FactAnswer]:
    return list(_scalars(config))


def _scalars(config: Any) -> Iterator[FactAnswer]:
    """Yield the options that are one value; what is more is in the settings."""
    for name, value in config.model_dump(mode="json").items():
        if isinstance(value, str | int | float | bool):
            yield {"name": name, "value": value}
