"""What comes in goes out, for the checker's tests."""

from typing import TypeVar

from oppleo_flow import Node, NodeConfig

T = TypeVar("T")


class Same(Node[NodeConfig]):
    type_name = "same"

    def on_message(self, payload: T) -> T:
        return payload
