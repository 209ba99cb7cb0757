"""The built page that the tests look at, and what a browser loads of it."""

import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from webui.app import BUILT_PAGE

PAGE = Path(os.environ.get("OPPLEO_BUILT_PAGE", BUILT_PAGE))
DASHBOARD = (
    "index.html",
    "src/pages/dashboard/Dashboard.svelte",
    "src/wording/en/shell.json",
    "src/wording/en/dashboard.json",
)
"""What the first load of the dashboard asks for; what these need comes along."""


def first_load(*sources: str) -> dict[str, int]:
    """Return every file that a browser loads for some sources, and its bytes when packed."""
    built = json.loads((PAGE / "built.json").read_text(encoding="utf-8"))
    wanted = {"index.html", "icon.svg"}
    for source in sources:
        wanted.update(_with_imports(built, source))
    # The worker that holds the stream is of no source in the list, but each page asks for it.
    wanted.update(f"assets/{file.name}" for file in PAGE.glob("assets/stream-worker-*.js"))
    return {name: _packed_bytes(PAGE / name) for name in sorted(wanted)}


def _with_imports(built: dict[str, Any], source: str) -> Iterator[str]:
    chunk = built[source]
    yield chunk["file"]
    yield from chunk.get("css", ())
    for imported in chunk.get("imports", ()):
        yield from _with_imports(built, imported)


def _packed_bytes(file: Path) -> int:
    body = file.read_bytes()
    return min(len(body), len(gzip.compress(body, mtime=0)))
