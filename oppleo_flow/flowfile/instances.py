"""Instances of subflows: each gets a copy of the nodes, with its parameters put in."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from pydantic import Field

from oppleo_flow.flowfile.draft import InstanceDraft, NodeDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.option_check import OptionCheck, Subject
from oppleo_flow.flowfile.parameters import Parameter, model_of
from oppleo_flow.flowfile.secrets import SecretFill
from oppleo_flow.flowfile.shape import RESERVED_IDS, add_nodes
from oppleo_flow.flowfile.subflows import SUBFLOW, SubflowDraft
from oppleo_flow.flowfile.suggest import closest, hint
from oppleo_flow.flowfile.tree import Scalar, Text, Value, YamlMap, copied, scalars
from oppleo_flow.flowfile.variables import (
    REPORTED,
    Lookup,
    VariableError,
    fill_in,
    whole_name,
)
from oppleo_flow.node_spec import RESERVED_OPTIONS
from oppleo_flow.options import NodeConfig

NEVER_FILLED: Final = frozenset({"type", "from"})
MOST_NODES: Final = 5_000
_OWN_OPTIONS: Final = frozenset({"type", "from", "doc", "disabled"})
_Own = Mapping[str, SubflowDraft | None]


class _InstanceOptions(NodeConfig):
    """The options that an instance has besides its parameters."""

    doc: str = Field("", description="What people call it, and what it is for.")
    disabled: bool = Field(False, description="None of its nodes runs.")


class Instances:
    """Puts the inside of a subflow in the place of every node of the type `flow:name`.

    `shared` returns a subflow that has a file of its own, `shared_names` all there are.
    """

    def __init__(
        self,
        report: Report,
        secrets: SecretFill,
        environ: Mapping[str, str],
        shared: Callable[[str], SubflowDraft | None],
        shared_names: Callable[[], Iterable[str]],
    ) -> None:
        self._report = report
        self._secrets = secrets
        self._environ = environ
        self._shared = shared
        self._shared_names = shared_names
        self._options = OptionCheck(report)
        self._count = 0

    def expand(self, scope: Scope, own: _Own, chain: tuple[SubflowDraft, ...] = ()) -> None:
        """Make the instances of a scope, and those inside them."""
        for name, part in scope.parts.items():
            type_name = part.body.get("type")
            if not isinstance(part, NodeDraft) or not isinstance(type_name, Scalar):
                continue
            if type_name.text.startswith(SUBFLOW) and not type_name.unreadable:
                subflow = self._find(part, type_name, own, chain)
                if subflow is not None:
                    scope.parts[name] = self._instance(part, subflow, own, chain)

    def alone(self, subflow: SubflowDraft, own: _Own, home: Scope, given: YamlMap | None) -> Scope:
        """Return the inside of a subflow for itself, as if `home` used it.

        `given` are the parameters; None where what they stand for is not known.
        """
        text = Text(subflow.text.file, subflow.text.lines)
        scope = Scope(text, name=subflow.name, doc=subflow.doc, subflow=subflow)
        scope.all_connections = False
        if given is None:
            values = {n: one.default if one else None for n, one in subflow.parameters.items()}
        else:
            scope.connections, scope.all_connections = home.connections, home.all_connections
            about = Subject(given.start, subflow.type_name, "tests", prefix="params.")
            values = self._values(given, subflow, about, frozenset())
        self._fill(scope, subflow, values)
        self.expand(scope, {} if subflow.shared else own, (subflow,))
        return scope

    def _find(
        self, part: NodeDraft, type_name: Scalar, own: _Own, chain: tuple[SubflowDraft, ...]
    ) -> SubflowDraft | None:
        """Return the subflow that a node names; None for one that cannot be used."""
        name = type_name.text.removeprefix(SUBFLOW)
        found = own[name] if name in own else self._shared(name)
        if found is None:
            if name not in own and name not in (known := [*self._shared_names()]):
                advice = hint(name, [*own, *known], what="subflows") or "; add it under subflows"
                message = f"there is no subflow {name!r}{advice}"
                self._report.error("unknown-subflow", type_name.start, message, part.id)
            return None
        found.used = True
        if found in chain:
            circle = [one.name for one in (*chain[chain.index(found) :], found)]
            message = f"the subflow {name!r} contains itself: {' → '.join(circle)}; take one out"
            self._report.error("subflow-cycle", type_name.start, message, part.id)
            return None
        self._count += len(found.nodes.entries) if found.nodes is not None else 0
        if self._count > MOST_NODES:
            message = f"with its subflows the flow has more than {MOST_NODES} nodes; use fewer"
            self._report.error("too-large", type_name.start, message, part.id)
            return None
        return found

    def _instance(
        self, part: NodeDraft, subflow: SubflowDraft, own: _Own, chain: tuple[SubflowDraft, ...]
    ) -> InstanceDraft:
        self._refuse_reserved(part, subflow)
        subject = Subject(part.at, f"node {part.key.text!r}", part.id)
        options = self._options.check(
            _InstanceOptions, part.body.only(("doc", "disabled")), subject
        )
        about = Subject(part.at, subflow.type_name, part.id, sorted(_OWN_OPTIONS))
        values = self._values(part.body, subflow, about, _OWN_OPTIONS | RESERVED_OPTIONS)
        text = Text(subflow.text.file, subflow.text.lines, f"{part.id}.")
        inside = Scope(
            text,
            connections=part.home.connections,
            all_connections=part.home.all_connections,
            off=part.home.off or (options is not None and options.disabled),
            subflow=subflow,
        )
        doc = "" if options is None else options.doc
        made = InstanceDraft(part.id, part.key, part.body, part.home, subflow, inside, doc)
        inside.within = made
        self._fill(inside, subflow, values)
        self.expand(inside, {} if subflow.shared else own, (*chain, subflow))
        return made

    def _refuse_reserved(self, part: NodeDraft, subflow: SubflowDraft) -> None:
        for name, entry in part.body.entries.items():
            if name in RESERVED_OPTIONS - _OWN_OPTIONS:
                message = (
                    f"{name!r} is an option of nodes, and {subflow.type_name} is a subflow; "
                    "give it to the nodes inside"
                )
                self._report.error("unknown-option", entry.key.start, message, part.id)

    def _values(
        self, body: YamlMap, subflow: SubflowDraft, about: Subject, skip: frozenset[str]
    ) -> dict[str, Scalar | None]:
        """Return what stands for each parameter: what a body gives, else its default.

        What is wrong counts as not known, so that nobody inside complains of it again.
        """
        right = subflow.model is None or (
            self._options.check(subflow.model, body, about, skip=skip) is not None
        )
        values: dict[str, Scalar | None] = {}
        for name, parameter in subflow.parameters.items():
            given = body.get(name)
            if parameter is None or (given is not None and not isinstance(given, Scalar)):
                values[name] = None
            elif given is None:
                values[name] = parameter.default
            else:
                values[name] = given if right or _takes(parameter, body) else None
        return values

    def _fill(
        self, scope: Scope, subflow: SubflowDraft, values: Mapping[str, Scalar | None]
    ) -> None:
        """Give a scope its own copy of a subflow's nodes, with the parameters put in."""
        if subflow.nodes is None:
            scope.all_nodes = False
            return
        nodes = copied(subflow.nodes, scope.text)
        assert isinstance(nodes, YamlMap)
        scope.all_nodes = not nodes.incomplete
        add_nodes(nodes, scope, Report("", ()))  # what is wrong with their ids has been told
        for reserved in RESERVED_IDS:
            scope.parts.pop(reserved, None)
        filling = _Filling(subflow, values, self._environ, self._report)
        for part in scope.parts.values():
            for option, entry in part.body.entries.items():
                if option not in NEVER_FILLED:
                    filling.fill(entry.value, part.id)
                    self._secrets.fill(entry.value, part.id)
                else:
                    refuse_variable(entry.value, option, part.id, self._report)


class _Filling:
    """Puts the parameters of one instance into its copy of a subflow.

    `values` has None for one that is not known: what needs it is unreadable, without a word.
    """

    def __init__(
        self,
        subflow: SubflowDraft,
        values: Mapping[str, Scalar | None],
        environ: Mapping[str, str],
        report: Report,
    ) -> None:
        self._subflow = subflow
        self._values = values
        self._environ = environ
        self._report = report

    def fill(self, value: Value, node: str) -> None:
        """Fill in every scalar of a value."""
        for scalar in scalars(value):
            name = whole_name(scalar)
            given = self._values.get(name)
            if given is None or given.unreadable:
                fill_in(scalar, self._look_up, self._report, node)
                continue
            if given.secret:
                self._subflow.taken.add(name)
                scalar.text, scalar.secret, scalar.hidden = given.text, True, given.hidden
            elif fill_in(scalar, self._look_up, self._report, node):
                scalar.plain = scalar.plain and given.plain
            parameter = self._subflow.parameters[name]
            if parameter is not None and given is not parameter.default:
                scalar.given = given.given or given.start

    def _look_up(self, lookup: Lookup) -> str | None:
        if lookup.environment:
            return self._environ.get(lookup.name)
        if lookup.name not in self._subflow.parameters:
            if lookup.default is not None:
                return None
            known = self._subflow.parameters
            advice = hint(lookup.name, known, what="it has") or "; add it under params"
            self._subflow.taken.add(closest(lookup.name, known) or "")
            message = f"the subflow {self._subflow.name!r} has no parameter {lookup.name!r}{advice}"
            raise VariableError("missing-variable", lookup.offset, message)
        self._subflow.taken.add(lookup.name)
        value = self._values[lookup.name]
        if value is None or value.unreadable:
            raise VariableError(REPORTED, lookup.offset, "what it stands for is not known")
        if value.secret:
            message = f"a secret cannot be a part of a text; write $({lookup.name}) alone"
            raise VariableError("secret-place", lookup.offset, message)
        return "" if value.plain and value.text in ("~", "null") else value.text


def refuse_variable(value: Value, option: str, node: str, report: Report) -> None:
    """Report a `$(…)` where none can be."""
    if isinstance(value, Scalar) and "$(" in value.text and not value.unreadable:
        message = f"{option!r} takes no variables; write the name itself"
        report.error("bad-variable", value.start, message, node)
        value.unreadable = True


def _takes(parameter: Parameter, body: YamlMap) -> bool:
    """Return whether a parameter takes what a body gives it."""
    given = body.only((parameter.name,))
    quiet = OptionCheck(Report("", ()))
    return quiet.check(model_of([parameter]), given, Subject(parameter.at, "")) is not None
