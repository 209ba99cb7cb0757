"""Row 8: how long a simulated month takes.

There is no peer: Node-RED has no virtual time.  What is counted is time of one processor, from the
start of the command to its end, with the statement that the flow has written in a process of its
own.
"""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.comparison import Budget, Figure
from tests.benchmarks.processes import ROOT

FLOW = ROOT / "flows" / "charge-point.yaml"
NODES = 60
_BRANCH = 10
_DAY_H = 24
_TIMES_REAL = 1000


def simulated_month(repetitions: int) -> Iterator[Figure]:
    """Row 8."""
    month = tuple(simulated(FLOW, days=31) for _ in range(repetitions))
    budget = Budget(most=20)
    yield Figure("a month of two cars, the meter read every 10 s", "s", month, budget=budget)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        flow = Path(folder) / "many.yaml"
        flow.write_text(many(NODES), encoding="utf-8")
        hours = tuple(simulated(flow, days=1) / _DAY_H for _ in range(repetitions))
    yield Figure(
        f"an hour at {NODES} nodes; the budget is {_TIMES_REAL:,} × real time",
        "s",
        hours,
        budget=Budget(most=3600 / _TIMES_REAL),
    )


def simulated(flow: Path, *, days: int) -> float:
    """Simulate a household on a flow; return the processor's time in seconds."""
    before_s = _children_s()
    subprocess.run(
        [
            *(sys.executable, "-m", "oppleo_flow", "simulate", str(flow)),
            *("--from", "2026-03-01", "--days", str(days), "--set", "meter_every=10s"),
        ],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    return _children_s() - before_s


def _children_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def many(count: int) -> str:
    """Return the shipped flow, made up to `count` nodes that each reading of the meter passes."""
    shipped, _, _ = FLOW.read_text(encoding="utf-8").partition("\ntests:")
    own = sum(line.startswith("    type: ") for line in shipped.splitlines())
    return "\n".join([shipped, *_switches(count - own), ""])


def _switches(count: int) -> Iterator[str]:
    for index in range(count):
        source = f"x{index - 1}.drawn" if index % _BRANCH else "meter"
        yield f"  x{index}:"
        yield "    type: switch"
        yield f"    from: {source}"
        yield "    field: power_w"
        yield "    cases: {drawn: {at_least: 0}}"
        yield "    otherwise: silent"
