"""A runtime takes no more than its share of the memory."""

import os
import subprocess
import sys

import pytest

LIMITED = """
import resource
from oppleo_flow.cli.memory_limit import limit_memory
{before}
limit_memory()
print(resource.getrlimit(resource.RLIMIT_DATA)[0])
"""


@pytest.fixture
def limit():
    def after(before: str = "") -> int:
        code = LIMITED.format(before=before)
        return int(subprocess.check_output([sys.executable, "-c", code], text=True))

    return after


def test_a_runtime_takes_three_quarters_of_the_memory_at_most(limit):
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert 0 < limit() <= machine * 3 // 4 + 100_000_000


def test_what_threads_reserve_for_their_stacks_does_not_count(limit):
    begin = """
import threading
for _ in range(20):
    threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
    assert limit(begin) - limit() > 20 * 4_000_000


def test_a_lower_limit_stays(limit):
    assert limit("resource.setrlimit(resource.RLIMIT_DATA, (2**30, 2**30))") == 2**30
