"""What waits in front of a node: bounded, with a stated policy, and counted when it is dropped."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from oppleo_flow.flowfile.graph import InboxPolicy
from oppleo_flow.message import Message

_DEFAULT = InboxPolicy()


Key = tuple[Hashable] | None
"""What tells messages apart, where `when_busy` judges them; None for what it does not judge."""


@dataclass(slots=True, eq=False)
class Item:
    """One call of a handler that is to be made.

    `port` is None for a timer, whose `call` takes nothing; `log_id` is set for a message from a
    durable wire, `letter_id` for a dead letter that is replayed.  `done` of these three is told
    when they are handled (None) or could not be (the error).  With `when_busy`, `key` tells apart
    what is judged apart; `supersedes` says that something was given up for this item, `superseded`
    that it is given up itself, though its handler may still run.
    """

    call: Callable[..., Any]
    port: str | None
    payload: Any
    envelope: Message
    done: Callable[[Exception | None], None] | None = None
    log_id: int | None = None
    letter_id: int | None = None
    attempts: int = 0
    key: Key = None
    supersedes: bool = False
    superseded: bool = False

    @property
    def kept(self) -> bool:
        """Return whether it is kept on disk until it is handled."""
        return self.log_id is not None or self.letter_id is not None

    @property
    def acknowledged(self) -> list[int]:
        """Return what the wire log need not keep any longer when it is handled."""
        return [] if self.log_id is None else [self.log_id]


class Inbox:
    """The `items` that wait for one node, oldest first.  Timers are not dropped."""

    __slots__ = ("_policies", "_waiting", "dropped", "items")

    def __init__(self, policies: Mapping[str, InboxPolicy]) -> None:
        self._policies = policies
        # A list, for every node has one and it is short: an empty deque takes up 0.6 kB.
        self.items: list[Item] = []
        self._waiting: dict[str, int] = {}
        self.dropped = 0

    def __len__(self) -> int:
        return len(self.items)

    def waiting(self, port: str) -> int:
        """Return how many messages for `port` wait."""
        return self._waiting.get(port, 0)

    def has_room(self, port: str) -> bool:
        """Return whether one more message for `port` would be dropped by nobody."""
        return self._waiting.get(port, 0) < self._policies.get(port, _DEFAULT).size

    def put(self, item: Item) -> None:
        """Add an item, or drop one, as the policy of its port says."""
        port = item.port
        if not self.items or port is None or item.done is not None or self._make_room(port):
            self.items.append(item)
            if port is not None:
                self._waiting[port] = self._waiting.get(port, 0) + 1

    def __iter__(self) -> Iterator[Item]:
        return iter(self.items)

    def take(self) -> Item:
        """Remove and return the oldest item."""
        return self._remove(0)

    def take_first(self, may_run: Callable[[Item], bool]) -> Item | None:
        """Remove and return the oldest item that may run; None when there is none."""
        for position, item in enumerate(self.items):
            if may_run(item):
                return self._remove(position)
        return None

    def put_back(self, item: Item) -> None:
        """Put an item first again, to be tried once more."""
        self.items.insert(0, item)
        if item.port is not None:
            self._waiting[item.port] = self._waiting.get(item.port, 0) + 1

    def drop(self, unwanted: Callable[[Item], bool]) -> int:
        """Drop some of what waits; return how many."""
        positions = [n for n, item in enumerate(self.items) if unwanted(item)]
        for position in reversed(positions):
            self._remove(position)
        self.dropped += len(positions)
        return len(positions)

    def _remove(self, position: int) -> Item:
        item = self.items.pop(position)
        if item.port is not None:
            self._waiting[item.port] -= 1
        return item

    def clear(self) -> list[Item]:
        """Remove and return everything that waits."""
        items, self.items = self.items, []
        self._waiting.clear()
        return items

    def _make_room(self, port: str) -> bool:
        """Return whether a new message may go in, after dropping what the policy gives up."""
        policy = self._policies.get(port, _DEFAULT)
        if policy.full == "latest":
            self._drop_oldest(port, all_of_them=True)
            return True
        if self.has_room(port) or policy.full == "block":
            return True
        if policy.full == "drop-newest":
            self.dropped += 1
            return False
        self._drop_oldest(port, all_of_them=False)
        return True

    def drop_all(self, port: str) -> None:
        """Drop every message of a port, but for those from a durable wire."""
        self._drop_oldest(port, all_of_them=True)

    def _drop_oldest(self, port: str, *, all_of_them: bool) -> None:
        """Drop the oldest message of a port, or all; one from a durable wire is never dropped."""
        for item in list(self.items):
            if item.port == port and item.done is None:
                self.items.remove(item)
                self._waiting[port] -= 1
                self.dropped += 1
                if not all_of_them:
                    return
