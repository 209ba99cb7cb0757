"""MQTT: what nodes may ask of a broker, whoever keeps the connection to it."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from pydantic import SecretStr

Qos = Literal[0, 1, 2]


@immutable
class MqttMessage:
    """What came from the broker.

    `kept`: the broker had kept it and tells it because somebody subscribed just now.  How old it
    is nobody knows, so it says nothing of the present.
    """

    topic: str
    payload: bytes
    kept: bool = False


@immutable
class LastWill:
    """What the broker tells everybody, and keeps, while this client is there and when it is not."""

    topic: str
    here: bytes = b"online"
    gone: bytes = b"offline"


@immutable
class BrokerAddress:
    """Where a broker is and as whom to go there; the password is opened only to be sent."""

    host: str
    port: int = 1883
    client_id: str = ""
    user: str | None = None
    password: "SecretStr | None" = None
    tls: bool = False
    ca_file: str | None = None
    keep_alive_s: int = 30
    will: LastWill | None = None

    @property
    def place(self) -> str:
        """Return how a message names the broker."""
        return f"{self.host}:{self.port}"


Heard = Callable[[MqttMessage], object]
"""Is called from a thread of the broker's own and must not wait: `node.after(0, …)`."""

Changed = Callable[[str | None], object]
"""Is told why the broker is away, or None when it is there; from any thread, as `Heard` is."""

Undo = Callable[[], None]


class MqttBroker(ABC):
    """A broker that comes and goes; subscriptions are renewed whenever it comes."""

    @property
    @abstractmethod
    def away(self) -> str | None:
        """Return why the broker cannot be reached now; None: it can."""

    @property
    @abstractmethod
    def presence(self) -> str | None:
        """Return the topic of the last will, which says whether this client is there, if any."""

    @abstractmethod
    def publish(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> None:
        """Send a message, and wait until the broker has it; with `qos` 0, until it has left.

        Nothing is kept for later: what could not be sent is an error here and is never sent.

        Raises:
            ServiceError: The broker is away, or refuses the message.
            ServiceTimeout: It did not say that it has it; whether it does is not known.
        """

    @abstractmethod
    def subscribe(self, topic_filter: str, heard: Heard, *, qos: Qos = 1) -> Undo:
        """Call `heard` with each message whose topic fits; return how to end that.

        A broker that is there knows by then, so that no message is missed from now on.  It is
        legal while the broker is away.
        """

    @abstractmethod
    def watch(self, changed: Changed) -> Undo:
        """Call `changed` whenever the broker goes away or comes back; return how to end that."""

    @abstractmethod
    def close(self) -> None:
        """Take leave of the broker, which then tells the last will."""


def fits(topic_filter: str, topic: str) -> bool:
    """Return whether a topic is one of those that a filter, with `+` and `#`, stands for."""
    wanted, levels = topic_filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for number, part in enumerate(wanted):
        if part == "#":
            return True
        if number >= len(levels) or part not in ("+", levels[number]):
            return False
    return len(wanted) == len(levels)
