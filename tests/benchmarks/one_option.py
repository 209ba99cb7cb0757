"""Row 6, deploy: one option of one of 1,000 nodes changes in a flow that runs.

Ours begins with a checked graph and ends when the new node runs and version and file are written;
theirs begins with the request and ends when it says that the modified nodes are started.
"""

import copy
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path

from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.deploy import Hooks
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.checker import check_text
from oppleo_flow.flowfile.graph import Graph
from oppleo_flow.flowfile.versions import FlowSet, History
from oppleo_flow.flowfile.versions.saving import save
from oppleo_flow.registry import Registry
from oppleo_flow.testing import BenchSite
from tests.benchmarks import node_red_flows, our_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.errors import BenchmarkError
from tests.benchmarks.node_red import NodeRed, install

NODES = 1000
_STEP = "    set: {step: 1}"
_NAME = "flows/many.yaml"
_NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


def deploy(repetitions: int) -> Iterator[Figure]:
    """Row 6: both sides change the first node to and fro."""
    their_flows = [node_red_flows.many(NODES), node_red_flows.many(NODES)]
    changed = next(node for node in their_flows[1] if node["type"] == "change")
    changed["rules"] = copy.deepcopy(changed["rules"])
    changed["rules"][0]["to"] = "2"
    with our_side() as ours, NodeRed(install(), their_flows[0], own_nodes=False) as server:
        turns = cycle(reversed(their_flows))
        mine, theirs = in_turns(
            ours.change, lambda: server.deploy_nodes(next(turns)), 1 + repetitions
        )
    yield Figure(
        f"deploy one option of {NODES:,} nodes",
        "ms",
        tuple(1000 * seconds for seconds in mine[1:]),
        tuple(1000 * seconds for seconds in theirs[1:]),
        budget=Budget(times=1),
    )


class OurSide:
    """A flow that runs, and two checked versions of it, of which one runs."""

    def __init__(self, folder: Path) -> None:
        registry = Registry.installed(our_flows.DROP_IN)
        text = our_flows.many(NODES)
        self._texts = [text, text.replace(_STEP, "    set: {step: 2}", 1)]
        self._graphs = [_checked(one, registry) for one in self._texts]
        self._now = 0
        self._file = folder / _NAME
        self._history = History(folder / "history")
        self.runtime = Runtime(self._graphs[0], clock=SystemClock(), site=BenchSite())

    def change(self) -> float:
        """Deploy the other version; return how long it took, in seconds."""
        self._now = 1 - self._now
        began = time.perf_counter()
        changes = self.runtime.deploy(self._graphs[self._now], Hooks(commit=self._commit))
        took = time.perf_counter() - began
        if list(changes.restarted) != ["n0"]:
            raise BenchmarkError(f"one node was to restart, not {list(changes.restarted)}")
        return took

    def _commit(self) -> None:
        text = self._texts[self._now]
        flows = FlowSet(_NAME, {_NAME: text})
        self._history.record(flows, at=_NOON, who="bench", why="one option")
        save({self._file: text})


@contextmanager
def our_side() -> Iterator[OurSide]:
    """Give our side, running in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        side = OurSide(Path(folder))
        side.runtime.start()
        side.runtime.wait_settled(10.0)
        try:
            yield side
        finally:
            side.runtime.stop()


def _checked(text: str, registry: Registry) -> Graph:
    result = check_text(text, "many.yaml", registry)
    if result.graph is None:
        raise BenchmarkError(f"the flow has errors: {result.errors[0].message}")
    return result.graph
