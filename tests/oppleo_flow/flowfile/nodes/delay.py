"""What comes in goes out, for the checker's tests."""

from typing import TypeVar

from pydantic import Field

from oppleo_flow import Node, NodeConfig, Seconds

T = TypeVar("T")


class DelayConfig(NodeConfig):
    wait: Seconds = Field("1s", validate_default=True, description="How long.")


class Delay(Node[DelayConfig]):
    type_name = "delay"
    holds = True

    def on_message(self, payload: T) -> T:
        return payload
