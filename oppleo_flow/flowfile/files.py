"""The files that a flow leads to: other flows beside it, and shared subflows.

These are in the folder `subflows` beside the folder `flows`; a flow that is in no folder of that
name has it beside itself.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from oppleo_flow.flowfile.findings import Finding
from oppleo_flow.flowfile.reading import read_text
from oppleo_flow.flowfile.settings import CheckSettings

FLOWS: Final = "flows"
SUBFLOWS: Final = "subflows"
_ENDING = ".yaml"
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,99}")  # so that no name leads out of its folder


class FlowFiles:
    """Finds and reads the files around one flow; `texts` has all that were read, by name.

    `text` is the flow's own; None when there is no such flow, only what is around it.
    """

    def __init__(self, file: str, text: str | None, settings: CheckSettings) -> None:
        self.texts: dict[str, str] = {} if text is None else {file: text}
        self.main = Path(file).stem
        self._flows = Path(file).parent
        self._subflows = _shared(self._flows)
        self._given: Mapping[Path, str] = {Path(name): t for name, t in settings.texts.items()}

    def flow(self, name: str) -> tuple[str, str | Finding] | None:
        """Return the file of another flow and its text; None when there is no such file."""
        return self._read(self._flows, name)

    def subflow(self, name: str) -> tuple[str, str | Finding] | None:
        """Return the file of a shared subflow and its text; None when there is no such file."""
        return self._read(self._subflows, name)

    def flows(self) -> list[str]:
        """Return the names of all flows that may be referred to."""
        return self._names(self._flows)

    def subflows(self) -> list[str]:
        """Return the names of all shared subflows."""
        return self._names(self._subflows)

    def _read(self, folder: Path, name: str) -> tuple[str, str | Finding] | None:
        if not _NAME.fullmatch(name):
            return None
        file = folder / f"{name}{_ENDING}"
        text: str | Finding
        if file in self._given:
            text = self._given[file]
        elif file.exists():
            text = read_text(file)
        else:
            return None
        if isinstance(text, str):
            self.texts[str(file)] = text
        return str(file), text

    def _names(self, folder: Path) -> list[str]:
        there = [file for file in self._given if file.parent == folder]
        if folder.is_dir():
            there += folder.glob(f"*{_ENDING}")
        return sorted({file.stem for file in there})


def is_subflow(file: Path) -> bool:
    """Return whether a file is that of a shared subflow."""
    return file.absolute().parent.name == SUBFLOWS


def _shared(flows: Path) -> Path:
    """Return where the subflows lie that the flows of a folder share."""
    return (flows.parent if flows.name == FLOWS else flows) / SUBFLOWS
