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
    return sum(_memory_kb(one) for one in (pid, *descends_from(pid))) / 1000


def _memory_kb(pid: int) -> float:
    for line in (_PROC / str(pid) / "smaps_rollup").read_text(encoding="ascii").splitlines():
        name, _, amount = line.partition(":")
        if name == "Pss":
            return int(amount.removesuffix("kB")) * 1.024
    raise LookupError(f"process {pid}: the kernel tells no proportional set size")


def cpu_s(pid: int) -> float:
    """Return the processor time, in seconds, of a process and all that descend from it."""
    ticks = sum(_cpu_ticks(one) for one in (pid, *descends_from(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _cpu_ticks(pid: int) -> int:
    # After the name in parentheses, which may hold anything, user time is field 11 and system 12.
    _, _, fields = (_PROC / str(pid) / "stat").read_text(encoding="utf-8").rpartition(")")
    return sum(int(field) for field in fields.split()[11:13])


def descends_from(pid: int) -> Iterator[int]:
    """Yield the children of a process, and theirs."""
    for thread in (_PROC / str(pid) / "task").iterdir():
        for child in (thread / "children").read_text(encoding="ascii").split():
            yield int(child)
            yield from descends_from(int(child))


def own_memory_mb() -> float:
    """Return the proportional set size of this process, in MB."""
    return memory_mb(os.getpid())
