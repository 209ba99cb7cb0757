"""How this program starts a process that runs another of its modules."""

import os
import site
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from oppleo_flow.errors import StoreError


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules; the folder it starts in plays no part."""
    return [sys.executable, "-P", "-m", module, *arguments]


def child_environment() -> dict[str, str]:
    """Return the environment in which a child imports this very package, installed or not."""
    here = str(Path(__file__).parents[1])
    paths = list(filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep)))
    if here in (*paths, *site.getsitepackages()):
        return dict(os.environ)
    return {**os.environ, "PYTHONPATH": os.pathsep.join([here, *paths])}


def run_module(module: str, arguments: Sequence[str], *, timeout_s: float) -> str:
    """Run `python -m module`, wait for it, and return what it wrote to stdout.

    Raises:
        StoreError: It failed, with the last line that it wrote to stderr; or it took too long,
            and was ended.
    """
    try:
        done = subprocess.run(
            python_module(module, *arguments),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            timeout=timeout_s,
        )
    except subprocess.TimeoutExpired:
        raise StoreError(f"{module}: not done after {timeout_s:g} s, and ended") from None
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"{module}: ended with {done.returncode}"]
        raise StoreError(lines[-1])
    return done.stdout
