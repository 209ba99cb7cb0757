"""Two pins, for the checker's tests."""

from collections.abc import Iterable

from pydantic import Field

from oppleo_flow import Claim, Node, NodeConfig


class TwoPinsConfig(NodeConfig):
    left: int = Field(description="A pin.")
    right: int = Field(description="Another pin.")
    bus: str = Field("", description="What bus they are part of.")


class TwoPins(Node[TwoPinsConfig]):
    type_name = "two-pins"

    @classmethod
    def claims(cls, config: TwoPinsConfig) -> Iterable[Claim]:
        return [
            Claim(f"GPIO {pin}", "gpio", part_of=config.bus) for pin in (config.left, config.right)
        ]
