"""A check that breaks when it is given a list, for the checker's tests."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from oppleo_flow import Node, NodeConfig


class FragileConfig(NodeConfig):
    word: Annotated[str, BeforeValidator(lambda value: value.strip())] = Field(
        "", description="A word."
    )


class Fragile(Node[FragileConfig]):
    type_name = "fragile"
