"""Flow text → everything that is wrong with it, and, when nothing is, the graph.

The passes run one after the other over the whole flow, and each goes on where an earlier one found
something, so that one run tells everything.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from oppleo_flow.flowfile.cases import FlowTest, WorldWords
from oppleo_flow.flowfile.cycles import check_cycles
from oppleo_flow.flowfile.draft import ConnectionDraft, FlowDraft, NodeDraft, WireDraft
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.flow_tests import check_tests
from oppleo_flow.flowfile.graph import Graph, GraphConnection, GraphNode, MissingNode, Wire
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.migrations import Migration
from oppleo_flow.flowfile.reach import check_reach
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.references import References
from oppleo_flow.flowfile.resources import check_claims, check_connections
from oppleo_flow.flowfile.safety import check_safety
from oppleo_flow.flowfile.secrets import SecretFill, SecretSource
from oppleo_flow.flowfile.shape import read_shape
from oppleo_flow.flowfile.source import parse
from oppleo_flow.flowfile.subflows import check_subflows
from oppleo_flow.flowfile.tree import Scalar
from oppleo_flow.flowfile.type_check import TypeCheck
from oppleo_flow.flowfile.variables import Variables
from oppleo_flow.flowfile.wires import WireCheck
from oppleo_flow.node_spec import PortKind
from oppleo_flow.registry import Registry

_NEVER_FILLED = frozenset({"type", "from"})


@dataclass(frozen=True, slots=True)
class CheckSettings:
    """What a check needs to know besides the file.

    `variables` override the flow's own, as `--set` does; `environ` is what `$(env.NAME)` reads;
    `simulate` puts every connection on its simulated twin.  With `placeholders`, a node whose type
    is not there is a warning, and stands in the graph as missing, instead of an error.
    `world_words` is what the tests of a flow may say of a world; asked only where there are tests.
    """

    variables: Mapping[str, str] = field(default_factory=dict)
    environ: Mapping[str, str] = field(default_factory=dict)
    secrets: SecretSource | None = None
    simulate: bool = False
    placeholders: bool = False
    world_words: Callable[[], WorldWords] = WorldWords


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check found; `graph` is None if and only if there are errors.

    `migrations` are what a save of the flow has to write besides; `tests` are the flow's own, ready
    to be run.
    """

    graph: Graph | None
    findings: tuple[Finding, ...]
    migrations: tuple[Migration, ...] = ()
    tests: tuple[FlowTest, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return what must be mended."""
        return tuple(finding for finding in self.findings if finding.severity == "error")

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """Return what is worth a look."""
        return tuple(finding for finding in self.findings if finding.severity == "warning")

    @property
    def infos(self) -> tuple[Finding, ...]:
        """Return what is only worth knowing."""
        return tuple(finding for finding in self.findings if finding.severity == "info")

    @property
    def ok(self) -> bool:
        """Return whether the flow can run."""
        return self.graph is not None


def check_file(
    path: str | Path, registry: Registry, settings: CheckSettings | None = None
) -> CheckResult:
    """Check a flow file; one that cannot be read is a finding, too."""
    read = read_text(path)
    if isinstance(read, Finding):
        return CheckResult(None, (read,))
    return check_text(read, str(path), registry, settings)


def check_text(
    text: str, file: str, registry: Registry, settings: CheckSettings | None = None
) -> CheckResult:
    """Check the text of a flow; `file` is how its findings name it."""
    settings = settings or CheckSettings()
    report = Report(file, split_lines(text))
    flow = read_shape(parse(text, report), report)
    secrets = _fill(flow, settings, report)
    types = TypeCheck(registry, report, placeholders=settings.placeholders)
    types.check(flow)
    References(flow, report).resolve()
    check_connections(flow, report)
    WireCheck(flow, report).check()
    check_cycles(flow, report)
    check_reach(flow, report)
    check_claims(flow, report)
    check_safety(flow, report)
    check_subflows(flow.subflows, report)
    world = settings.world_words() if flow.tests is not None else WorldWords()
    tests = check_tests(flow, report, world)
    graph = None if report.has_errors else _graph(flow, settings, report)
    findings = report.findings(secrets.used.values(), _ranges(flow))
    runnable = () if graph is None else tests
    return CheckResult(graph, findings, tuple(types.migrations), runnable)


def _fill(flow: FlowDraft, settings: CheckSettings, report: Report) -> SecretFill:
    """Put variables and secrets into every value that may have them."""
    variables = Variables(flow.variables, settings.variables, settings.environ, report)
    secrets = SecretFill(settings.secrets, report)
    parts: list[NodeDraft | ConnectionDraft] = [*flow.connections.values(), *flow.nodes.values()]
    for part in parts:
        name = part.key.text
        for option, entry in part.body.entries.items():
            if option not in _NEVER_FILLED:
                variables.fill(entry.value, name)
                secrets.fill(entry.value, name)
            elif isinstance(entry.value, Scalar) and "$(" in entry.value.text:
                message = f"{option!r} takes no variables; write the name itself"
                report.error("bad-variable", entry.value.start, message, name)
                entry.value.unreadable = True
    variables.fill(flow.tests, "tests")
    variables.report_unknown_overrides()
    return secrets


def _ranges(flow: FlowDraft) -> list[tuple[int, int, str]]:
    """Return which lines belong to which node or connection."""
    parts: list[NodeDraft | ConnectionDraft] = [*flow.connections.values(), *flow.nodes.values()]
    return [(part.key.start.line, _last_line(part), part.key.text) for part in parts]


def _last_line(part: NodeDraft | ConnectionDraft) -> int:
    """Return the last line; a map in block form ends where the next thing begins."""
    end = part.body.end
    return end.line - 1 if end.column <= part.key.start.column else end.line


def _graph(flow: FlowDraft, settings: CheckSettings, report: Report) -> Graph:
    """Return the graph of a flow without errors."""
    there = [node for node in flow.nodes.values() if node.missing is None]
    missing = [node for node in flow.nodes.values() if node.missing is not None]
    return Graph(
        name=flow.name,
        doc=flow.doc,
        file=report.file,
        nodes={node.id: _node(node, report) for node in there},
        connections={c.name: _connection(c, settings, report) for c in flow.connections.values()},
        wires=tuple(wire for node in flow.nodes.values() for wire in _wires(node, flow, report)),
        missing={node.id: _missing(node, report) for node in missing},
    )


def _node(draft: NodeDraft, report: Report) -> GraphNode:
    if draft.spec is None or draft.config is None or draft.options is None:
        raise AssertionError(f"node {draft.id!r} passed the check without being complete")
    options = draft.options
    return GraphNode(
        id=draft.id,
        spec=draft.spec,
        config=draft.config,
        place=report.place(draft.at),
        inbox=draft.inbox,
        on_error=options.on_error.made(),
        connections=draft.connections,
        durable=options.keep == "durable",
        safe=options.safe,
        stale_after_s=options.stale_after,
        at_most=options.at_most,
        disabled=options.disabled,
        doc=options.doc,
        log_level=options.log,
    )


def _connection(draft: ConnectionDraft, settings: CheckSettings, report: Report) -> GraphConnection:
    if draft.spec is None or draft.config is None or draft.options is None:
        raise AssertionError(f"connection {draft.name!r} passed the check without being complete")
    return GraphConnection(
        name=draft.name,
        spec=draft.spec,
        config=draft.config,
        simulate=settings.simulate or draft.options.simulate,
        place=report.place(draft.key.start),
    )


def _missing(draft: NodeDraft, report: Report) -> MissingNode:
    type_name = draft.body.get("type")
    written = type_name.text if isinstance(type_name, Scalar) else ""
    return MissingNode(draft.id, written, draft.missing or "", report.place(draft.at))


def _wires(node: NodeDraft, flow: FlowDraft, report: Report) -> Iterator[Wire]:
    for wire in node.wires:
        source, port, kind = _source(wire, flow)
        yield Wire(
            source_node=source,
            source_port=port,
            target_node=node.id,
            target_port=wire.target_port or wire.port or "in",
            kind=kind,
            durable=wire.durable,
            place=report.place(wire.ref.start),
        )


def _source(wire: WireDraft, flow: FlowDraft) -> tuple[str, str, PortKind]:
    """Return where a wire begins; what a missing node sends counts as a level, never fresh."""
    if wire.source is not None:
        return wire.source[0], wire.source[1].name, wire.source[1].kind
    name, _, port = wire.ref.text.partition(".")
    if flow.nodes[name].missing is None:
        raise AssertionError(f"the wire from {wire.ref.text!r} passed the check unresolved")
    return name, port or "out", "level"
