"""Each benchmark's flow does on our side what it is timed for."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile import CheckSettings, check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.registry import Registry
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON
from tests.benchmarks import (
    flow_file,
    latency,
    one_option,
    our_flows,
    readings,
    start,
    throughput,
    virtual_time,
)
from tests.benchmarks.processes import memory_mb
from tests.benchmarks.rows import ROWS


@pytest.mark.parametrize(
    ("graph", "message", "arrivals", "hops"),
    [
        pytest.param(our_flows.chain(throughput.MIXED), throughput.step(0), 1, 11, id="row 1"),
        pytest.param(our_flows.chain(throughput.CHANGES), throughput.step(0), 1, 11, id="row 1b"),
        pytest.param(our_flows.chain(throughput.NUMBERS), 7.0, 1, 11, id="row 1b, numbers"),
        pytest.param(our_flows.fan_out(10), throughput.reading(0), 10, 21, id="row 2"),
    ],
)
def test_every_node_is_passed_on_the_way_to_the_sink(
    graph: Graph, message: object, arrivals: int, hops: int
) -> None:
    runtime = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    runtime.start()
    runtime.inject("n0", "in", message)
    runtime.run_for(0)
    received = {node.id: node.received for node in runtime.snapshot().nodes}
    runtime.stop()

    assert received["sink"] == arrivals
    assert received["trouble"] == 0
    assert sum(received.values()) == hops


@pytest.mark.parametrize("way", ["brought", "sent"])
def test_a_measurement_ends_when_the_sink_has_everything(way: str) -> None:
    load = replace(throughput.chain_load(), messages=250)
    with throughput.OurSide(our_flows.chain(throughput.MIXED), load) as side:
        cost = getattr(side, way)()

    assert cost.wall_us > 0
    assert cost.cpu_us > 0


@pytest.mark.parametrize("port", [port for port, _ in throughput.THROWN])
def test_what_a_node_throws_on_comes_to_the_sink(port: str) -> None:
    load = replace(throughput.thrown_load(), messages=250)
    with throughput.OurSide(our_flows.thrown(port), load) as side:
        cost = side.sent()

    assert cost.wall_us > 0


def test_a_deploy_to_and_fro_changes_the_node() -> None:
    with one_option.our_side() as side:
        steps = []
        for _ in range(2):
            assert side.change() > 0
            steps.append(dict(side.runtime.graph.nodes["n0"].config.set)["step"])
    assert steps == ["2", "1"]


@pytest.mark.parametrize(
    "server",
    [
        pytest.param(lambda: latency.our_server(busy=False), id="with a flow"),
        pytest.param(latency.bare_server, id="without"),
    ],
)
def test_a_line_is_answered_by_a_server_of_our_own(server: latency.Serve) -> None:
    with server() as port:
        one_by_one = latency.one_by_one(port, lines=3, pause_s=0.0)
        at_set_times = latency.at_set_times(port, seconds=0.02)

    assert 0 < one_by_one.p50_ms <= one_by_one.p99_ms
    assert 0 < at_set_times.p50_ms <= at_set_times.p99_ms


def test_a_flow_file_of_many_nodes_is_checked_and_runs() -> None:
    registry = Registry.installed(our_flows.DROP_IN)
    runtime = flow_file.loaded(our_flows.many(30), registry)
    try:
        assert len(runtime.snapshot().nodes) == 1 + 30
    finally:
        runtime.stop()


def test_the_shipped_flow_is_checked_as_often_as_asked() -> None:
    figure = flow_file.shipped(2)
    assert (figure.name, len(figure.ours)) == ("check the shipped flow", 2)


def test_the_memory_of_a_process_is_told() -> None:
    assert memory_mb(os.getpid()) > 1


def test_each_row_has_a_number_of_its_own() -> None:
    numbers = [row.number for row in ROWS]

    assert len(set(numbers)) == len(numbers)


def test_the_shipped_flow_becomes_ready_and_stops(tmp_path: Path) -> None:
    started = start.our_start(start.install_ours(tmp_path), settle_s=0.0)

    assert started.ready_s > 0
    assert started.cpu_s > 0
    assert started.memory_mb > started.world_mb > 1


def test_a_simulated_day_takes_some_time_of_a_processor(tmp_path: Path) -> None:
    flow = tmp_path / "few.yaml"
    flow.write_text(
        "flow: few\nformat: 1\nvars: {meter_every: 2s}\n"
        "nodes:\n  a: {type: schedule, every: $(meter_every)}\n"
    )

    assert virtual_time.simulated(flow, days=1) > 0


def test_the_simulated_flow_of_many_nodes_is_the_shipped_one_and_more() -> None:
    checked = check_text(
        virtual_time.many(60), "many.yaml", Registry.installed(None), CheckSettings(simulate=True)
    )

    assert checked.errors == ()
    assert checked.graph is not None
    assert len(checked.graph.nodes) == 60
    assert {"meter", "ledger", "evse"} < set(checked.graph.nodes)


def test_readings_take_some_time_to_be_written() -> None:
    single, batch = readings.written(1)

    assert single.peer
    assert batch.ours[0] > 0
