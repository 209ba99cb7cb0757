"""A type whose own code breaks, for the checker's tests."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import Field

from oppleo_flow import Claim, Node, NodeConfig


class MoodyConfig(NodeConfig):
    pins: dict[str, int] = Field(default_factory=dict, description="Pins by colour.")
    ports: dict[str, int] = Field(default_factory=dict, description="Ports by name.")


class Moody(Node[MoodyConfig]):
    type_name = "moody"

    @classmethod
    def claims(cls, config: MoodyConfig) -> Iterable[Claim]:
        return [Claim(f"GPIO {config.pins['red']}")]

    @classmethod
    def extra_outputs(cls, config: MoodyConfig) -> Mapping[str, Any]:
        return {"high": int, **({} if config.ports["low"] else {"low": int})}
