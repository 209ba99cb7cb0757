"""Row 6: the shipped flow, and one of 1,000 nodes, from the text to a flow that runs."""

import gc
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import yaml

from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile import CheckSettings, Graph, check_text
from oppleo_flow.registry import Registry
from oppleo_flow.simulator.levers import world_words
from oppleo_flow.testing import BenchSite
from tests.benchmarks import our_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError

T = TypeVar("T")
NODES = 1000
SHIPPED = Path(__file__).resolve().parents[2] / "flows" / "charge-point.yaml"


def check_and_load(repetitions: int) -> Iterator[Figure]:
    """Row 6; the limit is what PyYAML's C loader takes to read the same text."""
    yield shipped(repetitions)
    registry = Registry.installed(our_flows.DROP_IN)
    text = our_flows.many(NODES)
    loaded(text, registry).stop()
    checks, readings = in_turns(
        lambda: _seconds(lambda: check_text(text, "many.yaml", registry)),
        lambda: _seconds(lambda: yaml.load(text, yaml.CSafeLoader)),
        repetitions,
    )
    loads = [_seconds(lambda: loaded(text, registry), Runtime.stop) for _ in checks]
    yield Figure(f"check a file of {NODES:,} nodes", "s", tuple(checks), limit=tuple(readings))
    yield Figure(
        "check it and load it", "s", tuple(loads), limit=tuple(readings), budget=Budget(most=0.8)
    )


def shipped(repetitions: int) -> Figure:
    """Return how long the shipped flow takes to check, once its node types are imported.

    Raises:
        BenchmarkError: The checker found an error.
    """
    registry = Registry.installed()
    text = SHIPPED.read_text(encoding="utf-8")
    settings = CheckSettings(world_words=world_words)
    result = check_text(text, SHIPPED.name, registry, settings)
    if not result.ok:
        raise BenchmarkError(f"the shipped flow has errors: {result.errors[0].message}")
    checks, readings = in_turns(
        lambda: _seconds(lambda: check_text(text, SHIPPED.name, registry, settings)),
        lambda: _seconds(lambda: yaml.load(text, yaml.CSafeLoader)),
        repetitions,
    )
    return Figure(
        "check the shipped flow",
        "ms",
        tuple(1000 * seconds for seconds in checks),
        limit=tuple(1000 * seconds for seconds in readings),
        budget=Budget(most=50),
    )


def loaded(text: str, registry: Registry) -> Runtime:
    """Return the flow, checked and running.

    Raises:
        BenchmarkError: The checker found something.
    """
    runtime = Runtime(_checked(text, registry), clock=SystemClock(), site=BenchSite())
    runtime.start()
    return runtime


def _checked(text: str, registry: Registry) -> Graph:
    """Return the flow; what was found, and the text as it was read, is gone when this returns."""
    result = check_text(text, "many.yaml", registry)
    if result.graph is None:
        raise BenchmarkError(f"the flow has errors: {result.errors[0].message}")
    return result.graph


def _seconds(call: Callable[[], T], then: Callable[[T], object] = lambda _: None) -> float:
    """Return how long `call` took; `then` is given what it returned."""
    gc.collect()
    gc.disable()  # as while the product starts
    try:
        began = time.perf_counter()
        result = call()
        took = time.perf_counter() - began
    finally:
        gc.enable()
    then(result)
    return took
