"""Faults that were raised and cleared, and nodes whose type is not there."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from oppleo_flow import Level, Node, NodeConfig, Out
from oppleo_flow.engine.core import FAULTS_KEPT
from oppleo_flow.engine.snapshot import PastFault
from oppleo_flow.flowfile.graph import Graph, MissingNode, Wire
from oppleo_flow.payloads import Failure
from oppleo_flow.testing import Collect, graph_of, plan
from oppleo_flow.testing.by_hand import HERE


class Sensor(Node[NodeConfig]):
    """Be broken for as long as negative numbers come in."""

    type_name = "sensor"
    event: Out[int]
    level: Level[int]

    def on_message(self, number: int) -> None:
        if number < 0:
            return self.fault("broken", f"read {number}")
        self.clear("broken")
        self.event.send(number)
        return self.level.set(number)


def snapshot(runtime: Any, name: str) -> Any:
    return next(n for n in runtime.snapshot().nodes if n.id == name)


def send(runtime: Any, name: str, *numbers: int) -> None:
    for number in numbers:
        runtime.inject(name, "in", number)
        runtime.run_for(1)


def test_a_fault_that_is_over_is_kept_with_its_times(run, clock):
    runtime = run(graph_of({"s": plan(Sensor)}))
    began = clock.now()
    send(runtime, "s", -1, -2, 3)
    assert snapshot(runtime, "s").faults == ()
    assert snapshot(runtime, "s").past_faults == (
        PastFault("broken", "read -1", began, began + timedelta(seconds=2)),
    )


def test_an_open_fault_is_not_among_those_that_are_over(run):
    runtime = run(graph_of({"s": plan(Sensor)}))
    send(runtime, "s", -1, 2, -3)
    assert [fault.text for fault in snapshot(runtime, "s").faults] == ["read -3"]
    assert [fault.text for fault in snapshot(runtime, "s").past_faults] == ["read -1"]


@pytest.mark.parametrize(
    ("after", "still"),
    [
        pytest.param([], (), id="and the node is well then"),
        pytest.param([-2], ("read -2",), id="and the same is wrong again then"),
    ],
)
def test_a_fault_that_is_open_when_its_node_restarts_is_over_then(run, clock, after, still):
    runtime = run(graph_of({"s": plan(Sensor), "rest": plan(Collect)}, ["s.event > rest.in"]))
    began = clock.now()
    send(runtime, "s", -1)
    runtime.deploy(graph_of({"s": plan(Sensor, at_most=(9, 1.0)), "rest": plan(Collect)}))
    ended = clock.now()
    send(runtime, "s", *after)
    found = snapshot(runtime, "s")
    assert found.past_faults == (PastFault("broken", "read -1", began, ended),)
    assert tuple(fault.text for fault in found.faults) == still


def test_a_fault_stays_open_when_another_node_restarts(run):
    runtime = run(graph_of({"s": plan(Sensor), "rest": plan(Collect)}, ["s.event > rest.in"]))
    send(runtime, "s", -1)
    runtime.deploy(graph_of({"s": plan(Sensor), "rest": plan(Collect, at_most=(9, 1.0))}))
    found = snapshot(runtime, "s")
    assert ([fault.text for fault in found.faults], found.past_faults) == (["read -1"], ())


def test_of_faults_that_are_over_the_last_few_are_kept(run):
    runtime = run(graph_of({"s": plan(Sensor)}))
    for number in range(1, FAULTS_KEPT + 6):
        send(runtime, "s", -number, 0)
    kept = [fault.text for fault in snapshot(runtime, "s").past_faults]
    assert kept == [f"read {-n}" for n in range(6, FAULTS_KEPT + 6)]


# -- a type that is not there ----------------------------------------------------------------------


def with_placeholder() -> Graph:
    """Return a flow in which a node is missing between a sensor and what hears of failures."""
    made = graph_of(
        {
            "s": plan(Sensor),
            "rest": plan(Collect),
            "errors": plan(Collect),
            "all": plan(Collect),
        },
        ["s.event > rest.in", "flow.errors > all.in"],
    )
    lost = MissingNode("lost", "teleporter", "no node pack provides 'teleporter'", HERE)
    wires = (
        *made.wires,
        Wire("s", "event", "lost", "in", "event", durable=False, place=HERE),
        Wire("s", "level", "lost", "other", "level", durable=False, place=HERE),
        Wire("lost", "error", "errors", "in", "level", durable=False, place=HERE),
    )
    return replace(made, wires=wires, missing={"lost": lost})


def test_what_comes_to_a_missing_node_is_told_on_its_error_port_and_to_the_flow(run, clock):
    runtime = run(with_placeholder())
    runtime.inject("s", "in", 5)
    runtime.run_for(0)
    failure = Failure("lost", "MissingType", "no node pack provides 'teleporter'", 5, clock.now())
    assert runtime.node("errors").got == [failure]
    assert runtime.node("all").got == [failure]
    assert runtime.node("rest").got == [5]


def test_a_missing_node_is_in_fault_and_counts_what_came_in_vain(run):
    runtime = run(with_placeholder())
    send(runtime, "s", 5, 6)
    lost = snapshot(runtime, "lost")
    assert [(fault.code, fault.text) for fault in lost.faults] == [
        ("missing-type", "no node pack provides 'teleporter'")
    ]
    assert (lost.status_level, lost.received, lost.failed) == ("fault", 2, 2)


@pytest.mark.parametrize("port", ["in", "whatever"])
def test_a_person_can_send_to_a_missing_node_and_is_told_the_same(run, port):
    runtime = run(with_placeholder())
    runtime.inject("lost", port, 5)
    runtime.run_for(0)
    assert [failure.payload for failure in runtime.node("errors").got] == [5]


def test_failures_that_come_to_a_missing_node_do_not_feed_themselves(run):
    made = with_placeholder()
    around = Wire("flow", "errors", "lost", "in", "event", durable=False, place=HERE)
    runtime = run(replace(made, wires=(*made.wires, around)))
    runtime.inject("lost", "in", 5)
    runtime.run_for(0)
    assert len(runtime.node("all").got) == 1
    assert len(runtime.node("errors").got) == 2
