"""Try drop-in files in a process of their own, which a bad one cannot take the runtime with."""

import json
import subprocess
from collections.abc import Sequence
from pathlib import Path

from oppleo_flow.child import child_environment, python_module

DEADLINE_S = 20.0
"""How long the import of one file and its examples may take."""
_START_S = 30.0


def faults_of(folder: Path, files: Sequence[Path], *, deadline_s: float = DEADLINE_S) -> list[str]:
    """Import files of a drop-in folder and run their examples, elsewhere; return what is wrong.

    A file that ends the process, or is not done in time, is told, and those after it are not tried.
    """
    names = [file.name for file in files]
    command = python_module("oppleo_flow.testing", str(folder), str(deadline_s), *names)
    try:
        done = subprocess.run(
            command,
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            check=False,
            timeout=_START_S + deadline_s * len(files),
        )
        said, how = done.stdout, f"it ended the process that tried it, with {done.returncode}"
    except subprocess.TimeoutExpired as error:
        said, how = error.stdout or b"", "it kept the process that tried it from its end"
    return _heard(folder, said, how)


def _heard(folder: Path, said: bytes, how: str) -> list[str]:
    """Return the faults that the child has told, and `how` it ended if that was before its time."""
    faults: list[str] = []
    trying = str(folder)
    for line in said.decode().splitlines():
        heard = json.loads(line)
        if "done" in heard:
            return faults
        if "fault" in heard:
            faults.append(heard["fault"])
        trying = heard.get("trying", trying)
    return faults or [f"{trying}:1: {how}"]
