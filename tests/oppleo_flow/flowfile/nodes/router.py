"""Outputs that the settings make, for the checker's tests."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import CardSeen


class RouterConfig(NodeConfig):
    ways: tuple[str, ...] = Field(min_length=1, description="The outputs.")


class Router(Node[RouterConfig]):
    type_name = "router"

    def on_message(self, card: CardSeen) -> None: ...

    @classmethod
    def extra_outputs(cls, config: RouterConfig) -> Mapping[str, Any]:
        return dict.fromkeys(config.ways, CardSeen)
