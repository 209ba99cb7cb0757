"""What a check finds in the flow's files as they are on the disk, which may not be what runs."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING

from oppleo_flow.cli.flow_files import mistaken
from oppleo_flow.flowfile.versions.refusals import HasErrors

if TYPE_CHECKING:
    from oppleo_flow.cli.flow_folder import FlowFolder
    from oppleo_flow.flowfile import Finding


class DiskCheck:
    """Checks the files when somebody asks, and not again while they are the same.

    Legal from any thread.
    """

    def __init__(self, folder: "FlowFolder") -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._texts: Mapping[str, str] = {}
        self._found: tuple[Finding, ...] | None = None

    def findings(self) -> "tuple[Finding, ...]":
        """Return what is found now."""
        with self._lock:
            if self._found is None or any(
                self._folder.text(name) != text for name, text in self._texts.items()
            ):
                self._found = self._check()
            return self._found

    def forget(self) -> None:
        """Check anew when it is asked for: the node types are others."""
        with self._lock:
            self._found = None

    def _check(self) -> "tuple[Finding, ...]":
        try:
            flows, result = self._folder.check_disk()
        except HasErrors as error:
            self._texts = {self._folder.main: ""}
            return error.findings
        self._texts = flows.files
        return (*mistaken(result), *result.findings)
