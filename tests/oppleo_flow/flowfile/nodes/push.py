"""A secret and several payloads, for the checker's tests."""

from pydantic import Field, SecretStr

from oppleo_flow import Node, NodeConfig
from oppleo_flow.payloads import Failure, Notification, SessionEnded


class PushConfig(NodeConfig):
    key: SecretStr = Field(min_length=3, description="The key of the service.")
    title: str = Field("", description="What stands above.")


class Push(Node[PushConfig]):
    type_name = "push"

    def on_message(self, what: Notification | SessionEnded | Failure) -> None: ...
