"""What processes take up, as Linux tells it."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
"""The repository: where our processes are started, to find the packages."""
_PROC = Path("/proc")


def memory_mb(pid: int) -> float:
    """Return the proportional set size, in MB, of a process and all that descend from it.

    Pages that several processes share count once, divided among them.
    """
    return sum(_memory_kb(one) for one in _family(pid)) / 1000


def _memory_kb(pid: int) -> float:
    for line in (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines():
        name, _, amount = line.partition(":")
        if name == "Pss":
            return int(amount.removesuffix("kB")) * 1.024
    raise LookupError(f"process {pid}: the kernel tells no proportional set size")


def _family(pid: int) -> Iterator[int]:
    """Yield a process and all that descend from it."""
    yield pid
    for thread in (_PROC / str(pid) / "task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            yield from _family(int(child))


def own_memory_mb() -> float:
    """Return the proportional set size of this process, in MB."""
    return memory_mb(os.getpid())
