"""Rows 5 and 17: what a node takes up in memory, and the page on its way to a browser."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.benchmarks import node_red_flows
from tests.benchmarks.comparison import Budget, Figure, in_turns
from tests.benchmarks.node_red import NodeRed, install
from tests.benchmarks.processes import ROOT, memory_mb
from tests.webui.built_page import DASHBOARD, first_load

NODES = 1000
_FEW = 30  # enough that code which all nodes share is loaded
_SETTLE_S = 2.0


def memory_per_node(repetitions: int) -> Iterator[Figure]:
    """Row 5: processes with many and with few nodes, compared."""
    installed = install()

    def theirs(count: int) -> float:
        with NodeRed(installed, node_red_flows.many(count), own_nodes=False) as server:
            time.sleep(_SETTLE_S)
            return memory_mb(server.pid)

    ours, peer = in_turns(lambda: _per_node_kb(_ours), lambda: _per_node_kb(theirs), repetitions)
    yield Figure(
        f"memory per node at {NODES:,} nodes",
        "kB",
        tuple(ours),
        tuple(peer),
        budget=Budget(most=10),
    )


def first_load_of_the_page(repetitions: int) -> Iterator[Figure]:
    """Row 17: every file that a browser loads for the dashboard, packed."""
    kilobytes = sum(first_load(*DASHBOARD).values()) / 1000
    yield Figure(
        "first load of the dashboard, gzip",
        "kB",
        (kilobytes,) * repetitions,
        budget=Budget(most=60),
    )


def _per_node_kb(memory_with: Callable[[int], float]) -> float:
    return 1000 * (memory_with(_FEW + NODES) - memory_with(_FEW)) / NODES


def _ours(count: int) -> float:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.many_nodes", str(count)],
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
        check=True,
    )
    return float(done.stdout)
