"""Send what is in the outbox to PostgreSQL, batch by batch."""

import logging
from collections.abc import Callable

from oppleo_flow.clock import Clock
from oppleo_flow.immutable import immutable
from oppleo_flow.store.outbox.outbox import Outbox
from oppleo_flow.store.postgres.copy import PostgresCopy
from oppleo_flow.store.postgres.errors import AWAY, CopyError


@immutable
class Sent:
    """What arrived with one batch: how many rows, of which some were `aside`; is there `more`."""

    rows: int = 0
    aside: int = 0
    more: bool = False


class OutboxSender:
    """Takes batches from an outbox and sees to it that each arrives; used by one thread at a time.

    `open_copy` begins a session; after a failure the next batch has a new one.
    """

    def __init__(
        self,
        outbox: Outbox,
        open_copy: Callable[[], PostgresCopy],
        clock: Clock,
        log: logging.Logger,
        *,
        take_over: str | None = None,
    ) -> None:
        self._outbox = outbox
        self._open_copy = open_copy
        self._clock = clock
        self._log = log
        self._take_over = take_over
        self._copy: PostgresCopy | None = None

    def send_next(self, most: int) -> Sent:
        """Send one batch of at most so many rows; return what of it arrived.

        Raises:
            CopyError: The database cannot be reached or refuses; all that did not arrive waits.
            StoreError: The site's own ledger cannot be written.
        """
        may_be_stale = self._copy is not None
        try:
            return self._send(most)
        except CopyError as error:
            # A session that was idle may have ended unnoticed: by a router, or with a server that
            # was restarted.  That is no fault, unless a new one fails too.
            if not may_be_stale or error.code != AWAY:
                raise
        return self._send(most)

    def _send(self, most: int) -> Sent:
        if self._copy is None:
            self._copy = self._begin()
        batch = self._outbox.next_batch(most)
        if batch is None:
            return Sent()
        try:
            aside = self._copy.write(batch, self._outbox.marks.ledger_id, self._clock.now())
        except CopyError:
            self.close()
            raise
        return Sent(len(batch), aside, self._outbox.arrived(self._clock.now()))

    def _begin(self) -> PostgresCopy:
        """Return a new session, once both sides are agreed on what has arrived."""
        copy = self._open_copy()
        try:
            marks = self._outbox.marks
            there = copy.mark(marks, self._take_over)
        except CopyError:
            copy.close()
            raise
        if there is not None and there == marks.under_way:
            self._outbox.arrived(self._clock.now())
        elif marks.last is not None and there != marks.last:
            self._log.warning("the other database is not what it was: everything is sent again")
            self._outbox.send_all_again()
        return copy

    def close(self) -> None:
        """End the session."""
        if self._copy is not None:
            self._copy.close()
            self._copy = None
