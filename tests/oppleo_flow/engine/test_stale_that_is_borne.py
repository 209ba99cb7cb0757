"""A node that deals with a stale input itself keeps its own levels fresh."""

import pytest

from oppleo_flow import Actuator, Level, Node, NodeConfig
from oppleo_flow.testing import graph_of, plan


class Sensor(Node[NodeConfig]):
    type_name = "sensor"
    value: Level[int]

    def on_message(self, number: int) -> None:
        if number < 0:
            self.fault("broken", f"read {number}")
        self.value.set(number)


class GateConfig(NodeConfig):
    patient: bool = False


class Gate(Node[GateConfig]):
    """Be on for good, whatever the sensor says, if it is patient."""

    type_name = "gate"
    wish: Level[bool]

    def on_message(self, number: int) -> None:
        self.wish.set(True)

    @classmethod
    def bears_stale(cls, config: GateConfig) -> tuple[str, ...]:
        return ("in",) if config.patient else ()


class Relay(Actuator[NodeConfig]):
    type_name = "relay"
    safe_levels = ("off",)
    contact = False

    def on_message(self, on: bool) -> None:
        self.contact = on

    def go_safe(self, reason: str) -> None:
        self.contact = False


class StubbornRelay(Relay):
    type_name = "stubborn-relay"

    @classmethod
    def bears_stale(cls, config: NodeConfig) -> tuple[str, ...]:
        return ("in",)


@pytest.mark.parametrize(
    ("gate", "relay", "contact"),
    [
        pytest.param({"patient": False}, Relay, False, id="a gate that bears nothing"),
        pytest.param({"patient": True}, Relay, True, id="a gate that bears a broken sensor"),
        pytest.param({"patient": False}, StubbornRelay, False, id="an output may not bear it"),
    ],
)
def test_an_output_stays_as_it_is_behind_a_node_that_bears_a_stale_input(run, gate, relay, contact):
    nodes = {
        "sensor": plan(Sensor),
        "gate": plan(Gate, gate),
        "relay": plan(relay, stale_after_s=90.0),
    }
    runtime = run(graph_of(nodes, ["sensor.value > gate.in", "gate.wish > relay.in"]))
    for number in (1, -1):
        runtime.inject("sensor", "in", number)
        runtime.run_for(0)
    runtime.run_for(90)
    assert runtime.node("relay").contact is contact
