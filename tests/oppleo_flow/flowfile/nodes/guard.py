"""A node that says what leaves when it fails, for the checker's tests."""

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.payloads import Authorised, CardSeen, Rejected


class Guard(Node[NodeConfig]):
    type_name = "guard"
    accepted: Out[Authorised]
    rejected: Out[Rejected]

    def on_message(self, card: CardSeen) -> None: ...

    def failed(self, payload: CardSeen, error: Exception) -> Rejected:
        return Rejected(payload.uid, "no-answer")
