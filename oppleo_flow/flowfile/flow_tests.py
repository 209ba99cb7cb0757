"""The `tests:` of a flow: whether they make sense, and what they make a runner do."""

from oppleo_flow.flowfile.case_names import Names
from oppleo_flow.flowfile.case_steps import WHERE, StepCheck
from oppleo_flow.flowfile.cases import FlowTest, Step, Stub, WorldWords
from oppleo_flow.flowfile.draft import FlowDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap, kind_text

CASE_KEYS = ("name", "at", "stub", "ignore", "do")


def check_tests(flow: FlowDraft, report: Report, world: WorldWords) -> tuple[FlowTest, ...]:
    """Return the tests of a flow; none is run.

    What is wrong with them goes into the report.
    """
    if flow.tests is None:
        return ()
    return tuple(_Cases(flow, report, world).check(flow.tests))


class _Cases:
    def __init__(self, flow: FlowDraft, report: Report, world: WorldWords) -> None:
        self._report = report
        self._names = Names(flow, report)
        self._steps = StepCheck(self._names, report, world)

    def check(self, section: Value) -> list[FlowTest]:
        """Check the whole section."""
        if not isinstance(section, YamlList):
            self._wrong(section, "'tests' is a list of cases")
            return []
        names: dict[str, Mark] = {}
        found: list[FlowTest] = []
        for case in section.items:
            if isinstance(case, YamlMap):
                found.append(self._case(case, names))
            else:
                self._wrong(case, "a test is a map with 'name' and 'do'")
        return found

    def _case(self, case: YamlMap, names: dict[str, Mark]) -> FlowTest:
        for key, entry in case.entries.items():
            if key not in CASE_KEYS:
                advice = hint(key, CASE_KEYS, what="it has")
                self._error("unknown-key", entry.key.start, f"{key!r} is no part of a test{advice}")
        at, name = case.get("at"), case.get("name")
        return FlowTest(
            name=self._name(case, names),
            place=self._report.place(case.start if name is None else name.start),
            at=None if at is None else self._steps.moment(at, "at"),
            stubs=self._stubs(case),
            ignore=self._ignored(case),
            steps=self._do(case),
        )

    def _name(self, case: YamlMap, names: dict[str, Mark]) -> str:
        name = case.get("name")
        if isinstance(name, Scalar):
            if name.text in names:
                line = names[name.text].line + 1
                message = f"a test is called {name.text!r} already, in line {line}; rename one"
                self._error("duplicate-key", name.start, message)
            names.setdefault(name.text, name.start)
            return name.text
        if name is not None:
            self._wrong(name, "a test's name is text")
        elif not case.incomplete:
            self._error("missing-key", case.start, "a test needs a 'name'; add one")
        return ""

    def _stubs(self, case: YamlMap) -> tuple[Stub, ...]:
        stub = case.entries.get("stub")
        if stub is None:
            return ()
        return tuple(one for one in self._steps.stubs(stub.key, stub.value) if one is not None)

    def _ignored(self, case: YamlMap) -> frozenset[str]:
        value = case.get("ignore")
        if value is None:
            return frozenset()
        found = [self._names.node(word) for word, _ in self._names.words(value, "a node")]
        return frozenset(node.id for node in found if node is not None)

    def _do(self, case: YamlMap) -> tuple[Step, ...]:
        steps = case.get("do")
        if isinstance(steps, YamlList):
            return tuple(made for step in steps.items for made in self._steps.steps(step))
        if steps is not None:
            self._wrong(steps, "'do' is a list of steps")
        elif not case.incomplete:
            self._error("missing-key", case.start, "a test needs steps; add 'do:'")
        return ()

    def _wrong(self, value: Value, what: str) -> None:
        if not (isinstance(value, Scalar) and value.unreadable):
            self._error("wrong-shape", value.start, f"{what}, got {kind_text(value)}")

    def _error(self, code: str, at: Mark, message: str) -> None:
        self._report.error(code, at, message, WHERE)
