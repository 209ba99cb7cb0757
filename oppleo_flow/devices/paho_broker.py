"""A real MQTT broker, through the library paho-mqtt.

One thread keeps the connection.  When that is lost the whole client is thrown away and a new one
made, after a wait that grows: the library would keep what was not acknowledged and send it after
the next connect, and a command that comes minutes late is worse than one that was refused.
"""

import logging
import random
import ssl
import time
from collections.abc import Mapping
from threading import Event, Lock, Thread, current_thread
from typing import TYPE_CHECKING, Any, Final

from oppleo_flow.devices.mqtt import (
    BrokerAddress,
    Changed,
    Heard,
    MqttBroker,
    MqttMessage,
    Qos,
    Undo,
)
from oppleo_flow.devices.paho_subscriptions import Subscriptions
from oppleo_flow.errors import DeviceMissing, ServiceError, ServiceTimeout
from oppleo_flow.immutable import immutable

if TYPE_CHECKING:
    from paho.mqtt.client import Client
    from paho.mqtt.client import MQTTMessage as PahoMessage

_LOOK_AGAIN_S = 0.1
_NOT_YET: Final = "does not answer"
_LOST: Final = "the connection was lost"
_CHECK: Final = "does the broker run, and are host and port right?"
_REMEDIES: Final[Mapping[str, str]] = {
    "Not authorized": "check user and password",
    "Bad user name or password": "check user and password",
    "Session taken over": "another client has the same client_id",
    "Unsupported protocol version": "a broker that speaks MQTT 5 is needed",
}


@immutable
class Patience:
    """How long to wait: before the next try, the longest, for an answer, and for a connection."""

    first_s: float = 1.0
    longest_s: float = 60.0
    acknowledge_s: float = 5.0
    connect_s: float = 5.0


_PATIENCE = Patience()


class PahoBroker(MqttBroker):
    """The connection to one broker; safe to use from several threads."""

    def __init__(
        self, address: BrokerAddress, log: logging.Logger, patience: Patience = _PATIENCE
    ) -> None:
        try:
            import paho.mqtt.client as library  # noqa: PLC0415  (only where a flow uses it)
        except ModuleNotFoundError as error:
            raise DeviceMissing(
                f"{address.place}: the library paho-mqtt is missing; install oppleo-flow[mqtt]"
            ) from error
        self._library = library
        self._address = address
        self._log = log
        self._patience = patience
        self._lock = Lock()
        self._client: Client | None = None
        self._away: str | None = _NOT_YET
        self._subscriptions = Subscriptions()
        self._watchers: list[Changed] = []
        self._refused: dict[int, str] = {}
        self._reached = False
        self._closing = Event()
        self._tried = Event()
        self._thread = Thread(target=self._keep_connected, name="mqtt", daemon=True)

    def open(self, *, may_be_away: bool = False) -> None:
        """Connect, and stay connected from now on.

        Raises:
            ServiceError: The broker cannot be reached, or refuses this client, and may not be away.
        """
        self._thread.start()
        self._tried.wait(self._patience.connect_s * 2)
        if self.away is not None and not may_be_away:
            why = self.away if ";" in self.away else f"{self.away}; {_CHECK}"
            self.close()
            raise ServiceError(f"{self._address.place}: {why}")

    def close(self) -> None:
        """Take leave of the broker."""
        self._closing.set()
        with self._lock:
            client = self._client
        if client is not None:
            self._hang_up(client)
        if self._thread.is_alive():
            self._thread.join(self._patience.connect_s * 2)

    @property
    def presence(self) -> str | None:
        """Return the topic of the last will."""
        return None if self._address.will is None else self._address.will.topic

    @property
    def away(self) -> str | None:
        """Return why the broker cannot be reached now."""
        return self._away

    def publish(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> None:
        """Send a message, and wait until the broker has it."""
        if current_thread() is self._thread:
            raise ServiceError(f"{topic}: cannot be sent by who is being told of a message")
        with self._lock:
            client, away = self._client, self._away
        if client is None or away is not None:
            raise ServiceError(f"{self._address.place}: {away}; not sent: {topic}")
        try:
            sent = client.publish(topic, payload, qos, retain)
        except ValueError as error:
            raise ServiceError(f"{self._address.place}: not sent: {topic}: {error}") from error
        deadline_s = time.monotonic() + self._patience.acknowledge_s
        while sent.rc == self._library.MQTT_ERR_SUCCESS and not sent.is_published():
            if self._client is not client or time.monotonic() >= deadline_s:
                self._hang_up(client)  # with it goes what it would send again later
                raise ServiceTimeout(
                    f"{self._address.place}: did not say that it has it, so that is not known: "
                    f"{topic}"
                )
            sent.wait_for_publish(_LOOK_AGAIN_S)
        if sent.rc != self._library.MQTT_ERR_SUCCESS:
            raise ServiceError(
                f"{self._address.place}: {self._library.error_string(sent.rc)}; not sent: {topic}"
            )
        refused = self._refused.pop(sent.mid, None)
        if refused is not None:
            raise ServiceError(f"{self._address.place}: refuses {topic}: {refused}")

    def subscribe(self, topic_filter: str, heard: Heard, *, qos: Qos = 1) -> Undo:
        """Call `heard` with each message whose topic fits; return how to end that.

        A broker that is there has answered by then, so that no message is missed from now on.
        """
        subscription = self._subscriptions.add(topic_filter, heard, qos)
        with self._lock:
            client = None if self._away else self._client
        if client is not None:
            # Who is being told of a message cannot wait: its thread brings the answer, too.
            told = current_thread() is self._thread
            wait_s = 0.0 if told else self._patience.acknowledge_s
            self._subscriptions.ask(client, subscription, wait_s)

        def end() -> None:
            if self._subscriptions.remove(subscription, heard):
                with self._lock:
                    client = self._client
                if client is not None:
                    client.unsubscribe(topic_filter)

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

    # -- the thread that keeps the connection --------------------------------------------------

    def _keep_connected(self) -> None:
        wait_s = self._patience.first_s
        while not self._closing.is_set():
            if self._stay_connected():
                wait_s = self._patience.first_s
            self._tried.set()
            # Not all at once, when a broker that many clients wait for is back.
            self._closing.wait(wait_s * random.uniform(0.75, 1.25))
            wait_s = min(wait_s * 2, self._patience.longest_s)

    def _stay_connected(self) -> bool:
        """Connect and serve the connection until it is lost; return whether there was one."""
        self._reached = False
        try:
            client = self._new_client()
            client.connect(
                self._address.host, self._address.port, keepalive=self._address.keep_alive_s
            )
            with self._lock:
                self._client = client
            if self._closing.is_set():
                self._hang_up(client)
            while client.loop() == self._library.MQTT_ERR_SUCCESS:
                pass
        except OSError as error:
            self._tell(_reason(error, tls=self._address.tls))
        with self._lock:
            self._client = None
        self._subscriptions.lost()
        if self._away is None:
            self._tell(_LOST)
        return self._reached

    def _hang_up(self, client: "Client") -> None:
        """Take leave; the broker is asked to tell the last will all the same."""
        from paho.mqtt.packettypes import PacketTypes  # noqa: PLC0415
        from paho.mqtt.reasoncodes import ReasonCode  # noqa: PLC0415

        client.disconnect(ReasonCode(PacketTypes.DISCONNECT, "Disconnect with will message"))

    def _new_client(self) -> "Client":
        library, address = self._library, self._address
        client: Client = library.Client(
            library.CallbackAPIVersion.VERSION2,
            client_id=address.client_id,
            protocol=library.MQTTv5,
            reconnect_on_failure=False,
        )
        client.connect_timeout = self._patience.connect_s
        if address.user is not None:
            password = address.password
            client.username_pw_set(
                address.user, None if password is None else password.get_secret_value()
            )
        if address.tls:
            client.tls_set(ca_certs=address.ca_file)
        if address.will is not None:
            will = address.will
            client.will_set(will.topic, will.gone, qos=1, retain=True)
        # Having one keeps the library from writing in the thread that calls, beside the one that
        # reads: two threads in one encrypted socket break the connection.
        client.on_socket_register_write = _wait_to_be_written
        client.on_connect = self._connected
        client.on_disconnect = self._disconnected
        client.on_message = self._came
        client.on_publish = self._acknowledged
        client.on_subscribe = self._subscribed
        return client

    def _connected(self, client: "Client", _: Any, flags: Any, code: Any, properties: Any) -> None:
        if code.is_failure:
            self._tell(_in_words(str(code)))
            return
        for subscription in self._subscriptions.all():
            subscription.ask(client)
        will = self._address.will
        if will is not None:
            client.publish(will.topic, will.here, qos=1, retain=True)
        self._reached = True
        self._tell(None)
        self._tried.set()

    def _disconnected(
        self, client: "Client", _: Any, flags: Any, code: Any, properties: Any
    ) -> None:
        if self._away is None:
            self._tell("closed" if self._closing.is_set() else _in_words(str(code)))

    def _acknowledged(
        self, client: "Client", _: Any, number: int, code: Any, properties: Any
    ) -> None:
        if code.is_failure:
            self._refused[number] = str(code)

    def _subscribed(
        self, client: "Client", _: Any, number: int, codes: Any, properties: Any
    ) -> None:
        self._subscriptions.answered(number)
        for code in codes:
            if code.is_failure:
                self._log.warning(
                    "%s: refuses a subscription: %s; check the rights of this client",
                    self._address.place,
                    code,
                )

    def _came(self, client: "Client", _: Any, message: "PahoMessage") -> None:
        numbers = getattr(message.properties, "SubscriptionIdentifier", None) or ()
        told = MqttMessage(message.topic, bytes(message.payload), bool(message.retain))
        for heard in self._subscriptions.ears(message.topic, numbers):
            heard(told)

    def _tell(self, away: str | None) -> None:
        """Say that the broker went away, and why, or that it is back."""
        with self._lock:
            if away == self._away:
                return
            self._away = away
            watchers = tuple(self._watchers)
        if not self._closing.is_set():
            self._log.info("%s: %s", self._address.place, away or "connected")
        for changed in watchers:
            changed(away)


def _wait_to_be_written(client: "Client", _: Any, sock: Any) -> None:
    """Leave what is to be written to the connection's own thread, which is awake by now."""


def _reason(error: OSError, *, tls: bool) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"certificate verify failed: {error.verify_message}; ca_file is the certificate of who "
            "signed the broker's, and host the name that stands in it"
        )
    said = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ssl.SSLError) or (tls and isinstance(error, ConnectionResetError)):
        return f"{said}; does the broker speak TLS at this port?"
    return said


def _in_words(code: str) -> str:
    if code == "Unspecified error":  # the library's word for a broker that left without a word
        return _LOST
    remedy = _REMEDIES.get(code)
    return f"{code[:1].lower()}{code[1:]}{f'; {remedy}' if remedy else ''}"
