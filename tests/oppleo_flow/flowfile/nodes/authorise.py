"""Accept or reject, for the checker's tests."""

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.payloads import Authorised, CardSeen, Rejected


class Authorise(Node[NodeConfig]):
    type_name = "authorise"
    accepted: Out[Authorised]
    rejected: Out[Rejected]

    def on_message(self, card: CardSeen) -> None: ...
