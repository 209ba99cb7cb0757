"""The last sessions for the page, from the site's ledger."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from oppleo_flow.charging.record import SessionRecord
from oppleo_flow.cli.site import Site
from oppleo_flow.store import StoreLocation, open_ledger

if TYPE_CHECKING:
    from oppleo_flow.store import Ledger


class WebSessions:
    """Opens the ledger when a page first asks: the page is there before the database is."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lock = threading.Lock()
        self._ledger: Ledger | None = None

    def latest(self, count: int) -> Sequence[SessionRecord]:
        """Return the `count` sessions that started last, the newest first.

        Raises:
            StoreError: The ledger cannot be read.
        """
        return self._open().sessions.latest(count)

    def close(self) -> None:
        """Let go of the ledger."""
        with self._lock:
            if self._ledger is not None:
                self._ledger.close()
                self._ledger = None

    def _open(self) -> "Ledger":
        with self._lock:
            if self._ledger is None:
                location = self._site.service(StoreLocation)
                self._ledger = open_ledger(location, self._site.charge_point, read_only=True)
            return self._ledger
