"""The most memory that a runtime may take: what asks for more fails there, and is named.

Without it the machine would come to a halt, or the system would end the whole runtime.
"""

import os
import resource
from pathlib import Path

_SHARE = 0.75
_OF_THE_SERVICE = Path("/sys/fs/cgroup/memory.max")
_IN_USE = Path("/proc/self/statm")


def limit_memory() -> None:
    """Take no more than three quarters of what the machine has, or of what it gives this service.

    What is reserved by now and not in use, as the stacks of threads are, does not count.  A limit
    that is there already and is lower stays.
    """
    most = int(_SHARE * _there_is()) + _only_reserved()
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if soft == resource.RLIM_INFINITY or soft > most:
        resource.setrlimit(resource.RLIMIT_DATA, (most, hard))


def _there_is() -> int:
    """Return how much memory there is, in bytes."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        service = _OF_THE_SERVICE.read_text(encoding="ascii").strip()
    except OSError:
        return machine
    return min(machine, int(service)) if service.isdecimal() else machine


def _only_reserved() -> int:
    """Return how much of this process's own memory is not in use, in bytes."""
    _, resident, shared, _, _, reserved, _ = map(int, _IN_USE.read_text(encoding="ascii").split())
    return max(0, reserved - (resident - shared)) * os.sysconf("SC_PAGE_SIZE")
