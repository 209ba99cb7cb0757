"""Our side of row 5, in a process of its own: load a flow of so many nodes, say what it takes up.

    python -m tests.benchmarks.many_nodes COUNT

Writes the process's memory in MB.
"""

import gc
import sys

from oppleo_flow.registry import Registry
from tests.benchmarks import our_flows
from tests.benchmarks.flow_file import loaded
from tests.benchmarks.processes import own_memory_mb


def main(count: str) -> None:
    """Load, look, and stop."""
    runtime = loaded(our_flows.many(int(count)), Registry.installed(our_flows.DROP_IN))
    gc.collect()
    gc.freeze()
    sys.stdout.write(f"{own_memory_mb()}\n")
    runtime.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
