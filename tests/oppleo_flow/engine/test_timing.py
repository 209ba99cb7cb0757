"""How long handlers took is counted by how long it was, where any was timed."""

import pytest

from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.timing import UP_TO_S, Timing
from oppleo_flow.testing import graph_of, plan
from tests.oppleo_flow.engine.watched_chain import Arrivals, Doubled, Odd, Slow, chain


@pytest.mark.parametrize(
    ("took_s", "place"),
    [
        pytest.param(0.0, 0, id="no time at all"),
        pytest.param(1e-5, 0, id="as long as the shortest"),
        pytest.param(1.1e-5, 1, id="longer than the shortest"),
        pytest.param(0.02, 7, id="between two"),
        pytest.param(10.0, 12, id="as long as the longest"),
        pytest.param(11.0, 13, id="longer than the longest"),
    ],
)
def test_a_call_counts_in_one_place(took_s, place):
    timing = Timing()
    timing.add(took_s)
    assert timing.counts == [int(at == place) for at in range(len(UP_TO_S) + 1)]
    assert timing.within == tuple(int(at >= place) for at in range(len(UP_TO_S) + 1))
    assert timing.total_s == took_s


def host(runtime: Runtime, node: str) -> NodeHost:
    return runtime._core.hosts[node]


def test_a_node_that_was_never_timed_keeps_nothing(run):
    made = graph_of(
        {"part": plan(Odd), "odd": plan(Doubled), "even": plan(Doubled)},
        ["part.odd > odd.in", "part.even > even.in"],
    )
    runtime = run(made)
    runtime.inject("part", "in", 1)
    runtime.run_for(0)
    assert [host(runtime, name).timing is None for name in ("part", "odd", "even")] == [
        False,
        False,
        True,
    ]
    assert {node.id: node.timed_within for node in runtime.snapshot().nodes}["even"] == ()


def test_on_a_real_clock_every_timed_call_counts_once(run, system_clock):
    made = chain(b=Slow)
    wired = graph_of(
        {**dict(made.nodes), "end": plan(Arrivals)}, ["a.out > b.in", "b.out > end.in"]
    )
    runtime = run(wired, system_clock)
    for value in range(3):
        runtime.inject("a", "in", value)
        assert runtime.node("end").arrived.acquire(timeout=10.0)
    runtime.stop()
    for node in runtime.snapshot().nodes:
        if node.id in ("a", "b"):
            assert (node.timed, node.timed_within[-1], len(node.timed_within)) == (3, 3, 14)
            assert node.timed_s > 0
