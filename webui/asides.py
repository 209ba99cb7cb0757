"""What an open editor is told beside the state of the flow: that it has to look again, and at what.

Only tokens go along with the events, another one for each change: what has changed is asked for by
who may see it.
"""

import threading
from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from oppleo_flow.clock import Clock

if TYPE_CHECKING:
    from webui.editing import Drafts, Editing
    from webui.ports import Deploying

DISK_S = 1.5
"""How often the files are looked at, while somebody listens."""
_TOKEN = 12


class EditorAnswer(TypedDict):
    """What an editor looks at again when it differs from what it knows.

    `running` is the revision of the version that runs, `version` its number and `who` deployed it.
    `disk` is empty while the files hold what runs; `code` is when code of the site's own nodes was
    tried last, empty for never; `drafts` is another one whenever somebody's draft has changed.
    """

    running: str
    version: int
    who: str
    disk: str
    code: str
    drafts: str


class Asides:
    """Looks at what is beside the flow.  Legal from any thread."""

    def __init__(
        self,
        clock: Clock,
        deploying: "Deploying",
        *,
        editing: "Editing | None" = None,
        drafts: "Drafts | None" = None,
    ) -> None:
        self._clock = clock
        self._deploying = deploying
        self._editing = editing
        self._drafts = drafts
        self._lock = threading.Lock()
        self._disk = ""
        self._disk_of = ""
        self._disk_due_s = 0.0

    def __call__(self) -> EditorAnswer:
        """Return it as it is now; of the files as it was a moment ago."""
        version, newest = self._deploying.running(), self._deploying.code.newest
        return {
            "running": version.revision,
            "version": version.number,
            "who": version.who,
            "disk": self._disk_beside(version.revision),
            "code": "" if newest is None else newest.at.isoformat(),
            "drafts": "" if self._drafts is None else self._drafts.token,
        }

    def _disk_beside(self, running: str) -> str:
        now_s = self._clock.monotonic()
        with self._lock:
            if now_s >= self._disk_due_s or running != self._disk_of:
                self._disk, self._disk_of = self._look_at_disk(), running
                self._disk_due_s = now_s + DISK_S
            return self._disk

    def _look_at_disk(self) -> str:
        names = self._deploying.changed_on_disk()
        if not names:
            return ""
        texts: Mapping[str, str] = {} if self._editing is None else self._editing.around()
        told = "\0".join(f"{name}\0{texts.get(name, '')}" for name in names)
        return sha256(told.encode()).hexdigest()[:_TOKEN]
