"""The outline of a flow file: its sections, and the ids of what is in them."""

import re
from collections.abc import Iterator

from oppleo_flow.flowfile.draft import ConnectionDraft, NodeDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Entry, Mark, Scalar, Value, YamlMap, kind_text

SECTIONS = (
    "flow",
    "format",
    "doc",
    "disabled",
    "vars",
    "connections",
    "nodes",
    "subflows",
    "tests",
)
FORMAT = "1"
RESERVED_IDS = frozenset({"flow", "in"})
_ID = re.compile(r"[a-z][a-z0-9_]*")
_FLOW_NAME = re.compile(r"[a-z][a-z0-9_-]*")


def read_shape(root: Value | None, report: Report) -> Scope:
    """Return the outline of a flow; what is wrong with it goes into `report`."""
    draft = Scope(report.text)
    if not isinstance(root, YamlMap):
        draft.all_nodes = draft.all_connections = False
        if not (root is None and report.has_errors_here):
            at = Mark(0, 0) if root is None else root.start
            message = f"a flow has 'flow', 'format' and 'nodes', and here is {kind_text(root)}"
            report.error("wrong-shape", at, message)
        return draft
    _unknown_sections(root, report)
    draft.name = _name(root, report)
    read_format(root, report)
    draft.doc = _doc(root, report)
    draft.disabled = root.get("disabled")
    draft.variables = root.get("vars")
    draft.subflows = root.get("subflows")
    draft.tests = root.get("tests")
    _connections(root, draft, report)
    _nodes(root, draft, report)
    return draft


def _unknown_sections(root: YamlMap, report: Report) -> None:
    for name, entry in root.entries.items():
        if name not in SECTIONS:
            message = f"{name!r} is not a part of a flow{hint(name, SECTIONS, what='it has')}"
            report.error("unknown-key", entry.key.start, message)


def read_format(root: YamlMap, report: Report) -> None:
    """Check that a file says that it is of the one format that there is."""
    value = root.get("format")
    if value is None:
        if not root.incomplete:
            report.error("format-missing", root.start, "'format' is missing; add 'format: 1'")
    elif not isinstance(value, Scalar):
        report.error("format-version", value.start, "'format' is a number; write 'format: 1'")
    elif value.text != FORMAT and not value.unreadable:
        message = f"'format' must be 1, got {value.text!r}; this version reads no other"
        report.error("format-version", value.start, message)


def _name(root: YamlMap, report: Report) -> str:
    value = root.get("flow")
    if value is None:
        if not root.incomplete:
            report.error("missing-key", root.start, "'flow' is missing; add 'flow: <its name>'")
        return ""
    if not isinstance(value, Scalar):
        report.error("wrong-shape", value.start, f"'flow' is a name, got {kind_text(value)}")
        return ""
    if not value.unreadable and not _FLOW_NAME.fullmatch(value.text):
        message = f"a flow's name is small letters, digits, - and _, got {value.text!r}; rename it"
        report.error("bad-id", value.start, message)
    return value.text


def _doc(root: YamlMap, report: Report) -> str:
    value = root.get("doc")
    if value is None:
        return ""
    if not isinstance(value, Scalar):
        report.error("wrong-shape", value.start, f"'doc' is text, got {kind_text(value)}")
        return ""
    return value.text


def _connections(root: YamlMap, draft: Scope, report: Report) -> None:
    section = _section(root, "connections", "a map of names and connections", report)
    if section is None:
        draft.all_connections = root.get("connections") is None and not root.incomplete
        return
    draft.all_connections = not section.incomplete
    for name, entry, body in _bodies(section, "connection", report):
        id_ = draft.prefix + name
        draft.connections[name] = ConnectionDraft(id_, name, entry.key, body)


def _nodes(root: YamlMap, draft: Scope, report: Report) -> None:
    if root.get("nodes") is None:
        draft.all_nodes = False
        if not root.incomplete:
            report.error("missing-key", root.start, "'nodes' is missing; add 'nodes:'")
        return
    section = _section(root, "nodes", "a map of ids and nodes", report)
    draft.all_nodes = section is not None and not section.incomplete
    if section is None:
        return
    add_nodes(section, draft, report)


def add_nodes(section: YamlMap, draft: Scope, report: Report) -> None:
    """Add the nodes of a map of ids and nodes."""
    for name, entry, body in _bodies(section, "node", report):
        if name in RESERVED_IDS:
            message = f"{name!r} is reserved; give the node another id"
            report.error("bad-id", entry.key.start, message, name)
        draft.parts[name] = NodeDraft(draft.prefix + name, entry.key, body, draft)


def _section(root: YamlMap, name: str, what: str, report: Report) -> YamlMap | None:
    value = root.get(name)
    if value is None:
        return None
    if isinstance(value, YamlMap):
        return value
    if not (isinstance(value, Scalar) and value.unreadable):
        message = f"{name!r} is {what}, got {kind_text(value)}"
        report.error("wrong-shape", value.start, message)
    return None


def _bodies(section: YamlMap, what: str, report: Report) -> Iterator[tuple[str, Entry, YamlMap]]:
    """Yield the parts of a section that are maps under a good name; report the others."""
    for name, entry in section.entries.items():
        if not _ID.fullmatch(name):
            advice = _as_id(name)
            message = (
                f"a {what}'s id is small letters, digits and _, got {name!r}"
                f"{f'; write {advice!r}' if advice else '; rename it'}"
            )
            report.error("bad-id", entry.key.start, message)
        body = entry.value
        if isinstance(body, YamlMap):
            yield name, entry, body
        elif isinstance(body, Scalar) and body.unreadable:
            yield name, entry, YamlMap({}, body.start, body.end, incomplete=True)
        else:
            message = f"a {what} is a map with a 'type', got {kind_text(body)}; add 'type: …' to it"
            report.error("wrong-shape", entry.key.start, message, name)
            yield name, entry, YamlMap({}, body.start, body.end, incomplete=True)


def _as_id(name: str) -> str:
    """Return an id like `name`; empty when nothing is left of it."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).lstrip("_0123456789").rstrip("_")
