"""A source of cards for the checker's tests."""

from pydantic import Field

from oppleo_flow import Node, NodeConfig, Out, Seconds
from oppleo_flow.payloads import CardSeen


class CardConfig(NodeConfig):
    debounce: Seconds = Field("2s", validate_default=True, description="How long a card rests.")


class Card(Node[CardConfig]):
    type_name = "card"
    blocking = True
    seen: Out[CardSeen]
