"""The last version of a flow that started: what a restart after a crash falls back to.

It is kept with all files that it leads to: other flows, and shared subflows.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from oppleo_flow.flowfile.files import FLOWS, SUBFLOWS, is_subflow

_FOLDER = Path(".oppleo", "last-good")


def last_good(site: Path, flow: Path) -> Path:
    """Return where the last good version of a flow is kept."""
    folder = _folder(site, flow)
    whole = folder if folder.exists() else _beside(folder, "old")
    return whole / FLOWS / flow.name


def keep_as_good(site: Path, flow: Path, texts: Mapping[str, str]) -> None:
    """Keep the texts of a flow that started, by their files; a crash half-way leaves the old."""
    folder = _folder(site, flow)
    new, old = _beside(folder, "new"), _beside(folder, "old")
    shutil.rmtree(new, ignore_errors=True)
    for name, text in texts.items():
        file = Path(name)
        _write(new / (SUBFLOWS if is_subflow(file) else FLOWS) / file.name, text)
    if folder.exists():
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
    new.rename(folder)
    _sync(folder.parent)
    shutil.rmtree(old, ignore_errors=True)


def _folder(site: Path, flow: Path) -> Path:
    return site / _FOLDER / flow.stem


def _beside(folder: Path, ending: str) -> Path:
    """Return a folder's double; no flow's name has a dot in it."""
    return folder.with_name(f"{folder.name}.{ending}")


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Have a folder's entries on the disk."""
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
