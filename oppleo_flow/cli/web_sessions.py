"""The site's ledger for the page and the API."""

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
        self._ledgers: dict[bool, Ledger] = {}

    def latest(self, count: int) -> Sequence[SessionRecord]:
        """Return the `count` sessions that started last, the newest first.

        Raises:
            StoreError: The ledger cannot be read.
        """
        return self._open(read_only=True).sessions.latest(count)

    def books(self) -> "Ledger":
        """Return the ledger, to be written.

        Raises:
            StoreError: It cannot be opened.
        """
        return self._open(read_only=False)

    def close(self) -> None:
        """Let go of the ledger."""
        with self._lock:
            for ledger in self._ledgers.values():
                ledger.close()
            self._ledgers = {}

    def _open(self, *, read_only: bool) -> "Ledger":
        with self._lock:
            if read_only not in self._ledgers:
                location = self._site.service(StoreLocation)
                self._ledgers[read_only] = open_ledger(
                    location, self._site.charge_point, read_only=read_only
                )
            return self._ledgers[read_only]
