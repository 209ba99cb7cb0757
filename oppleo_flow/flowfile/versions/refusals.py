"""Why a version is not deployed, besides that it does not start."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from oppleo_flow.errors import ConfigError, Refused

if TYPE_CHECKING:
    from oppleo_flow.flowfile.findings import Finding


class Stale(Refused):
    """Somebody else deployed since; `parts` are the ids of what both changed, if that is known."""

    def __init__(self, message: str, parts: Sequence[str] = ()) -> None:
        self.parts = tuple(parts)
        super().__init__(message)


class HasErrors(ConfigError):
    """A flow has errors; `findings` has all of them, the message the first."""

    def __init__(self, findings: "Sequence[Finding]") -> None:
        self.findings = tuple(findings)
        errors = [finding for finding in self.findings if finding.severity == "error"]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(errors[0].headline() + more)


class BrokenCode(Refused):
    """Changed drop-in files are not good; `faults` has all, each with its line."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{faults[0]}{more}; what ran before goes on running")
