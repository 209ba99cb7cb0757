"""Subflows for themselves: what only they can tell, and their own tests."""

from collections.abc import Iterator
from dataclasses import field

from oppleo_flow.flowfile.cases import FlowTest
from oppleo_flow.flowfile.draft import FlowDraft, NodeDraft, Scope
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.flow_tests import PARAMS, Cases, cases_in
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.graph_making import make_graph
from oppleo_flow.flowfile.loading import Loading
from oppleo_flow.flowfile.node_options import NodeOptions
from oppleo_flow.flowfile.references import References
from oppleo_flow.flowfile.resources import check_connections
from oppleo_flow.flowfile.safety import check_safety
from oppleo_flow.flowfile.settings import CheckSettings
from oppleo_flow.flowfile.subflows import SubflowDraft, report_idle
from oppleo_flow.flowfile.tree import Mark, Scalar, YamlMap, kind_text
from oppleo_flow.flowfile.wires import WireCheck
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node
from oppleo_flow.node_spec import NodeSpec, OutputSpec
from oppleo_flow.options import NodeConfig

_IN = "in"


@immutable
class SubflowTest:
    """A test of a subflow, and the graph that it is about: the subflow with the test's parameters.

    In the graph a node `in` has an output for each input of the subflow.
    """

    subflow: str
    graph: Graph
    test: FlowTest


class _Outside(Node[NodeConfig]):
    """What is outside of a subflow that is tested for itself."""

    type_name = "outside"


@immutable
class _OutsideSpec(NodeSpec):
    """The type of a node that sends what comes into a subflow."""

    made: dict[str, OutputSpec] = field(default_factory=dict)

    def outputs_for(self, config: NodeConfig) -> dict[str, OutputSpec]:
        """Return the inputs of the subflow as outputs."""
        return {**self.made, **NodeSpec.outputs_for(self, config)}


def check_subflows(
    loading: Loading, settings: CheckSettings, report: Report
) -> tuple[SubflowTest, ...]:
    """Check every subflow for itself; return the tests that can be run."""
    found = [*loading.subflows()]
    tests: list[SubflowTest] = []
    for subflow in found:
        if not subflow.used:
            _whole(loading.alone(subflow, None), report)
        if subflow.tests is not None:
            tests += _tests(subflow, loading, settings, report)
    for subflow in found:
        report_idle(subflow, report)
    return tuple(tests)


def _tests(
    subflow: SubflowDraft, loading: Loading, settings: CheckSettings, report: Report
) -> Iterator[SubflowTest]:
    assert subflow.tests is not None
    names: dict[str, Mark] = {}
    for case in cases_in(subflow.tests, report):
        flow = _whole(loading.alone(subflow, _given(case, report)), report)
        test = Cases(flow, flow.main, report, settings.world_words()).case(case, names)
        if not report.has_errors:
            yield SubflowTest(subflow.name, make_graph(flow, report, simulate=True), test)


def _given(case: YamlMap, report: Report) -> YamlMap:
    """Return what a test gives for the parameters."""
    given = case.get(PARAMS)
    if isinstance(given, YamlMap):
        return given
    if given is not None and not (isinstance(given, Scalar) and given.unreadable):
        message = f"{PARAMS!r} is a map of parameters and values, got {kind_text(given)}"
        report.error("wrong-shape", given.start, message, "tests")
    return YamlMap({}, case.start, case.end, case.incomplete)


def _whole(inside: Scope, report: Report) -> FlowDraft:
    """Return the inside of a subflow as a flow, checked."""
    subflow = inside.subflow
    assert subflow is not None
    inside.parts = {_IN: _outside(subflow, inside), **inside.parts}
    flow = FlowDraft(inside, {"": inside})
    flow.add(inside)
    References(flow, report).resolve()
    if inside.all_connections:
        check_connections(flow, report)
    WireCheck(flow, report).check()
    check_safety(flow, report)
    return flow


def _outside(subflow: SubflowDraft, inside: Scope) -> NodeDraft:
    """Return a node whose outputs are the inputs of a subflow."""
    outputs = {name: OutputSpec(name, port.type, "level") for name, port in subflow.inputs.items()}
    spec = _OutsideSpec(
        type_name=subflow.type_name,
        cls=_Outside,
        config=NodeConfig,
        inputs={},
        outputs={},
        state={},
        doc="",
        file="",
        made=outputs,
    )
    key = Scalar(_IN, subflow.at, subflow.at)
    body = YamlMap({}, subflow.at, subflow.at)
    config = NodeConfig()
    return NodeDraft(
        _IN,
        key,
        body,
        inside,
        spec=spec,
        config=config,
        options=NodeOptions.model_validate({}),
        outputs=spec.outputs_for(config),
    )
