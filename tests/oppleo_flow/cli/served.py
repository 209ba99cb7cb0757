"""A runtime in virtual time that is really served, as the commands find it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from oppleo_flow.cli.running_address import address_of
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.testing import BenchSite
from oppleo_flow.testing.bench import NOON
from webui.access import Demo
from webui.server import listen


@contextmanager
def served(site: Path, graph: Graph, **parts: Any) -> Iterator[Runtime]:
    """Run a graph as the flow of a site, and serve it."""
    (site / ".oppleo").mkdir(exist_ok=True)
    made = Runtime(graph, clock=VirtualClock(NOON), site=BenchSite())
    made.start()
    made.run_for(0)
    with (
        listen(
            made, access=Demo(), clock=SystemClock(), port=0, built_page=site, **parts
        ).start() as server,
        address_of(site, server.url),
    ):
        yield made
    made.stop()
