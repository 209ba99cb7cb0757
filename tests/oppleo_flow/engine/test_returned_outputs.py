"""A router says by which of its outputs a payload leaves, and sends nothing itself."""

import pytest

from oppleo_flow import NodeConfig, Out, Router
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan


class Sort(Router[NodeConfig]):
    """Tell small from large, and 13 from both; 0 goes nowhere, below 0 goes wrong."""

    type_name = "sort"
    small: Out[int]
    large: Out[int]
    feared: Out[int]
    word: Out[str]

    def on_message(self, number: int) -> Out[int] | Out[str] | tuple[Out[int], ...] | None:
        if number == 13:
            return self.large, self.feared
        if number == 99:
            self.large.send(number)
        if number == -2:
            return Out("small", self.small.send)
        if number < 0:
            return self.word
        if number == 0:
            return None
        return self.small if number < 10 else self.large


@pytest.fixture(params=[OnError(), OnError(then="drop")], ids=["in a fused run", "with an inbox"])
def sort(request, run):
    nodes = {
        "sort": plan(Sort, on_error=request.param),
        **{name: plan(Collect) for name in ("small", "large", "feared", "errors")},
    }
    wires = [f"sort.{name} > {name}.in" for name in ("small", "large", "feared")]
    return run(graph_of(nodes, [*wires, "sort.error > errors.in"]))


@pytest.fixture
def alone(run):
    """A router of which one output only is wired, so that the run goes on there."""
    nodes = {"sort": plan(Sort), "small": plan(Collect)}
    return run(graph_of(nodes, ["sort.small > small.in"]))


def got(runtime, *names):
    runtime.run_for(0)
    return tuple(runtime.node(name).got for name in names)


def test_a_payload_leaves_by_the_output_that_is_returned(sort):
    for number in (3, 30, 0):
        sort.inject("sort", "in", number)
    assert got(sort, "small", "large", "errors") == ([3], [30], [])


def test_it_goes_nowhere_by_an_output_that_is_not_wired(alone):
    for number in (3, 30, 0, 13):
        alone.inject("sort", "in", number)
    assert got(alone, "small") == ([3],)


def test_a_payload_leaves_by_each_of_several_outputs(sort):
    sort.inject("sort", "in", 13)
    assert got(sort, "small", "large", "feared") == ([], [13], [13])


@pytest.mark.parametrize(
    ("number", "message"),
    [
        pytest.param(-1, "test/sort.word: carries str, got -1", id="one for other payloads"),
        pytest.param(
            99, "test/sort.large: a router returns its output, it does not send", id="sending"
        ),
    ],
)
def test_a_router_that_does_otherwise_has_failed(sort, number, message):
    sort.inject("sort", "in", number)
    large, (failure,) = got(sort, "large", "errors")
    assert large == []
    assert failure.message == message


def test_an_output_that_is_not_the_nodes_own_is_a_failure(sort):
    sort.inject("sort", "in", -2)
    ((failure,),) = got(sort, "errors")
    assert failure.message.startswith("node 'sort': an output of this node is to be returned, got ")
