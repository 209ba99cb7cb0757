"""What can send several letters at once, for the checker's tests."""

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import Authorised, Rejected


class Post(Node[NodeConfig]):
    type_name = "post"
    blocking = True
    parallel = True

    def on_message(self, letter: Authorised | Rejected) -> None: ...
