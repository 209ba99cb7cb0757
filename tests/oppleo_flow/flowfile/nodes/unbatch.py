"""One at a time, for the checker's tests."""

from typing import TypeVar

from oppleo_flow import Node, NodeConfig, Out

T = TypeVar("T")


class Unbatch(Node[NodeConfig]):
    type_name = "unbatch"
    one: Out[T]

    def on_message(self, several: list[T]) -> None: ...
