"""Noticing what is saved while a site runs: code of its own nodes, and its flow's files.

New code is taken in, if it is good; a flow that was changed is only told of: it runs when it is
deployed.
"""

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from oppleo_flow.cli.command import PROGRAM
from oppleo_flow.cli.settled_files import SettledFiles
from oppleo_flow.errors import OppleoError

if TYPE_CHECKING:
    from oppleo_flow.cli.deploying import Deploying
    from oppleo_flow.cli.site_config import WatchSettings
    from oppleo_flow.flowfile import Finding
    from webui.ports import Reloaded

_LOG = logging.getLogger(__name__)


class DiskWatch:
    """Looks at the files now and then; `say` is told in a line what has become of a change.

    What there is to do is done on a thread of its own: that may take long, and whatever somebody
    has saved must not end the one that looks.
    """

    def __init__(
        self,
        deploying: "Deploying",
        nodes: Path,
        settings: "WatchSettings",
        *,
        say: Callable[[str], object],
    ) -> None:
        self._deploying = deploying
        self._say = say
        self._code = SettledFiles(lambda: nodes.glob("[!.]*.py")) if settings.code else None
        self._flows = SettledFiles(deploying.flow_files) if settings.flows else None
        self._told: tuple[int, Sequence[str]] = (0, ())
        self._at_work: threading.Thread | None = None
        self._suspect = True  # what was saved before the first look was not imported either

    def look(self) -> None:
        """Look once; begin to do what there is to do."""
        if self._at_work is not None and self._at_work.is_alive():
            return
        code = self._code is not None and bool(self._code.changed())
        flows = self._flows is not None and bool(self._flows.changed())
        suspect = self._suspect and self._code is not None and self._code.settled
        if suspect:
            self._suspect = False
        if code or flows or suspect:
            act = partial(self._act, code=code, suspect=suspect, flows=flows)
            self._at_work = threading.Thread(target=act, name="disk-watch", daemon=True)
            self._at_work.start()

    def wait(self) -> None:
        """Wait until what has begun is done."""
        if self._at_work is not None:
            self._at_work.join()

    def _act(self, *, code: bool, suspect: bool, flows: bool) -> None:
        try:
            if flows:
                self._tell_of_flows()
        finally:
            if code or (suspect and self._deploying.code.has_changed):
                self._take_in()

    def _take_in(self) -> None:
        try:
            done = self._deploying.reload()
        except OppleoError:
            return  # who refused it has told why
        except OSError as error:
            _LOG.error("new code cannot be tried now: %s", error)
            return
        if done.files:
            self._say(_of_code(done))

    def _tell_of_flows(self) -> None:
        """Say of files that were changed and not deployed that they were, and of what is wrong."""
        number = self._deploying.running().number
        changed = tuple(self._deploying.changed_on_disk())
        told, self._told = self._told, (number, changed)
        if changed:
            self._say(_of_flows(changed, self._deploying.disk_findings()))
        elif told[0] == number and told[1]:
            self._say(f"{', '.join(told[1])}: as it runs, again")


def _of_code(done: "Reloaded") -> str:
    changes = done.changes
    parts = [
        f"{what} {', '.join(nodes)}"
        for what, nodes in (
            ("restarts", changes.restarted),
            ("starts", changes.added),
            ("stops", changes.removed),
        )
        if nodes
    ]
    return f"new code: {', '.join(done.files)}: {'; '.join(parts) or 'no node is made of it'}"


def _of_flows(changed: Sequence[str], findings: "Sequence[Finding]") -> str:
    names = ", ".join(changed)
    errors = [finding for finding in findings if finding.severity == "error"]
    if not errors:
        return f"{names}: changed, and not deployed yet; `{PROGRAM} deploy` does it"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    what = f"{errors[0].headline()}{more}"
    return f"{names}: changed, and has errors; what ran before goes on: {what}"
