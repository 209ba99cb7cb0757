"""Who hears what of a broker that is reached through the library paho-mqtt."""

import itertools
from collections.abc import Collection
from dataclasses import dataclass, field
from threading import Condition, Lock
from typing import TYPE_CHECKING

from oppleo_flow.devices.mqtt import Heard, Qos, fits

if TYPE_CHECKING:
    from paho.mqtt.client import Client


@dataclass(slots=True)
class Subscription:
    """One filter, and everybody who hears by it; `number` comes back with each message."""

    topic_filter: str
    qos: Qos
    number: int
    ears: list[Heard] = field(default_factory=list)

    def ask(self, client: "Client") -> int | None:
        """Ask the broker for what fits, and return the number its answer will bear.

        What it has kept it tells again.
        """
        from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415
        from paho.mqtt.properties import Properties  # noqa: PLC0415
        from paho.mqtt.subscribeoptions import SubscribeOptions  # noqa: PLC0415

        numbered = Properties(PacketTypes.SUBSCRIBE)  # type: ignore[no-untyped-call]
        numbered.SubscriptionIdentifier = self.number
        _, number = client.subscribe(
            self.topic_filter, options=SubscribeOptions(qos=self.qos), properties=numbered
        )
        return number


class Subscriptions:
    """What is subscribed; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._by_filter: dict[str, Subscription] = {}
        self._answers = Condition()
        self._unanswered: set[int] = set()
        self._numbers = itertools.count(1)

    def add(self, topic_filter: str, heard: Heard, qos: Qos) -> Subscription:
        """Let somebody hear by a filter."""
        with self._lock:
            found = self._by_filter.get(topic_filter)
            if found is None:
                found = Subscription(topic_filter, qos, next(self._numbers))
                self._by_filter[topic_filter] = found
            found.ears.append(heard)
            return found

    def remove(self, subscription: Subscription, heard: Heard) -> bool:
        """Let somebody hear no more; return whether nobody is left who does."""
        with self._lock:
            if heard not in subscription.ears:
                return False
            subscription.ears.remove(heard)
            if subscription.ears:
                return False
            del self._by_filter[subscription.topic_filter]
            return True

    def all(self) -> list[Subscription]:
        """Return what is subscribed."""
        with self._lock:
            return list(self._by_filter.values())

    def ears(self, topic: str, numbers: Collection[int]) -> list[Heard]:
        """Return who hears a message: each filter by which it came has a copy of its own."""
        with self._lock:
            return [
                heard
                for one in self._by_filter.values()
                if (one.number in numbers if numbers else fits(one.topic_filter, topic))
                for heard in one.ears
            ]

    def ask(self, client: "Client", subscription: Subscription, wait_s: float) -> None:
        """Ask the broker, and wait for its answer so long; one that is lost does not answer."""
        with self._answers:
            number = subscription.ask(client)
            if number is None:
                return
            self._unanswered.add(number)
            self._answers.wait_for(lambda: number not in self._unanswered, wait_s)
            self._unanswered.discard(number)

    def answered(self, number: int) -> None:
        """Let who waits for this answer go on."""
        with self._answers:
            self._unanswered.discard(number)
            self._answers.notify_all()

    def lost(self) -> None:
        """Let everybody go on who waits for an answer: it will not come."""
        with self._answers:
            self._unanswered.clear()
            self._answers.notify_all()
