"""A handler that returns one of its outputs sends what came in by it."""

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan


class Sort(Node[NodeConfig]):
    """Tell small from large, and note every 13; 0 goes nowhere, below 0 goes wrong."""

    type_name = "sort"
    small: Out[int]
    large: Out[int]
    word: Out[str]
    noted: Out[str]

    def on_message(self, number: int) -> Out[int] | Out[str] | None:
        if number == 13:
            self.noted.send("thirteen")
        if number < 0:
            return self.word
        if number == 0:
            return None
        return self.small if number < 10 else self.large


class Thief(Node[NodeConfig]):
    """Return an output of another node."""

    type_name = "thief"
    own: Out[int]

    def on_message(self, number: int) -> Out[int]:
        return Out("own", self.own.send)


@pytest.fixture(params=[OnError(), OnError(then="drop")], ids=["in a fused run", "with an inbox"])
def sort(request, run):
    nodes = {
        "sort": plan(Sort, on_error=request.param),
        **{name: plan(Collect) for name in ("small", "large", "noted", "errors")},
    }
    wires = [f"sort.{name} > {name}.in" for name in ("small", "large", "noted")]
    return run(graph_of(nodes, [*wires, "sort.error > errors.in"]))


def got(runtime, *names):
    runtime.run_for(0)
    return tuple(runtime.node(name).got for name in names)


def test_a_payload_leaves_by_the_output_that_is_returned(sort):
    for number in (3, 30, 0):
        sort.inject("sort", "in", number)
    assert got(sort, "small", "large", "errors") == ([3], [30], [])


def test_what_the_handler_sent_leaves_too(sort):
    sort.inject("sort", "in", 13)
    assert got(sort, "large", "noted") == ([13], ["thirteen"])


def test_an_output_for_other_payloads_is_a_failure(sort):
    sort.inject("sort", "in", -1)
    ((failure,),) = got(sort, "errors")
    assert failure.message == "test/sort.word: carries str, got -1"


def test_an_output_of_another_node_is_a_failure(run):
    nodes = {"thief": plan(Thief), "own": plan(Collect), "errors": plan(Collect)}
    runtime = run(graph_of(nodes, ["thief.own > own.in", "thief.error > errors.in"]))
    runtime.inject("thief", "in", 1)
    own, (failure,) = got(runtime, "own", "errors")
    assert own == []
    assert failure.message == "node 'thief': a handler returned an output of another node"
