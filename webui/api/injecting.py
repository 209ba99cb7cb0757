"""Sending a message into the running flow by hand."""

from pydantic import Field

from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import GraphNode
from webui.api.audit import Deeds
from webui.api.state import ValueAnswer, value_data
from webui.ports import Runtime, SiteFacts
from webui.reading import Nothing, read_body


class Message(Nothing):
    """An input, and what to send into it."""

    to: str = Field(min_length=1, max_length=200, description="The input: node, or node.port.")
    payload: str = Field(max_length=10_000, description="As `send:` in a flow's tests has it.")


class InjectedAnswer(ValueAnswer):
    """What was sent into which input."""

    node: str
    port: str


class Injecting:
    """The route of `/api/v1/inject`."""

    def __init__(self, runtime: Runtime, site: SiteFacts, deeds: Deeds) -> None:
        self._runtime = runtime
        self._site = site
        self._deeds = deeds

    def inject(self) -> InjectedAnswer:
        """Answer `POST /api/v1/inject`: the node is given the payload, and may yet fail.

        What moves the world by itself is refused: a switch is asked by what decides about it.
        """
        # Not at the top: few send by hand, and it costs start-up time.
        from oppleo_flow.flowfile.named_ports import input_named, payload_given  # noqa: PLC0415

        asked = read_body(Message)
        graph = self._runtime.graph
        node, port = input_named(graph, asked.to)
        plan = graph.nodes[node]
        _refuse_actuators(plan)
        kind = plan.spec.inputs[port].type
        payload = payload_given(asked.payload, kind, self._site.clock.now())
        self._runtime.inject(node, port, payload)
        self._deeds.note("inject", f"{node}.{port}", asked.payload)
        return {"node": node, "port": port, **value_data(payload)}


def _refuse_actuators(plan: GraphNode) -> None:
    if plan.safe is not None:
        raise Refused(
            f"{plan.id}: moves the world, and its safe level is {plan.safe!r}; "
            "send to what leads to it instead, so that what decides about it still does"
        )
