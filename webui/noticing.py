"""Keeps what happened for the page: people read there later what they were not looking at.

It listens to the flow as a recipient does, with the same words and the same restraint: nothing
twice.  Nobody is sent anything; the rows stand in the ledger beside those of the nodes that send.
"""

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeGuard, get_args
from uuid import uuid4
from zoneinfo import ZoneInfo

from oppleo_flow.charging.notices import Notices, Told
from oppleo_flow.charging.telling import Desk, Manners, Now, Teller
from oppleo_flow.charging.told import ToldOnce
from oppleo_flow.engine.snapshot import EventKind, NodeSnapshot, RuntimeEvent
from oppleo_flow.errors import StoreError
from oppleo_flow.flow_events import ConditionKind, NodeChanged
from oppleo_flow.payloads import (
    BackupMade,
    Notification,
    Rejected,
    ReportWritten,
    SessionBilled,
    SessionEnded,
    SessionStarted,
)
from oppleo_flow.wording import wording
from webui.ports import Runtime, SiteFacts

PAGE: Final = "page"
"""Who tells it, in the place of a node."""
_KINDS: Final[frozenset[EventKind]] = frozenset({"fault", "clear", "event"})
_HAPPENS = SessionStarted | SessionBilled | SessionEnded | Rejected | ReportWritten | BackupMade
_REPEATS: Final = frozenset({"recipient", "charge-alarm"})
"""Types whose notifications are of what is heard here already."""
_BILLS: Final = "ledger"
_MOST_WAITING: Final = 1000
_LOOK_S: Final = 0.5
"""So long the end may have to wait: what was heard until then is written down first."""
_LOG = logging.getLogger(__name__)


class Noticing:
    """Writes down what happens in a flow until it is closed; leaving the `with` closes it."""

    def __init__(self, runtime: Runtime, site: SiteFacts) -> None:
        self._runtime = runtime
        self._site = site
        self._subscription = runtime.subscribe(_MOST_WAITING, _KINDS)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="noticing", daemon=True)
        zone = ZoneInfo(site.timezone)
        self._notices = Notices(wording(site.language), zone, site.charge_point)
        self._teller = Teller(Manners(again_s=None), self._notices, Desk(), self._write)
        self._silent = False
        self._at = site.clock.now()

    def start(self) -> "Noticing":
        """Begin, with the faults that are open already; return this very one."""
        self._thread.start()
        return self

    def close(self) -> None:
        """Write down what was heard, and end."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        self._subscription.close()

    def _run(self) -> None:
        for node in self._runtime.snapshot().nodes:
            for fault in node.faults:
                change = NodeChanged(node.id, "fault", fault.code, fault.text, fault.since)
                self._hear(change, fault.since)
        while True:
            ending = self._ending.is_set()  # what comes before that is there by then
            event = self._subscription.get(0.0 if ending else _LOOK_S)
            if event is not None:
                self._take(event)
            elif ending:
                return

    def _take(self, event: RuntimeEvent) -> None:
        """Take what somebody will want to read of."""
        if event.kind in ("fault", "clear"):
            kind: ConditionKind = "fault" if event.kind == "fault" else "clear"
            text = str(event.value)
            self._hear(NodeChanged(event.node, kind, event.port, text, event.at), event.at)
            return
        value = event.value
        if self._is_news(value, event.node):
            self._hear(value, event.at)

    def _is_news(self, value: object, node: str) -> TypeGuard[Told]:
        """Return whether something is worth reading, and is not heard in another way too."""
        if isinstance(value, Notification):
            return self._type_of(node) not in _REPEATS
        if isinstance(value, SessionEnded) and self._has(_BILLS):
            return False  # its bill has what its end has, and the price
        return isinstance(value, get_args(_HAPPENS))

    def _hear(self, payload: Told, at: datetime) -> None:
        self._at = at
        note = self._notices.of(payload)
        if note is not None:
            self._teller.take(note, Now(self._site.clock.instant()))

    def _write(self, note: Notification) -> None:
        """Write a notification down; a ledger that cannot be written is said once."""
        told = ToldOnce(
            PAGE,
            str(uuid4()),
            self._at,
            note.event,
            note.priority,
            note.title,
            note.text or note.title,
            "shown",
        )
        try:
            if self._site.books is not None:
                self._site.books().told.record(told)
        except StoreError as error:
            if not self._silent:
                _LOG.warning("page: what happened cannot be kept: %s", error)
            self._silent = True
        else:
            self._silent = False

    def _type_of(self, node: str) -> str:
        return next((one.type_name for one in self._nodes(lambda one: one.id == node)), "")

    def _has(self, type_name: str) -> bool:
        return bool(self._nodes(lambda one: one.type_name == type_name and not one.disabled))

    def _nodes(self, wanted: Callable[[NodeSnapshot], bool]) -> list[NodeSnapshot]:
        return [node for node in self._runtime.snapshot().nodes if wanted(node)]
