"""Several at once, for the checker's tests."""

from typing import TypeVar

from pydantic import Field

from oppleo_flow import Node, NodeConfig, Out

T = TypeVar("T")


class BatchConfig(NodeConfig):
    size: int = Field(10, ge=1, description="How many.")


class Batch(Node[BatchConfig]):
    type_name = "batch"
    full: Out[list[T]]

    def on_message(self, payload: T) -> None: ...
