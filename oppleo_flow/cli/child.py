"""How this program starts a process that runs another of its modules."""

import os
import sys
import sysconfig
from pathlib import Path

import oppleo_flow


def python_module(module: str, *arguments: str) -> list[str]:
    """Return the command that runs one of our modules; the folder it starts in plays no part."""
    return [sys.executable, "-P", "-m", module, *arguments]


def let_children_find_us() -> None:
    """See to it that child processes import this very package, also where it is not installed."""
    here = str(Path(oppleo_flow.__file__).parents[1])
    if here == sysconfig.get_path("purelib"):
        return
    paths = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    if here not in paths:
        os.environ["PYTHONPATH"] = os.pathsep.join([here, *filter(None, paths)])
