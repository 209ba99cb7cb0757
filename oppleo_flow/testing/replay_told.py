"""What came of a replay, for people and for programs."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any

from oppleo_flow.flowfile.graph import Graph, Place, is_flow
from oppleo_flow.testing.comparison import Difference, encoded
from oppleo_flow.testing.flow_run import NOTHING, Problem
from oppleo_flow.testing.likeness import moment_of
from oppleo_flow.testing.notation import clock_time, cut, noted
from oppleo_flow.testing.recording import Recording
from oppleo_flow.testing.replay import Replayed


def problem_of(replayed: Replayed, graph: Graph, recording: Recording, zone: tzinfo) -> Problem:
    """Return the first difference as a test tells of a problem.

    It is at the line of the recording that has what was expected, else at the one that the source
    sent which led to what was not.
    """
    found = replayed.difference
    assert found is not None
    node, port = found.wire
    if found.recorded is not None:
        place = Place(recording.file, found.recorded.number, 1)
    else:
        during = found.received.during if found.received is not None else None
        place = during or Place(recording.file, 1, 1)
    gone = ""
    if not is_flow(node) and (node not in graph.nodes or graph.nodes[node].disabled):
        gone = ", and the flow has no such node now"
    expected = NOTHING
    if found.recorded is not None:
        at = clock_time(found.recorded.at, zone)
        expected = f"{_shown(found.recorded.facts, zone)} at {at}"
    return Problem(place, f"{node}.{port}", expected, _received(found, zone) + gone, replayed.way)


def as_json(replayed: Replayed, recording: Recording) -> dict[str, Any]:
    """Return what came of a replay as plain data."""
    found = replayed.difference
    data: dict[str, Any] = {
        "recording": recording.file,
        "flow": recording.flow,
        "from": recording.began_at.isoformat(),
        "until": recording.ended_at.isoformat(),
        "lost": recording.lost,
        "played": replayed.played,
        "same": replayed.same,
        "outputs": replayed.outputs,
        "new_nodes": list(replayed.new),
        "began_otherwise": list(replayed.began_otherwise),
        "difference": None,
    }
    if found is not None:
        recorded, received = found.recorded, found.received
        data["difference"] = {
            "output": ".".join(found.wire),
            "at": found.at.isoformat(),
            "line": None if recorded is None else recorded.number,
            "expected": recorded and _told(recorded.facts, recorded.at),
            "received": received and _told(encoded(received.payload), received.at),
            "differs_in": [path for path in found.paths if path],
            "way": list(replayed.way),
        }
    return data


def _told(facts: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    return {"at": at.isoformat(), "type": facts["type"], "value": facts.get("value")}


def _received(found: Difference, zone: tzinfo) -> str:
    if found.received is None:
        return NOTHING
    facts = encoded(found.received.payload)
    text = f"{_shown(facts, zone)} at {clock_time(found.received.at, zone)}"
    paths = [path for path in found.paths if path]
    return f"{text} (differs in {', '.join(paths)})" if paths else text


def _shown(facts: Mapping[str, Any], zone: tzinfo) -> str:
    """Return a payload as it was recorded: `SwitchRequest {on: true, …}`."""
    if "unwritten" in facts:
        return f"{facts['type']} (was not recorded: {facts['unwritten']})"
    return cut(f"{facts['type']} {noted(_with_moments(facts['value']), zone)}")


def _with_moments(value: Any) -> Any:
    """Return plain data in which moments are moments again, to be shown in local time."""
    if isinstance(value, Mapping):
        return {name: _with_moments(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_with_moments(one) for one in value]
    return (moment_of(value) or value) if isinstance(value, str) else value
