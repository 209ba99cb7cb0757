"""From flows without errors to the graph that the engine runs."""

from collections.abc import Iterator

from oppleo_flow.flowfile.draft import ConnectionDraft, FlowDraft, InstanceDraft, NodeDraft
from oppleo_flow.flowfile.findings import Report
from oppleo_flow.flowfile.graph import (
    Graph,
    GraphConnection,
    GraphFlow,
    GraphInstance,
    GraphNode,
    MissingNode,
    Wire,
)
from oppleo_flow.flowfile.node_options import parse_when_busy
from oppleo_flow.flowfile.tree import Scalar


def make_graph(flow: FlowDraft, report: Report, *, simulate: bool) -> Graph:
    """Return the graph of flows without errors; `simulate` is for all connections."""
    main = flow.main
    there = [node for node in flow.nodes.values() if node.missing is None]
    missing = [node for node in flow.nodes.values() if node.missing is not None]
    instances = [one for scope in flow.scopes for one in scope.instances.values()]
    return Graph(
        name=main.name,
        doc=main.doc,
        file=main.text.file,
        nodes={node.id: _node(node, report) for node in there},
        connections={
            one.id: _connection(one, simulate, report) for one in flow.connections.values()
        },
        wires=tuple(wire for node in flow.nodes.values() for wire in _wires(node, report)),
        missing={node.id: _missing(node, report) for node in missing},
        flows=tuple(
            GraphFlow(one.prefix, one.name, one.doc, one.text.file, one.off)
            for one in flow.flows.values()
            if one is not None
        ),
        instances={one.id: _instance(one, report) for one in instances},
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
        when_busy=parse_when_busy(options.when_busy),
        disabled=not draft.enabled,
        doc=options.doc,
        log_level=options.log,
    )


def _connection(draft: ConnectionDraft, simulate: bool, report: Report) -> GraphConnection:
    if draft.spec is None or draft.config is None or draft.options is None:
        raise AssertionError(f"connection {draft.id!r} passed the check without being complete")
    return GraphConnection(
        name=draft.id,
        spec=draft.spec,
        config=draft.config,
        simulate=simulate or draft.options.simulate,
        place=report.place(draft.key.start),
    )


def _missing(draft: NodeDraft, report: Report) -> MissingNode:
    type_name = draft.body.get("type")
    written = type_name.text if isinstance(type_name, Scalar) else ""
    return MissingNode(draft.id, written, draft.missing or "", report.place(draft.at))


def _instance(draft: InstanceDraft, report: Report) -> GraphInstance:
    return GraphInstance(
        id=draft.id,
        subflow=draft.subflow.name,
        doc=draft.doc,
        place=report.place(draft.at),
        disabled=draft.inside.off,
        inputs={name: tuple(draft.consumers(name)) for name in draft.subflow.inputs},
        outputs={
            name: tuple((node, output.name) for node, output in sources)
            for name, sources in draft.outputs.items()
        },
    )


def _wires(node: NodeDraft, report: Report) -> Iterator[Wire]:
    for wire in node.wires:
        if wire.source is None:
            raise AssertionError(f"the wire from {wire.ref.text!r} passed the check unresolved")
        source, output = wire.source
        yield Wire(
            source_node=source,
            source_port=output.name,
            target_node=node.id,
            target_port=wire.target_port or wire.port or "in",
            kind=output.kind,
            durable=wire.durable,
            place=report.place(wire.ref.start),
        )
