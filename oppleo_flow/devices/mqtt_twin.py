"""The port twin of an MQTT broker: it carries messages within this process, at once."""

from collections.abc import Iterable
from threading import RLock

from oppleo_flow.devices.mqtt import (
    Changed,
    Heard,
    LastWill,
    MqttBroker,
    MqttMessage,
    Qos,
    Undo,
    fits,
)
from oppleo_flow.errors import ServiceError

_PLACE = "simulated broker"


class BrokerInside(MqttBroker):
    """A broker of this process; it keeps what it is told to keep, as a real one does."""

    def __init__(self, will: LastWill | None = None) -> None:
        self._will = will
        self._lock = RLock()
        self._ears: list[tuple[str, Heard]] = []
        self._watchers: list[Changed] = []
        self._kept: dict[str, bytes] = {}
        self._away: str | None = None
        if will is not None:
            self._kept[will.topic] = will.here

    @property
    def presence(self) -> str | None:
        """Return the topic of the last will."""
        return None if self._will is None else self._will.topic

    @property
    def away(self) -> str | None:
        """Return why the broker cannot be reached now."""
        return self._away

    def leave(self, why: str | None) -> None:
        """Let the broker be away, or come back: then everybody is told what it has kept."""
        with self._lock:
            if why == self._away:
                return
            self._away = why
            watchers, ears = tuple(self._watchers), tuple(self._ears)
        for changed in watchers:
            changed(why)
        if why is None:
            self._tell_kept(ears)

    def publish(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> None:
        """Carry a message to those who hear it."""
        with self._lock:
            if self._away is not None:
                raise ServiceError(f"{_PLACE}: {self._away}; not sent: {topic}")
            if retain and payload:
                self._kept[topic] = payload
            elif retain:
                self._kept.pop(topic, None)
            ears = [heard for wanted, heard in self._ears if fits(wanted, topic)]
        for heard in ears:
            heard(MqttMessage(topic, payload))

    def subscribe(self, topic_filter: str, heard: Heard, *, qos: Qos = 1) -> Undo:
        """Call `heard` with each message whose topic fits; return how to end that."""
        ear = (topic_filter, heard)
        with self._lock:
            self._ears.append(ear)
            away = self._away
        if away is None:
            self._tell_kept([ear])

        def end() -> None:
            with self._lock:
                if ear in self._ears:
                    self._ears.remove(ear)

        return end

    def watch(self, changed: Changed) -> Undo:
        """Call `changed` whenever the broker goes away or comes back; return how to end that."""
        with self._lock:
            self._watchers.append(changed)

        def end() -> None:
            with self._lock:
                if changed in self._watchers:
                    self._watchers.remove(changed)

        return end

    def close(self) -> None:
        """Forget everybody."""
        with self._lock:
            self._ears.clear()
            self._watchers.clear()

    def _tell_kept(self, ears: Iterable[tuple[str, Heard]]) -> None:
        with self._lock:
            kept = dict(self._kept)
        for wanted, heard in ears:
            for topic, payload in kept.items():
                if fits(wanted, topic):
                    heard(MqttMessage(topic, payload, kept=True))
