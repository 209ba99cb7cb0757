"""Our side of row 3, in a process of its own: lines from a socket through three nodes and back.

    python -m tests.benchmarks.line_server PORT [busy]

Says `ready` when it answers, and ends when its standard input does.
"""

import gc
import sys

from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import BenchSite
from tests.benchmarks import our_flows

SWITCH_INTERVAL_S = 0.0005  # what the command `run` sets


def main(port: str, *busy: str) -> None:
    """Serve until the standard input ends."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    flow = our_flows.lines(int(port), busy=bool(busy))
    runtime = Runtime(flow, clock=SystemClock(), site=BenchSite())
    runtime.start()
    gc.collect()
    gc.freeze()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.read()
    runtime.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
