"""Graphs put together by hand, on the real engine."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow.clock import Clock, SystemClock, VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.testing import BenchSite


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 15, 12, 0, tzinfo=UTC))


@pytest.fixture
def run(clock: VirtualClock, tmp_path: Path) -> Iterator[Callable[..., Runtime]]:
    """Run a graph, in virtual time unless another clock is given; stopped after the test."""
    running: list[Runtime] = []

    def start(
        made: Graph,
        other: Clock | None = None,
        *,
        before: Callable[[Runtime], object] = lambda _: None,
        **options: Any,
    ) -> Runtime:
        runtime = Runtime(made, clock=other or clock, site=BenchSite(folder=tmp_path), **options)
        running.append(runtime)
        before(runtime)
        runtime.start()
        if not isinstance(other, SystemClock):
            runtime.run_for(0)
        return runtime

    yield start
    for runtime in running:
        if runtime.running:
            runtime.stop()


@pytest.fixture
def system_clock() -> SystemClock:
    return SystemClock()
