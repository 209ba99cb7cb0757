"""The outline of `subflows:`.  None runs yet; a node that uses one is told so."""

from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Scalar, Value, YamlMap, kind_text

_KEYS = ("doc", "params", "in", "out", "nodes")


def check_subflows(section: Value | None, report: Report) -> None:
    """Check the outline of every subflow."""
    if section is None:
        return
    if not isinstance(section, YamlMap):
        _wrong(section, "'subflows' is a map of names and subflows", report)
        return
    for name, entry in section.entries.items():
        if not isinstance(entry.value, YamlMap):
            _wrong(entry.value, f"the subflow {name!r} is a map with 'nodes'", report)
            continue
        for key, inner in entry.value.entries.items():
            if key not in _KEYS:
                message = f"{key!r} is no part of a subflow{hint(key, _KEYS, what='it has')}"
                report.error("unknown-key", inner.key.start, message)
            elif key != "doc" and not isinstance(inner.value, YamlMap):
                _wrong(inner.value, f"{key!r} of the subflow {name!r} is a map", report)
        if "nodes" not in entry.value.entries and not entry.value.incomplete:
            message = f"the subflow {name!r} has no nodes; add 'nodes:'"
            report.error("missing-key", entry.key.start, message)


def _wrong(value: Value, what: str, report: Report) -> None:
    if not (isinstance(value, Scalar) and value.unreadable):
        report.error("wrong-shape", value.start, f"{what}, got {kind_text(value)}")
