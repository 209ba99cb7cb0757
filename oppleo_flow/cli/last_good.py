"""The last version of a flow that started: what a restart after a crash falls back to."""

import os
from pathlib import Path

_FOLDER = Path(".oppleo", "last-good")


def last_good(site: Path, flow: Path) -> Path:
    """Return where the last good version of a flow is kept."""
    return site / _FOLDER / flow.name


def keep_as_good(site: Path, flow: Path, text: str) -> None:
    """Keep the text of a flow that started; a crash half-way leaves the old one."""
    path = last_good(site, flow)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
