"""What a message does to a node that is busy, where `when_busy` says more than `queue`.

A node is busy with a message from when its handler begins until that has succeeded or is given up,
another try included, and as long as a call waits that was set with `after` on the way.  With `per`
this is so for each value of a field apart.  Only events are judged: a level is always heard, as are
what switches off and what a durable wire or a replay brings.
"""

from typing import TYPE_CHECKING, Any, Final

from oppleo_flow.engine.attempts import attempt
from oppleo_flow.engine.calls import is_urgent
from oppleo_flow.engine.inbox import Item, Key
from oppleo_flow.fields import field_reader

if TYPE_CHECKING:
    from oppleo_flow.engine.host import NodeHost

_ALL: Final[Key] = (None,)


class Turns:
    """Decides which messages of one node are taken, and in whose place.  Used within the loop."""

    def __init__(self, host: "NodeHost") -> None:
        self._host = host
        self._policy = host.plan.when_busy
        self._read = None if self._policy.per is None else field_reader(self._policy.per)
        self._under_way: list[Item] = []

    def admit(self, item: Item) -> bool:
        """Return whether a message is taken, after giving up what it supersedes."""
        item.key = self.key_of(item.payload)
        if not self._may_be_judged(item):
            return True
        if self._policy.do == "drop":
            return not self._is_busy(item.key)
        if self._policy.do == "restart":
            item.supersedes = self._give_up(item.key)
        return True

    def may_run(self, item: Item) -> bool:
        """Return whether nothing with the same key is under way, where that matters."""
        if self._read is None or self._policy.do != "parallel":
            return True
        return all(other.key != item.key for other in self._under_way)

    def began(self, item: Item) -> None:
        """Note that a handler begins, or is tried again."""
        if item not in self._under_way:
            self._under_way.append(item)

    def over(self, item: Item) -> None:
        """Note that a message is done with."""
        if item in self._under_way:
            self._under_way.remove(item)

    def key_of(self, payload: Any) -> Key:
        """Return what tells a message from others; one that cannot be a key is told by its text."""
        if self._read is None:
            return _ALL
        value, _ = attempt(self._read, payload)
        _, error = attempt(hash, value)
        return (value,) if error is None else (repr(value),)

    def _may_be_judged(self, item: Item) -> bool:
        """Return whether a message may be given up at all."""
        return (
            item.port is not None
            and item.done is None
            and not self._host.core.is_level_input(self._host.node_id, item.port)
            and not is_urgent(item.payload)
        )

    def _is_busy(self, key: Key) -> bool:
        return (
            any(item.key == key for item in self._under_way)
            or any(item.key == key for item in self._host.inbox)
            or self._host.timers.waits_for(key)
        )

    def _give_up(self, key: Key) -> bool:
        """Give up what is under way and what waits; return whether there was anything."""
        host = self._host
        waited = host.inbox.drop(lambda item: item.key == key and self._may_be_judged(item))
        rang = host.timers.cancel_those_of(key)
        given_up = False
        for item in [one for one in self._under_way if one.key == key]:
            if item.port is not None and not self._may_be_judged(item):
                continue
            given_up = item.superseded = True
            if host.retry is not None and host.retry[1] is item:
                host.retry[0].cancel()
                host.retry = None
                host.dropped += 1
                host.over(item)
        return bool(waited or rang or given_up)
