"""A flow and all that it leads to: other flows, subflows, and the types of all their nodes."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from oppleo_flow.flowfile.draft import FlowDraft, Scope
from oppleo_flow.flowfile.files import FlowFiles
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.instances import NEVER_FILLED, Instances, refuse_variable
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.migrations import Migration
from oppleo_flow.flowfile.option_words import got
from oppleo_flow.flowfile.payload_names import PayloadNames
from oppleo_flow.flowfile.secrets import SecretFill
from oppleo_flow.flowfile.settings import CheckSettings
from oppleo_flow.flowfile.shape import read_format, read_shape
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.subflows import SubflowDraft, Subflows, truth_of
from oppleo_flow.flowfile.tree import Mark, Scalar, Text, Value, YamlMap, scalars
from oppleo_flow.flowfile.type_check import TypeCheck
from oppleo_flow.flowfile.variables import Variables, report_unknown_overrides
from oppleo_flow.node_spec import refs
from oppleo_flow.registry import Registry

ELSEWHERE: Final = re.compile(r"(?P<flow>[a-z][a-z0-9_-]*)/(?P<rest>[A-Za-z0-9_.-]+)")


class Loading:
    """Reads flows until none refers to one that has not been read.

    `used_secrets` are the values of the secrets, so that none is printed.
    """

    def __init__(
        self, files: FlowFiles, registry: Registry, settings: CheckSettings, report: Report
    ) -> None:
        self._files = files
        self._settings = settings
        self._report = report
        self._secrets = SecretFill(settings.secrets, report)
        self._types = TypeCheck(
            registry,
            report,
            placeholders=settings.placeholders,
            site_names=settings.site_names,
        )
        self._subflows = Subflows(report, PayloadNames(registry))
        self._instances = Instances(
            report, self._secrets, settings.environ, self.shared, files.subflows
        )
        self._shared: dict[str, SubflowDraft | None] = {}
        self._own: list[tuple[Mapping[str, SubflowDraft | None], Scope]] = []
        self._variables: list[Variables] = []
        self._kinds: dict[type, Mapping[str, Any]] = {}
        self.used_secrets: Mapping[str, str] = self._secrets.used

    def load(self, text: str) -> FlowDraft:
        """Return the flow of a text, and all the flows that it leads to."""
        main = read_shape(parse(text, self._report), self._report)
        name = self._files.main
        flow = FlowDraft(main, {name: main}, name, self._files.flows)
        waiting = [main]
        while waiting:
            scope = waiting.pop(0)
            self._complete(scope)
            flow.add(scope)
            for name in self._mentioned(scope):
                if name not in flow.flows and (other := self._files.flow(name)) is not None:
                    flow.flows[name] = self._other(name, *other)
                    waiting += [read for read in [flow.flows[name]] if read is not None]
        report_unknown_overrides(self._settings.variables, self._variables, self._report)
        return flow

    def subflows(self) -> Iterator[SubflowDraft]:
        """Yield every subflow that was read."""
        for own, _ in self._own:
            yield from filter(None, own.values())
        yield from filter(None, self._shared.values())

    def alone(self, subflow: SubflowDraft, given: YamlMap | None) -> Scope:
        """Return the inside of a subflow for itself, with some parameters; None: all unknown."""
        found = ((own, home) for own, home in self._own if subflow in own.values())
        own, home = next(found, self._own[0] if self._own else ({}, _nowhere()))
        inside = self._instances.alone(subflow, own, home, given)
        self._types.check(inside)
        return inside

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """Return what a save has to write, besides, into the files that were read."""
        return tuple(self._types.migrations)

    def owners_in_subflows(self) -> list[tuple[str, int, int, str]]:
        """Return which lines of the subflows belong to which node."""
        nodes = [one.nodes for one in self.subflows() if one.nodes is not None]
        return [_owner(e.key, e.value.end) for inner in nodes for e in inner.entries.values()]

    @staticmethod
    def owners(flow: FlowDraft) -> list[tuple[str, int, int, str]]:
        """Return which lines of which file belong to which node or connection."""
        parts = [part for scope in flow.scopes for part in scope.parts.values()]
        return [_owner(one.key, one.body.end) for one in (*flow.connections.values(), *parts)]

    def _other(self, name: str, file: str, text: str | Finding) -> Scope | None:
        """Return the outline of another flow; None when its file cannot be read."""
        if isinstance(text, Finding):
            self._report.add([text])
            return None
        report = self._report.beside(Text(file, split_lines(text), f"{name}/"))
        return read_shape(parse(text, report), report)

    def _complete(self, scope: Scope) -> None:
        """Fill in a flow's variables, secrets, subflows and types."""
        variables = Variables(
            scope.variables, self._settings.variables, self._settings.environ, self._report
        )
        self._variables.append(variables)
        for part in (*scope.connections.values(), *scope.parts.values()):
            for option, entry in part.body.entries.items():
                if option not in NEVER_FILLED:
                    variables.fill(entry.value, part.id)
                    self._secrets.fill(entry.value, part.id)
                else:
                    refuse_variable(entry.value, option, part.id, self._report)
        variables.fill(scope.tests, "tests")
        variables.fill(scope.disabled)
        scope.off = self._off(scope.disabled)
        own = self._subflows.of_flow(scope.subflows, scope.text)
        self._own.append((own, scope))
        self._instances.expand(scope, own)
        self._types.check(scope)

    def _off(self, value: Value | None) -> bool:
        truth = None if value is None else truth_of(value)
        if (
            value is not None
            and truth is None
            and not (isinstance(value, Scalar) and value.unreadable)
        ):
            message = f"'disabled' must be on or off{got(value)}"
            self._report.error("option-value", value.start, message)
        return truth is True

    def _mentioned(self, scope: Scope) -> Iterator[str]:
        """Yield the flows that a flow refers to: in a `from`, or as where a connection is."""
        for part in scope.parts.values():
            for scalar in scalars(part.body.get("from")):
                yield from _flow_in(scalar)
        for node in scope.all_nodes_inside():
            if node.spec is not None:
                for option in self._refs(node.spec.config):
                    yield from _flow_in(node.body.get(option))
        for inner in scope.all_scopes():
            for instance in inner.instances.values():
                for name, parameter in instance.subflow.parameters.items():
                    if parameter is not None and parameter.kind == "connection":
                        yield from _flow_in(instance.body.get(name))

    def _refs(self, config: type) -> Mapping[str, Any]:
        if config not in self._kinds:
            self._kinds[config] = refs(config)
        return self._kinds[config]

    def shared(self, name: str) -> SubflowDraft | None:
        """Return a subflow that has a file of its own; None when there is none that is right."""
        if name not in self._shared:
            self._shared[name] = self._read_shared(name)
        return self._shared[name]

    def _read_shared(self, name: str) -> SubflowDraft | None:
        found = self._files.subflow(name)
        if found is None:
            return None
        file, text = found
        if isinstance(text, Finding):
            self._report.add([text])
            return None
        report = self._report.beside(Text(file, split_lines(text)))
        root = parse(text, report)
        if not isinstance(root, YamlMap):
            if root is not None or not report.has_errors_here:
                message = "a subflow's file has 'subflow', 'format' and 'nodes', and here is none"
                report.error("wrong-shape", root.start if root else Mark(0, 0), message)
            return None
        read_format(root, report)
        return self._subflows.shared(root, name, report.text)


def _nowhere() -> Scope:
    """Return a flow of which nothing is known."""
    return Scope(Text("", ()), all_connections=False)


def _owner(key: Scalar, end: Mark) -> tuple[str, int, int, str]:
    """Return the lines of a part; a map in block form ends where the next thing begins."""
    begin = key.start
    last = end.line - 1 if end.column <= begin.column else end.line
    return begin.text.file if begin.text else "", begin.line, last, key.text


def _flow_in(value: Value | None) -> Iterator[str]:
    """Yield the flow that a reference is to, if it is to another."""
    found = ELSEWHERE.fullmatch(value.text) if isinstance(value, Scalar) else None
    if found is not None:
        yield found["flow"]
