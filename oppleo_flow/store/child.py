"""Run one of this package's modules in a process of its own, and bring home what it says."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import oppleo_flow
from oppleo_flow.errors import StoreError


def run_module(module: str, arguments: Sequence[str], *, timeout_s: float) -> str:
    """Run `python -m module`, wait for it, and return what it wrote to stdout.

    Raises:
        StoreError: It failed, with the last line that it wrote to stderr; or it took too long,
            and was ended.
    """
    # This very package, also where it runs from a folder and is not installed.
    here = str(Path(oppleo_flow.__file__).parents[1])
    path = os.pathsep.join(filter(None, [here, os.environ.get("PYTHONPATH")]))
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments],
            env={**os.environ, "PYTHONPATH": path},
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
