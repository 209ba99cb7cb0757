"""A list of payloads, for the checker's tests."""

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import CardSeen


class Table(Node[NodeConfig]):
    type_name = "table"

    def on_message(self, rows: list[CardSeen]) -> None: ...
