"""The child process that tries drop-in files: `python -m oppleo_flow.testing FOLDER SECONDS FILE…`.

It says on stdout, a line of JSON each, which file it tries, what is wrong, and that it is done.
"""

import ast
import json
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Any

from oppleo_flow.drop_in import place_of
from oppleo_flow.errors import ConfigError
from oppleo_flow.node import Example
from oppleo_flow.node_spec import NodeSpec, refs
from oppleo_flow.registry import Registry
from oppleo_flow.testing.bench import expected, run_example

NICENESS = 10
_LOOK_S = 0.1


class Teller:
    """Tells the parent; what a file prints goes elsewhere."""

    def __init__(self) -> None:
        self._pipe = os.dup(1)
        os.dup2(2, 1)

    def __call__(self, **said: object) -> None:
        """Say one line."""
        os.write(self._pipe, json.dumps(said).encode() + b"\n")


class Watch:
    """Ends the process when one file takes too long, and says where it is."""

    def __init__(self, folder: Path, deadline_s: float, tell: Teller) -> None:
        self._folder = folder
        self._deadline_s = deadline_s
        self._tell = tell
        self._since = monotonic()
        self._file = folder
        self._main = threading.get_ident()
        threading.Thread(target=self._run, daemon=True).start()

    def begin(self, file: Path) -> None:
        """Note that a file is tried from now on."""
        self._file, self._since = file, monotonic()

    def _run(self) -> None:
        pause = threading.Event()
        while not pause.wait(_LOOK_S):
            if monotonic() - self._since > self._deadline_s:
                self._tell(fault=f"{self._place()}: not done after {self._deadline_s:g} s")
                os._exit(1)  # the main thread will not come to its end

    def _place(self) -> str:
        """Return the innermost line of the folder at which the main thread is."""
        frame = sys._current_frames().get(self._main)
        while frame is not None:
            if Path(frame.f_code.co_filename).parent == self._folder:
                return f"{frame.f_code.co_filename}:{frame.f_lineno}"
            frame = frame.f_back
        return f"{self._file}:1"


def main(arguments: Sequence[str]) -> None:
    """Try the files that the command line names, and end the process."""
    os.nice(NICENESS)  # whoever waits for it has time; the charge point has not
    tell = Teller()
    folder, deadline_s, names = Path(arguments[0]), float(arguments[1]), arguments[2:]
    watch = Watch(folder, deadline_s, tell)
    registry = Registry.installed(folder)
    for file in (folder / name for name in names):
        tell(trying=str(file))
        watch.begin(file)
        for fault in wrong_with(registry, file):
            tell(fault=fault)
    tell(done=True)
    os._exit(0)  # a thread that a file has left behind does not hold it up


def wrong_with(registry: Registry, file: Path) -> list[str]:
    """Return what is wrong with a file; it may fail in any way."""
    try:
        return list(_faults(registry, file))
    except ConfigError as error:
        return [str(error)]
    except BaseException as error:  # a child's entry: the parent is told in one line
        return [f"{place_of(error, file)}: {type(error).__name__}: {error}"]


def _faults(registry: Registry, file: Path) -> Iterator[str]:
    """Import a file and run its examples, but those that need a connection."""
    spec = registry.drop_in(file)
    if not isinstance(spec, NodeSpec) or refs(spec.config):
        return
    for number, example in enumerate(spec.cls.examples, start=1):
        for fault in _untrue(spec, example):
            yield f"{file}:{_line_of_example(file, number)}: example {number}: {fault}"


def _untrue(spec: NodeSpec, example: Example) -> Iterator[str]:
    """Yield what an example says that is not so."""
    asked = replace(example, expect={"error": (), **example.expect})
    wanted, got = expected(asked), run_example(spec.cls, asked)
    if got["error"] != wanted["error"]:
        yield ", ".join(f"{failure.error}: {failure.message}" for failure in got["error"])
        return
    for port, payloads in wanted.items():
        if got[port] != payloads:
            yield f"output {port!r}: expected {_short(payloads)}, got {_short(got[port])}"


def _line_of_example(file: Path, number: int) -> int:
    """Return the line of an example in the list `examples` of a class; else of its first line."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        target = getattr(node, "target", None) or next(iter(getattr(node, "targets", ())), None)
        written = getattr(node, "value", None)
        if getattr(target, "id", None) == "examples" and isinstance(written, ast.List | ast.Tuple):
            return written.elts[number - 1].lineno if number <= len(written.elts) else 1
    return 1


def _short(payloads: Sequence[Any]) -> str:
    text = ", ".join(map(repr, payloads)) or "nothing"
    return text if len(text) <= 200 else f"{text[:200]}…"


if __name__ == "__main__":
    main(sys.argv[1:])
