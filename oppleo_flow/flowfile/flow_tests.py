"""The `tests:` of a flow: whether they make sense, and what they make a runner do."""

from collections.abc import Callable, Iterator

from oppleo_flow.flowfile.case_names import Names
from oppleo_flow.flowfile.case_steps import WHERE, StepCheck
from oppleo_flow.flowfile.cases import FlowTest, Step, Stub, WorldWords
from oppleo_flow.flowfile.draft import FlowDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.suggest import hint
from oppleo_flow.flowfile.tree import Mark, Scalar, Value, YamlList, YamlMap, kind_text
from oppleo_flow.options import NodeConfig, known_zone

CASE_KEYS = ("name", "at", "timezone", "stub", "ignore", "do")
GIVEN = "given"
"""What a test may have besides, where the world has words for it."""
VARS = "vars"
"""What a test of a flow may have besides."""
PARAMS = "params"
"""What a test of a subflow may have besides."""


def check_tests(
    flow: FlowDraft, report: Report, words: Callable[[], WorldWords]
) -> tuple[FlowTest, ...]:
    """Return the tests of the main flow; none is run.

    What is wrong with them, or with those of other flows, goes into the report.
    """
    tests: tuple[FlowTest, ...] = ()
    for scope in filter(None, flow.flows.values()):
        if scope.tests is not None:
            cases = Cases(flow, scope, report, words())
            made = tuple(cases.section(scope.tests))
            tests = made if scope is flow.main else tests
    return tests


class Cases:
    """Reads the tests of one flow, or of one subflow."""

    def __init__(self, flow: FlowDraft, scope: Scope, report: Report, world: WorldWords) -> None:
        self._declared = scope.variables
        self._report = report
        self._names = Names(flow, scope, report)
        self._steps = StepCheck(self._names, report, world)
        self._premise = world.premise
        worldly = (GIVEN,) if world.premise is not None else ()
        self._keys = (*CASE_KEYS, VARS if scope.subflow is None else PARAMS, *worldly)

    def section(self, section: Value) -> list[FlowTest]:
        """Return the tests of a whole section."""
        names: dict[str, Mark] = {}
        return [self.case(case, names) for case in cases_in(section, self._report)]

    def case(self, case: YamlMap, names: dict[str, Mark]) -> FlowTest:
        """Return one test; `names` are those that there are already."""
        for key, entry in case.entries.items():
            if key not in self._keys:
                advice = hint(key, self._keys, what="it has")
                self._error("unknown-key", entry.key.start, f"{key!r} is no part of a test{advice}")
        at, name = case.get("at"), case.get("name")
        return FlowTest(
            name=self._name(case, names),
            place=self._report.place(case.start if name is None else name.start),
            at=None if at is None else self._steps.moment(at, "at"),
            timezone=self._timezone(case),
            variables=self._variables(case),
            stubs=self._stubs(case),
            ignore=self._ignored(case),
            given=self._given(case),
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

    def _timezone(self, case: YamlMap) -> str | None:
        """Return the zone of the site that the test is about."""
        value = case.get("timezone")
        if value is None or (isinstance(value, Scalar) and value.unreadable):
            return None
        if not isinstance(value, Scalar):
            self._wrong(value, "'timezone' is the name of a time zone")
            return None
        try:
            return known_zone(value.text)
        except ValueError as error:
            self._error("option-value", value.start, f"'timezone': {error}{got(value)}")
            return None

    def _variables(self, case: YamlMap) -> dict[str, str]:
        """Return the variables of the flow that have another value for this test."""
        value = case.get(VARS)
        if not isinstance(value, YamlMap):
            if value is not None:
                self._wrong(value, "'vars' is a map of variables and values")
            return {}
        known = self._declared.entries if isinstance(self._declared, YamlMap) else {}
        found = {}
        for name, entry in value.entries.items():
            if name not in known:
                advice = hint(name, known, what="it has")
                message = f"the flow has no variable {name!r}{advice}"
                self._error("unknown-key", entry.key.start, message)
            elif isinstance(entry.value, Scalar):
                found[name] = entry.value.text
            else:
                self._wrong(entry.value, f"a value of {name!r} is text")
        return found

    def _stubs(self, case: YamlMap) -> tuple[Stub, ...]:
        stub = case.entries.get("stub")
        if stub is None:
            return ()
        return tuple(one for one in self._steps.stubs(stub.key, stub.value) if one is not None)

    def _given(self, case: YamlMap) -> NodeConfig | None:
        given = case.entries.get(GIVEN)
        if given is None or self._premise is None:
            return None
        return self._steps.given(given.key, given.value, self._premise)

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
        _wrong(value, what, self._report)

    def _error(self, code: str, at: Mark, message: str) -> None:
        self._report.error(code, at, message, WHERE)


def cases_in(section: Value, report: Report) -> Iterator[YamlMap]:
    """Yield the cases of a section as far as they can be read."""
    if not isinstance(section, YamlList):
        _wrong(section, "'tests' is a list of cases", report)
        return
    for case in section.items:
        if isinstance(case, YamlMap):
            yield case
        else:
            _wrong(case, "a test is a map with 'name' and 'do'", report)


def _wrong(value: Value, what: str, report: Report) -> None:
    if not (isinstance(value, Scalar) and value.unreadable):
        report.error("wrong-shape", value.start, f"{what}, got {kind_text(value)}", WHERE)
