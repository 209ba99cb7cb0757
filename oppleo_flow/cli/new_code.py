"""New code of a site's own nodes: tried elsewhere first, and let in only when all of it is good."""

from collections.abc import Mapping
from pathlib import Path

from oppleo_flow.drop_in import Version
from oppleo_flow.flowfile.versions.refusals import BrokenCode
from oppleo_flow.registry import Registry


def tried(registry: Registry) -> Mapping[Path, Version]:
    """Return the drop-in files that changed, when all of them are good.

    Raises:
        BrokenCode: One cannot be imported, or an example of it is not true.
    """
    files = registry.changed_drop_ins()
    if files:
        # Not at the top: code changes seldom.
        from oppleo_flow.testing.child import faults_of  # noqa: PLC0415

        faults = faults_of(next(iter(files)).parent, list(files))
        if faults:
            raise BrokenCode(faults)
    return files
