"""For authors of nodes and flows: run a node, or a flow, on the real engine in virtual time."""

from oppleo_flow.testing.bench import BenchSite, Run, run_example, run_node

__all__ = ["BenchSite", "Run", "run_example", "run_node"]
