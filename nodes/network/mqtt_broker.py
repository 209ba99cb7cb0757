"""An MQTT broker that nodes share, such as Mosquitto.

```yaml
connections:
  broker: {type: mqtt-broker, host: 192.168.1.5, user: oppleo, password: !secret mqtt_password}
```

The broker must speak MQTT 5, as Mosquitto does since version 1.6. When it is away, from the start
or later, the connection is tried again, after 1 s at first and a minute at last, and what was
subscribed is subscribed anew. Nothing is kept for later: a message that cannot be sent is an error
of the node that sends it, unless that keeps it itself. `oppleo-flow check --connect` says whether
host, password and certificate are right.

With `tls: true` everything is encrypted, the password too, and the broker must show a certificate
that fits its `host`. One that you have signed yourself needs `ca_file`, relative to the site.

With `will` the broker tells others, on that topic, `online` while this flow runs and `offline` when
it goes away, however that comes about. Each client of a broker needs a `client_id` of its own.

It needs the library paho-mqtt: `pip install oppleo-flow[mqtt]`. Simulated, nothing leaves this
machine: a broker within it carries the messages, and each SmartEVSE of the simulated world that a
flow names by its prefix speaks there.
"""

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator

from oppleo_flow import Connection, DeviceMissing, NodeConfig, Seconds
from oppleo_flow.devices.mqtt import (
    BrokerAddress,
    Changed,
    Heard,
    LastWill,
    MqttBroker,
    Qos,
    Undo,
)
from oppleo_flow.devices.mqtt_twin import BrokerInside
from oppleo_flow.devices.paho_broker import PahoBroker
from oppleo_flow.devices.smart_evse_twin import EvsesAtBroker
from oppleo_flow.devices.world import world_if_any


class MqttBrokerConfig(NodeConfig):
    """Settings of an `mqtt-broker` connection."""

    host: str = Field(min_length=1, description="Name or address of the broker.")
    port: int | None = Field(
        None, ge=1, le=65535, description="Its port; default: 1883, or 8883 with tls."
    )
    user: str | None = Field(None, min_length=1, description="User name at the broker.")
    password: SecretStr | None = Field(None, min_length=1, description="Password of the user.")
    tls: bool = Field(False, description="Whether the connection is encrypted.")
    ca_file: str | None = Field(
        None,
        min_length=1,
        description="Certificate of who signed the broker's; default: those of this machine.",
    )
    client_id: str | None = Field(
        None,
        min_length=1,
        max_length=128,
        description="Name of this client; default: oppleo-, the charge point and the connection.",
    )
    keep_alive: Seconds = Field(
        "30s",
        validate_default=True,
        ge=5,
        le=3600,
        description="How often to see whether the broker is there.",
    )
    will: str | None = Field(
        None, pattern=r"^[^+#]+$", description="Topic that says whether this flow runs."
    )

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if self.password is not None and self.user is None:
            raise ValueError("password needs user")
        if self.ca_file is not None and not self.tls:
            raise ValueError("ca_file needs tls: true")
        return self


class MqttBrokerConnection(Connection[MqttBrokerConfig], MqttBroker):
    """An MQTT broker that nodes share."""

    type_name = "mqtt-broker"
    icon = "radio"
    parallel = True
    _broker: MqttBroker | None = None
    _evses: EvsesAtBroker | None = None

    def open(self) -> None:
        """Begin to connect; a broker that is away is no reason not to start."""
        if self.simulated:
            inside = BrokerInside(self._will)
            world = world_if_any(self.site)
            if world is not None:
                self._evses = EvsesAtBroker(inside, world, self.clock)
            self._broker = inside
        else:
            self._connect(may_be_away=True)

    def probe(self) -> str:
        """Connect, as the flow would, to a broker that must be there."""
        if self.simulated:
            self.open()
            return "simulated"
        self._connect(may_be_away=False)
        return "connected, encrypted" if self.config.tls else "connected"

    def _connect(self, *, may_be_away: bool) -> None:
        address = self._address
        if address.ca_file is not None and not Path(address.ca_file).is_file():
            raise DeviceMissing(
                f"connection {self.name!r}: ca_file: is not there, got {address.ca_file!r}"
            )
        broker = PahoBroker(address, self.log)
        broker.open(may_be_away=may_be_away)
        self._broker = broker

    def close(self) -> None:
        """Take leave of the broker."""
        if self._evses is not None:
            self._evses.close()
        if self._broker is not None:
            self._broker.close()

    @property
    def away(self) -> str | None:
        """Return why the broker cannot be reached now."""
        return self._opened.away

    @property
    def presence(self) -> str | None:
        """Return the topic of the last will."""
        return self.config.will

    def publish(self, topic: str, payload: bytes, *, qos: Qos = 1, retain: bool = False) -> None:
        """Send a message, and wait until the broker has it."""
        self._opened.publish(topic, payload, qos=qos, retain=retain)

    def subscribe(self, topic_filter: str, heard: Heard, *, qos: Qos = 1) -> Undo:
        """Call `heard` with each message whose topic fits; return how to end that."""
        return self._opened.subscribe(topic_filter, heard, qos=qos)

    def watch(self, changed: Changed) -> Undo:
        """Call `changed` whenever the broker goes away or comes back; return how to end that."""
        return self._opened.watch(changed)

    @property
    def _opened(self) -> MqttBroker:
        if self._broker is None:
            raise DeviceMissing(f"connection {self.name!r}: is not open")
        return self._broker

    @property
    def _address(self) -> BrokerAddress:
        config = self.config
        return BrokerAddress(
            host=config.host,
            port=config.port or (8883 if config.tls else 1883),
            client_id=config.client_id or f"oppleo-{self.site.charge_point}-{self.name}",
            user=config.user,
            password=config.password,
            tls=config.tls,
            ca_file=None if config.ca_file is None else str(self.site.folder / config.ca_file),
            keep_alive_s=round(config.keep_alive),
            will=self._will,
        )

    @property
    def _will(self) -> LastWill | None:
        return None if self.config.will is None else LastWill(self.config.will)
