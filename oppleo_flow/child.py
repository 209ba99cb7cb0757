"""How this program starts a process that runs another of its modules, and what that answers."""

import json
import os
import site
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from oppleo_flow.encoding import encode
from oppleo_flow.errors import OppleoError, StoreError


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


def run_module(module: str, arguments: Sequence[str], *, timeout_s: float, given: str = "") -> str:
    """Run `python -m module`, wait for it, and return what it wrote to stdout.

    It reads what is `given` from stdin: secrets, which others could see among the arguments.

    Raises:
        StoreError: It failed, with the last line that it wrote to stderr; or it took too long,
            and was ended.
    """
    try:
        done = subprocess.run(
            python_module(module, *arguments),
            env=child_environment(),
            input=given,
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


def answer(what: str, work: Callable[[], object], *, niceness: int) -> int:
    """Do the work of a child with low priority: whoever waits has time, the charge point has not.

    What comes of it goes to stdout as JSON; why it failed to stderr, as the last line.  Return the
    exit code.
    """
    os.nice(niceness)
    try:
        done = work()
    except OppleoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except Exception as error:  # a child's entry: the parent gets one line, not a traceback
        sys.stderr.write(f"{what}: {type(error).__name__}: {error}\n")
        return 1
    json.dump(encode(done), sys.stdout)
    return 0
