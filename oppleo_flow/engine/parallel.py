"""A blocking node that handles several messages at once, each on a worker of its own."""

import threading
from typing import TYPE_CHECKING, Any

from oppleo_flow.engine.host import NodeHost
from oppleo_flow.engine.inbox import Item
from oppleo_flow.engine.workers import Worker
from oppleo_flow.flowfile.graph import GraphNode
from oppleo_flow.message import Message

if TYPE_CHECKING:
    from oppleo_flow.engine.core import Core


class _Hand(threading.local):
    """What one thread has in hand."""

    def __init__(self) -> None:
        self.running = 0
        self.pending: list[tuple[Any, Any]] = []
        self.envelope: Message | None = None
        self.item: Item | None = None


class ParallelHost(NodeHost):
    """Runs a node's handlers on several workers; the node starts and stops on the first of them.

    What a handler has in hand is apart for each thread.
    """

    def __init__(self, plan: GraphNode, core: "Core", *, left_empty: bool) -> None:
        self._hand = _Hand()
        self._workers: list[Worker] = []
        self._free: list[Worker] = []
        self._at_work: dict[Item, Worker] = {}
        super().__init__(plan, core, left_empty=left_empty)

    def give_workers(self, workers: list[Worker]) -> None:
        """Take the workers that the node runs on; before it starts."""
        self._workers = workers
        self._free = list(reversed(workers))
        self.worker = workers[0]

    @property
    def at_work(self) -> bool:
        """Return whether any message is under way."""
        return bool(self._at_work)

    @property
    def workers(self) -> list[Worker]:
        """Return the workers that the node cannot do without."""
        return self._workers

    @property
    def busy(self) -> bool:
        """Return whether every worker has a message."""
        return not self._free

    @busy.setter
    def busy(self, value: bool) -> None:
        """Do nothing: the messages in hand tell."""

    def begin(self, item: Item) -> None:
        """Give a message a worker; one that is tried again has it still."""
        super().begin(item)
        if item not in self._at_work:
            self._at_work[item] = self._free.pop()

    def over(self, item: Item) -> None:
        """Take a message's worker back."""
        super().over(item)
        worker = self._at_work.pop(item, None)
        if worker is not None:
            self._free.append(worker)

    def worker_of(self, item: Item) -> Worker:
        """Return the worker of a message in hand."""
        return self._at_work[item]

    @property
    def running(self) -> int:
        """Return the identity of this thread while it runs a handler, 0 otherwise."""
        return self._hand.running

    @running.setter
    def running(self, ident: int) -> None:
        self._hand.running = ident

    @property
    def pending(self) -> list[tuple[Any, Any]]:
        """Return what the handler on this thread has sent."""
        return self._hand.pending

    @pending.setter
    def pending(self, sent: list[tuple[Any, Any]]) -> None:
        self._hand.pending = sent

    @property
    def envelope(self) -> Message | None:
        """Return the envelope of the message in hand on this thread."""
        return self._hand.envelope

    @envelope.setter
    def envelope(self, envelope: Message | None) -> None:
        self._hand.envelope = envelope

    @property
    def in_hand(self) -> Item | None:
        """Return the item in hand on this thread."""
        return self._hand.item

    @in_hand.setter
    def in_hand(self, item: Item | None) -> None:
        self._hand.item = item
