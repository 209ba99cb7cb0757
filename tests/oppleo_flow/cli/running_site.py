"""A site that `oppleo-flow run` runs in processes of its own."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE_S = 60.0
REPOSITORY = Path(__file__).parents[3]
HELLO = """\
flow: hello
format: 1
nodes:
  tick: {type: schedule, every: 1h}
  show: {type: debug, from: tick}
"""
RUNS = re.compile(
    r"hello runs: (?P<url>http://127\.0\.0\.1:\d+/)  \(for this machine only; log: .*\)"
)


@contextmanager
def start(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Start `oppleo-flow run`; whatever becomes of the test, nothing is left running."""
    with subprocess.Popen(
        [sys.executable, "-m", "oppleo_flow", "run", *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as guardian:
        try:
            yield guardian
        finally:
            guardian.terminate()


@contextmanager
def running(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a site; give the guardian and the address of the page."""
    with start(*words) as guardian:
        announced = RUNS.fullmatch(guardian.stdout.readline().rstrip())
        assert announced, guardian.stderr.read()
        yield guardian, announced["url"]


def said(errors: str) -> list[str]:
    """Return the lines of stderr; that a busy machine made a handler slow proves nothing.

    That nobody can sign in yet is not what a test without accounts is about.
    """
    beside = ("a handler took", "no account yet")
    return [line for line in errors.splitlines() if not any(text in line for text in beside)]


def shown(site: Path, url: str, path: str) -> bytes:
    """Return what a running site answers to a command of its owner."""
    key = (site / ".oppleo" / "command.key").read_text().strip()
    request = urllib.request.Request(f"{url}{path}", headers={"Authorization": f"Bearer {key}"})
    with urllib.request.urlopen(request) as answer:
        return answer.read()


def runtime_of(guardian: subprocess.Popen[str]) -> int:
    children = Path(f"/proc/{guardian.pid}/task/{guardian.pid}/children").read_text()
    return int(children.split()[0])
