"""What a node has to tell an MQTT broker, which comes and goes.

Events wait for it in their order, of a level only the latest is told.  What the broker got and
could not confirm is sent again: an event may come twice and is never lost, up to a limit.
"""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

from oppleo_flow.devices.mqtt import MqttBroker, Qos
from oppleo_flow.errors import ServiceError, ServiceTimeout
from oppleo_flow.immutable import immutable
from oppleo_flow.node import Node

AWAY: Final = "broker-away"
REFUSED: Final = "broker-refuses"
_MOST_EVENTS: Final = 1000


@immutable
class Letter:
    """One message to a broker; with `retain` it keeps it for who comes later."""

    topic: str
    text: str
    retain: bool = False


class Post:
    """Messages that wait for a broker, with the newest `most` of the events."""

    def __init__(
        self,
        broker: MqttBroker,
        qos: Qos,
        waiting: tuple[Letter, ...] = (),
        *,
        most: int = _MOST_EVENTS,
    ) -> None:
        self._broker = broker
        self._qos = qos
        self._events = deque(waiting, maxlen=most)
        self._levels: dict[str, Letter] = {}
        self.lost = 0

    @property
    def waiting(self) -> tuple[Letter, ...]:
        """Return the events that wait, the oldest first."""
        return tuple(self._events)

    def event(self, letter: Letter) -> None:
        """Let an event wait; of one too many the oldest is lost, and counted."""
        self.lost += len(self._events) == self._events.maxlen
        self._events.append(letter)

    def level(self, name: str, letter: Letter) -> None:
        """Let a level wait, in the place of what it was before."""
        self._levels[name] = letter

    def forget(self, name: str) -> None:
        """Tell a level no more that has not been told yet."""
        self._levels.pop(name, None)

    def deliver(self) -> None:
        """Send all that waits, events first; what the broker refuses is not sent again.

        Raises:
            ServiceTimeout: The broker did not confirm one; it and the rest still wait.
            ServiceError: The broker is away, and the rest still waits; or it refused some.
        """
        refused: ServiceError | None = None
        while self._events:
            refused = self._send(self._events[0]) or refused
            self._events.popleft()
        for name, letter in list(self._levels.items()):
            refused = self._send(letter) or refused
            del self._levels[name]
        if refused is not None:
            raise refused

    def _send(self, letter: Letter) -> ServiceError | None:
        try:
            self._broker.publish(
                letter.topic, letter.text.encode(), qos=self._qos, retain=letter.retain
            )
        except ServiceTimeout:
            raise
        except ServiceError as error:
            if self._broker.away is not None:
                raise
            return error
        return None


class NodePost(Post):
    """The post of one node: it says when it cannot deliver, and does when the broker is back."""

    def __init__(
        self,
        node: Node[Any],
        broker: MqttBroker,
        qos: Qos,
        waiting: tuple[Letter, ...],
        back: Callable[[], object],
    ) -> None:
        """Begin to watch the broker; `back` is run as a handler of the node whenever it is back."""
        super().__init__(broker, qos, waiting)
        self._node = node
        self._back = back
        self._end = broker.watch(self._changed)
        self._told_lost = 0
        if broker.away is not None:
            self._is_away(broker.away)

    def close(self) -> None:
        """Watch the broker no more."""
        self._end()

    def delivered(self) -> bool:
        """Deliver what waits, and return whether all of it was; a fault says why not."""
        try:
            self.deliver()
        except ServiceTimeout as error:
            self._node.fault(AWAY, str(error))
        except ServiceError as error:
            away = self._broker.away is not None
            self._node.fault(AWAY if away else REFUSED, str(error))
            if not away:
                self._node.clear(AWAY)
        else:
            self._node.clear(AWAY)
            self._node.clear(REFUSED)
            return True
        if self.lost != self._told_lost:
            self._told_lost = self.lost
            self._node.log.warning("events lost that could not be sent: %d", self.lost)
        return False

    def _changed(self, away: str | None) -> None:
        if away is None:
            self._node.after(0, self._back)
        else:
            self._node.after(0, lambda: self._is_away(away))

    def _is_away(self, away: str) -> None:
        self._node.fault(AWAY, f"the broker is away: {away}")
