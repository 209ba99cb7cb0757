"""Flow text → everything that is wrong with it, and, when nothing is, the graph.

The passes run one after the other over the whole flow, and each goes on where an earlier one found
something, so that one run tells everything.
"""

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from pathlib import Path

from oppleo_flow.flowfile.busy_check import check_when_busy
from oppleo_flow.flowfile.cases import FlowTest
from oppleo_flow.flowfile.cycles import check_cycles
from oppleo_flow.flowfile.files import FlowFiles
from oppleo_flow.flowfile.findings import Finding, Report
from oppleo_flow.flowfile.flow_tests import check_tests
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.graph_making import make_graph
from oppleo_flow.flowfile.loading import Loading
from oppleo_flow.flowfile.mending import split_lines
from oppleo_flow.flowfile.migrations import Migration
from oppleo_flow.flowfile.reach import check_reach
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.references import References
from oppleo_flow.flowfile.resources import check_claims, check_connections
from oppleo_flow.flowfile.safety import check_safety
from oppleo_flow.flowfile.settings import CheckSettings
from oppleo_flow.flowfile.subflow_check import SubflowTest, check_subflows
from oppleo_flow.flowfile.wires import WireCheck
from oppleo_flow.immutable import immutable
from oppleo_flow.registry import Registry


@immutable
class CheckResult:
    """What a check found; `graph` is None if and only if there are errors.

    `migrations` are what a save of the flow has to write besides; `tests` are the flow's own, ready
    to be run, and `subflow_tests` those of the subflows that were met.
    `texts` are all files that were read for it, by name: the flow first, then those it leads to.
    """

    graph: Graph | None
    findings: tuple[Finding, ...]
    migrations: tuple[Migration, ...] = ()
    tests: tuple[FlowTest, ...] = ()
    subflow_tests: tuple[SubflowTest, ...] = ()
    texts: Mapping[str, str] = field(default_factory=dict)

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


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the garbage collector away: a check makes much, and leaves no cycles behind.

    It would look through all of it, and all else that there is, again and again in vain.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def check_file(
    path: str | Path, registry: Registry, settings: CheckSettings | None = None
) -> CheckResult:
    """Check a flow file; one that cannot be read is a finding, too."""
    read = read_text(path)
    if isinstance(read, Finding):
        return CheckResult(None, (read,))
    return check_text(read, str(path), registry, settings)


def check_subflow(
    path: str | Path, registry: Registry, settings: CheckSettings | None = None
) -> CheckResult:
    """Check the file of a shared subflow for itself; there is no graph of it."""
    settings = settings or CheckSettings()
    file = Path(path)
    report = Report(str(path), ())
    files = FlowFiles(str(file.parent.parent / file.name), None, settings)
    loading = Loading(files, registry, settings, report)
    loading.shared(file.stem)
    check_subflows(loading, settings, report)
    findings = report.findings(loading.used_secrets.values(), loading.owners_in_subflows())
    return CheckResult(None, findings, loading.migrations, texts=files.texts)


@_uncollected()
def check_text(
    text: str, file: str, registry: Registry, settings: CheckSettings | None = None
) -> CheckResult:
    """Check the text of a flow, with all that it leads to; `file` is how its findings name it."""
    settings = settings or CheckSettings()
    report = Report(file, split_lines(text))
    files = FlowFiles(file, text, settings)
    loading = Loading(files, registry, settings, report)
    flow = loading.load(text)
    References(flow, report).resolve()
    check_connections(flow, report)
    WireCheck(flow, report).check()
    check_cycles(flow, report)
    check_reach(flow, report)
    check_claims(flow, report)
    check_safety(flow, report)
    check_when_busy(flow, report)
    tests = check_tests(flow, report, settings.world_words)
    of_subflows = check_subflows(loading, settings, report)
    graph = None if report.has_errors else make_graph(flow, report, simulate=settings.simulate)
    findings = report.findings(loading.used_secrets.values(), loading.owners(flow))
    flow.dissolve()
    if graph is None:
        return CheckResult(None, findings, loading.migrations, texts=files.texts)
    return CheckResult(graph, findings, loading.migrations, tests, of_subflows, files.texts)
