"""The `tests:` of a flow: whether their steps are known and name what the flow has."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.options import parse_seconds

_CASE_KEYS = ("name", "at", "stub", "do")
_WHERE = "tests"


def check_tests(flow: FlowDraft, report: Report) -> None:
    """Check every case; none is run."""
    if flow.tests is not None:
        _Cases(flow, report).check(flow.tests)


class _Cases:
    def __init__(self, flow: FlowDraft, report: Report) -> None:
        self._flow = flow
        self._report = report
        self._steps: Mapping[str, Callable[[Value], None]] = {
            "send": self._send,
            "expect": self._expect,
            "expect_none": self._names,
            "expect_state": self._state,
            "expect_error": self._names,
            "advance": self._advance,
            "fail": self._names,
            "stub": self._stub,
        }

    def check(self, section: Value) -> None:
        """Check the whole section."""
        if not isinstance(section, YamlList):
            self._wrong(section, "'tests' is a list of cases")
            return
        names: dict[str, Mark] = {}
        for case in section.items:
            if not isinstance(case, YamlMap):
                self._wrong(case, "a test is a map with 'name' and 'do'")
                continue
            self._case(case, names)

    def _case(self, case: YamlMap, names: dict[str, Mark]) -> None:
        for key, entry in case.entries.items():
            if key not in _CASE_KEYS:
                advice = hint(key, _CASE_KEYS, what="it has")
                self._error("unknown-key", entry.key.start, f"{key!r} is no part of a test{advice}")
        name = case.get("name")
        if isinstance(name, Scalar):
            if name.text in names:
                line = names[name.text].line + 1
                message = f"a test is called {name.text!r} already, in line {line}; rename one"
                self._error("duplicate-key", name.start, message)
            names.setdefault(name.text, name.start)
        elif name is not None:
            self._wrong(name, "a test's name is text")
        elif not case.incomplete:
            self._error("missing-key", case.start, "a test needs a 'name'; add one")
        self._at(case.get("at"))
        stub = case.get("stub")
        if stub is not None:
            self._stub(stub)
        self._do(case)

    def _at(self, value: Value | None) -> None:
        if value is None or (isinstance(value, Scalar) and value.unreadable):
            return
        if isinstance(value, Scalar) and _is_moment(value.text):
            return
        message = (
            f"'at' must be a moment with its offset, such as 2026-01-15T23:30:00+01:00{got(value)}"
        )
        self._error("option-value", value.start, message)

    def _do(self, case: YamlMap) -> None:
        steps = case.get("do")
        if steps is None:
            if not case.incomplete:
                self._error("missing-key", case.start, "a test needs steps; add 'do:'")
        elif not isinstance(steps, YamlList):
            self._wrong(steps, "'do' is a list of steps")
        else:
            for step in steps.items:
                self._step(step)

    def _step(self, step: Value) -> None:
        if not isinstance(step, YamlMap):
            self._wrong(step, "a step is a map such as {advance: 10s}")
            return
        for word, entry in step.entries.items():
            if word not in self._steps:
                advice = hint(word, self._steps, what="known")
                message = f"{word!r} is not a step{advice}"
                self._error("unknown-step", entry.key.start, message)
            elif not (isinstance(entry.value, Scalar) and entry.value.unreadable):
                self._steps[word](entry.value)

    # -- steps -----------------------------------------------------------------------------------

    def _advance(self, value: Value) -> None:
        try:
            ok = isinstance(value, Scalar) and isinstance(parse_seconds(value.text), float)
        except ValueError:
            ok = False
        if not ok:
            message = f"'advance' must be a duration such as 10s or 1h30m{got(value)}"
            self._error("option-value", value.start, message)

    def _send(self, value: Value) -> None:
        """A source is a node, or one of its outputs."""
        for node, port, at in self._references(value):
            outputs = [name for name in node.outputs or () if name != "error"]
            if node.outputs is None:
                continue
            if port is not None and port not in node.outputs:
                self._no_port(node, port, outputs, at, "output")
            elif port is None and len(outputs) > 1 and "out" not in outputs:
                choices = ", ".join(f"{node.id}.{name}" for name in outputs)
                message = f"{node.id!r} has {len(outputs)} outputs; say which: {choices}"
                self._error("ambiguous-port", at, message)

    def _expect(self, value: Value) -> None:
        """What reached a node, or what left it at a named output."""
        for node, port, at in self._references(value):
            if port is not None and node.outputs is not None and port not in node.outputs:
                self._no_port(node, port, list(node.outputs), at, "output")

    def _state(self, value: Value) -> None:
        for node, _, _ in self._references(value):
            entry = value.entries[node.id] if isinstance(value, YamlMap) else None
            if entry is None or node.spec is None or not isinstance(entry.value, YamlMap):
                continue
            for name, attribute in entry.value.entries.items():
                if name not in node.spec.state:
                    advice = hint(name, node.spec.state, what="it has")
                    message = f"{node.spec.type_name} has no state {name!r}{advice}"
                    self._error("unknown-state", attribute.key.start, message)

    def _stub(self, value: Value) -> None:
        """Answers that a node gives on its outputs instead of its own."""
        for node, _, _ in self._references(value):
            entry = value.entries[node.id] if isinstance(value, YamlMap) else None
            if entry is None or node.outputs is None:
                continue
            if not isinstance(entry.value, YamlMap):
                self._wrong(entry.value, f"a stub of {node.id!r} is a map of outputs and payloads")
                continue
            for port, answer in entry.value.entries.items():
                if port not in node.outputs:
                    self._no_port(node, port, list(node.outputs), answer.key.start, "output")

    def _names(self, value: Value) -> None:
        for _ in self._references(value):
            """Only their names matter."""

    # -- names -----------------------------------------------------------------------------------

    def _references(self, value: Value) -> Iterator[tuple[NodeDraft, str | None, Mark]]:
        """Yield the nodes and ports that a step names, as keys, items or one word."""
        match value:
            case YamlMap():
                words = [entry.key for entry in value.entries.values()]
            case YamlList():
                words = [item for item in value.items if isinstance(item, Scalar)]
            case Scalar():
                words = [value]
        for word in words:
            if word.unreadable:
                continue
            name, _, port = word.text.partition(".")
            node = self._flow.nodes.get(name)
            if node is not None:
                yield node, port or None, word.start
            elif self._flow.all_nodes:
                message = f"there is no node {name!r}{hint(name, self._flow.nodes, what='nodes')}"
                self._error("unknown-node", word.start, message)

    def _no_port(self, node: NodeDraft, port: str, known: list[str], at: Mark, what: str) -> None:
        advice = hint(port, known, what="it has")
        self._error("unknown-port", at, f"{node.id!r} has no {what} {port!r}{advice}")

    def _wrong(self, value: Value, what: str) -> None:
        if not (isinstance(value, Scalar) and value.unreadable):
            self._error("wrong-shape", value.start, f"{what}, got {kind_text(value)}")

    def _error(self, code: str, at: Mark, message: str) -> None:
        self._report.error(code, at, message, _WHERE)


def _is_moment(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
