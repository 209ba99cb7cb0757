"""Try drop-in files in a process of their own, which a bad one cannot take the runtime with."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from oppleo_flow.child import child_environment, python_module

DEADLINE_S = 20.0
"""How long the import of one file and its examples may take."""
_START_S = 30.0


def faults_of(folder: Path, files: Sequence[Path], *, deadline_s: float = DEADLINE_S) -> list[str]:
    """Import files of a drop-in folder and run their examples, elsewhere; return what is wrong.

    A file that ends the process, or is not done in time, is told, and those after it are not tried.
    """
    tried = _try(folder, files, deadline_s)
    return tried.faults if tried.done or tried.faults else [tried.how_it_ended]


def what_ends_a_process(
    folder: Path, files: Sequence[Path], *, deadline_s: float = DEADLINE_S
) -> dict[Path, str]:
    """Import files of a drop-in folder and run their examples, elsewhere.

    Return those that end the process, or are not done in time, with what there is to say of them.
    """
    ending: dict[Path, str] = {}
    left = list(files)
    while left:
        tried = _try(folder, left, deadline_s)
        if tried.done or tried.trying not in left:
            break
        ending[tried.trying] = tried.how_it_ended
        left = left[left.index(tried.trying) + 1 :]
    return ending


@dataclass(slots=True)
class _Tried:
    """What the child has told: the file that it tried last, its last fault, if it was done."""

    trying: Path
    how: str
    faults: list[str] = field(default_factory=list)
    done: bool = False
    fault: str | None = None

    @property
    def how_it_ended(self) -> str:
        """Return what there is to say of the file that the child did not get beyond."""
        return self.fault or f"{self.trying}:1: {self.how}"


def _try(folder: Path, files: Sequence[Path], deadline_s: float) -> _Tried:
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
    return _heard(said, _Tried(folder, how))


def _heard(said: bytes, tried: _Tried) -> _Tried:
    """Take in what the child has told."""
    for line in said.decode().splitlines():
        heard = json.loads(line)
        if "trying" in heard:
            tried.trying, tried.fault = Path(heard["trying"]), None
        if "fault" in heard:
            tried.faults.append(heard["fault"])
            tried.fault = heard["fault"]
        tried.done = tried.done or "done" in heard
    return tried
