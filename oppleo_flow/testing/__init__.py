"""For authors of nodes and flows: run a node, or a flow, on the real engine in virtual time."""

from oppleo_flow.testing.bench import (
    Bench,
    BenchSite,
    Collect,
    Run,
    expected,
    run_example,
    run_node,
)
from oppleo_flow.testing.by_hand import graph_of, plan

__all__ = [
    "Bench",
    "BenchSite",
    "Collect",
    "Run",
    "expected",
    "graph_of",
    "plan",
    "run_example",
    "run_node",
]
