"""A real broker behind a node on the bench, and somebody who listens there."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from nodes.network.mqtt_broker import MqttBrokerConnection
from oppleo_flow.devices.mqtt import BrokerAddress, MqttMessage
from oppleo_flow.devices.paho_broker import PahoBroker, Patience
from tests.oppleo_flow.devices.worlds import Waiter

QUICK = Patience(first_s=0.02, longest_s=0.1)


class RealBroker(MqttBrokerConnection):
    """A connection that is real also on a site that is simulated."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **{**named, "simulated": False})


class Listener:
    """Hears everything at a broker, and says things there itself."""

    def __init__(self, broker: PahoBroker) -> None:
        self.broker = broker
        self.heard = Waiter()
        broker.subscribe("#", self.heard)

    def wait_for(self, count: int) -> list[MqttMessage]:
        """Wait until that many messages came; return all there are."""
        self.heard.wait_for(lambda told: len(told) >= count)
        return self.heard.told

    def wait_for_topic(self, topic: str, payload: bytes | None = None) -> None:
        """Wait until a message came."""
        self.heard.wait_for(
            lambda told: any(
                one.topic == topic and payload in (None, one.payload)  # type: ignore[operator]
                for one in told
            )
        )

    def said(self, count: int) -> list[tuple[str, Any]]:
        """Return the topics and the JSON of the messages that came."""
        return [(one.topic, json.loads(one.payload)) for one in self.wait_for(count)]


@contextmanager
def listener(port: int, **address: Any) -> Iterator[Listener]:
    """Give somebody who listens at a broker on this machine."""
    broker = PahoBroker(
        BrokerAddress("127.0.0.1", port, "listener", **address), logging.getLogger("test"), QUICK
    )
    broker.open()
    try:
        yield Listener(broker)
    finally:
        broker.close()
