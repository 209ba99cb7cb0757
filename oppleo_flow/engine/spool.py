"""What waits for an input beyond its inbox: on disk, in order, over a restart, up to a size.

The inbox comes first.  What does not fit into it, or comes while older messages are on disk or the
node does not run, is written to the log of the state file, and read back as the inbox has room.
When a node stops, what its inbox holds is written in front of that: what was read back keeps its
place, so nothing that came later may be in the inbox beside it.  A message that was on disk is
taken off it with whatever its handler commits, so it may be handled twice, but not be lost.

When the spool is full, or the disk takes nothing, the newest messages are dropped and counted:
what is kept has no gap.
"""

import json
from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.durable import logged, read_back, unreadable
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.state_store import Append, Transaction
from oppleo_flow.engine.wire_log import BEFORE_ALL, Page, measure, read_page
from oppleo_flow.errors import StoreError
from oppleo_flow.flowfile.graph import InboxPolicy

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

MOST_UNCOMMITTED = 1000
"""How many messages may wait in memory for a disk that is slow."""
_AGAIN_S = 1.0


class Spool:
    """The spool of one input.  Used within the loop."""

    def __init__(self, host: "NodeHost", port: str, policy: InboxPolicy) -> None:
        self._host = host
        self._port = port
        self._policy = policy
        self._name = f"inbox of {host.node_id}.{port}"
        self._known = False
        self._asking = False
        self._newest_read = BEFORE_ALL
        self._in_memory: set[int] = set()
        self._uncommitted = 0
        self._bytes = 0
        self.waiting = 0
        """How many messages are on disk, or on their way there, and not in the inbox."""

    def takes(self, item: Item) -> bool:
        """Return whether a message is none for the inbox now, after seeing to it."""
        host = self._host
        runs = host.started and not host.stopping
        if runs and self._known and not self._on_disk and host.inbox.has_room(self._port):
            return False
        self._write([item], before=False)
        return True

    @property
    def _on_disk(self) -> bool:
        """Return whether any message is on disk that is not handled, read back or not."""
        return bool(self.waiting or self._in_memory)

    def resume(self) -> None:
        """Go on, now that the node runs: with what an earlier run has left, too."""
        if self._known:
            self.refill()
        elif not self._asking:
            self._asking = True
            answered = partial(self._learn, self.waiting, self._bytes)
            self._host.core.ask(partial(measure, wire=self._name), answered)

    def refill(self) -> None:
        """Read as much back as the inbox has room for, once half of it is free."""
        host, size = self._host, self._policy.size
        there = host.inbox.waiting(self._port)
        most = min(size - there, self.waiting - self._uncommitted)
        if self._asking or not self._known or most <= 0 or there > size // 2:
            return
        if host.started and not host.stopping:
            self._asking = True
            page = partial(read_page, wire=self._name, after=self._newest_read, most=most)
            self._host.core.ask(page, self._take_in)

    def give_back(self, items: Iterable[Item]) -> None:
        """Take back what waits in the inbox of a node that stops, in front of all else."""
        items = list(items)
        loaded = [item for item in items if item.log_id is not None]
        self.waiting += len(loaded)
        self._in_memory.clear()
        self._newest_read = BEFORE_ALL
        self._write([item for item in reversed(items) if item.log_id is None], before=True)

    def _write(self, items: Iterable[Item], *, before: bool) -> None:
        for item in items:
            message, error = attempt(logged, item.payload, item.envelope)
            size = len(json.dumps(message))
            if error is not None or not self._has_room(size):
                self._host.dropped += 1
                continue
            self.waiting += 1
            self._uncommitted += 1
            self._bytes += size
            transaction = Transaction(appends=[Append(self._name, message, before=before)])
            transaction.then = partial(self._host.core.loop.post, self._written, size)
            self._host.core.state_store.submit(transaction)

    def _has_room(self, size: int) -> bool:
        return (
            self._bytes + size <= self._policy.disk_bytes and self._uncommitted < MOST_UNCOMMITTED
        )

    def _written(self, size: int, error: StoreError | None) -> None:
        self._uncommitted -= 1
        if error is not None:
            self.waiting -= 1
            self._bytes -= size
            self._host.dropped += 1
        self.refill()

    def _learn(self, ours: int, our_bytes: int, found: Any, error: StoreError | None) -> None:
        """Count in what was on disk already; of ours all was, by the time it was counted."""
        self._asking = False
        if error is not None:
            self._later(self.resume)
            return
        count, size = found
        self._known = True
        self.waiting += count - ours
        self._bytes += size - our_bytes
        self.refill()

    def _take_in(self, page: Page | None, error: StoreError | None) -> None:
        self._asking = False
        if page is None or error is not None:
            self._later(self.refill)
            return
        host = self._host
        if not host.started or host.stopping:
            return
        port = host.plan.spec.inputs[self._port]
        for log_id, text in page.rows:
            self._newest_read = log_id
            self.waiting -= 1
            message = json.loads(text)
            envelope, error_ = attempt(read_back, message, port.type)
            if error_ is None:
                done = partial(self._done, log_id, len(text))
                item = Item(host.handler(port.name), port.name, envelope.payload, envelope, done)
                item.log_id = log_id
                self._in_memory.add(log_id)
                host.inbox.put(item)
            else:
                self._bytes -= len(text)
                unreadable(host, port.name, message, error_, log_id)
        host.core.handling.resume(host)

    def _done(self, log_id: int, size: int, error: Exception | None) -> None:
        """Note that a message is handled; one that failed for good is taken off the disk, too."""
        self._in_memory.discard(log_id)
        if self._host.stopping:
            return
        self._bytes -= size
        if error is not None:
            self._host.core.state_store.submit(Transaction(acknowledged=[log_id]))

    def _later(self, call: Any) -> None:
        loop = self._host.core.loop
        loop.timers.call_at(self._host.core.clock.monotonic() + _AGAIN_S, call)
