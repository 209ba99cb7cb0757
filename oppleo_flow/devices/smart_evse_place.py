"""The settings that say which SmartEVSE on the network is meant, and by which way."""

from collections.abc import Callable
from typing import Any, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from oppleo_flow.clock import Clock
from oppleo_flow.devices.http import HttpClient
from oppleo_flow.devices.mqtt import MqttBroker
from oppleo_flow.devices.smart_evse import EvseFacts
from oppleo_flow.devices.smart_evse_link import (
    MqttEvse,
    NothingHeardYet,
    RestEvse,
    SmartEvseLink,
)
from oppleo_flow.node import Ref
from oppleo_flow.options import NodeConfig

Use = Callable[[Ref[Any]], Any]


class OnNetwork(NodeConfig):
    """Settings of a node that speaks with a SmartEVSE on the network: by REST or by MQTT."""

    http: Ref[HttpClient] | None = Field(None, description="Web client to ask with; or else mqtt.")
    url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#@]+/?$",
        description="With http: address of the SmartEVSE, such as http://192.168.1.20.",
    )
    mqtt: Ref[MqttBroker] | None = Field(None, description="Broker that the SmartEVSE speaks to.")
    prefix: str | None = Field(
        None,
        pattern=r"^[^/+#][^+#]*[^/+#]$",
        description="With mqtt: topic that its own begin with, such as SmartEVSE-1234.",
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.http is None) == (self.mqtt is None):
            raise ValueError("http or mqtt is needed, and not both")
        if (self.http is None) != (self.url is None):
            raise ValueError("http and url go together")
        if (self.mqtt is None) != (self.prefix is None):
            raise ValueError("mqtt and prefix go together")
        return self

    @property
    def name_on_network(self) -> str:
        """Return by what it is known: its host, or its prefix."""
        return self.prefix or urlsplit(self.url or "").hostname or ""

    def ask_once(self, use: Use, clock: Clock, words: Callable[[EvseFacts], str]) -> str:
        """Return in words what it says now, for a probe; by MQTT it may need time to say it.

        Raises:
            ServiceError: It cannot be reached, or what it says makes no sense.
        """
        link = self.link(use, clock)
        try:
            return f"{self.name_on_network}: {words(link.facts())}"
        except NothingHeardYet:
            return "the broker answers; the SmartEVSE has ten seconds to say something"
        finally:
            link.close()

    def link(self, use: Use, clock: Clock) -> SmartEvseLink:
        """Return the way to it, over an open connection."""
        if self.http is not None:
            return RestEvse(use(self.http), self.url or "")
        assert self.mqtt is not None  # the settings see to it
        return MqttEvse(use(self.mqtt), self.prefix or "", clock)
