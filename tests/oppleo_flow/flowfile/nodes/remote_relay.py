"""An actuator over the network, for the checker's tests."""

from oppleo_flow import Actuator, NodeConfig
from oppleo_flow.payloads import SwitchRequest


class RemoteRelay(Actuator[NodeConfig]):
    type_name = "remote-relay"
    safe_levels = ("off",)
    fails_open = True

    def on_message(self, request: SwitchRequest) -> None: ...

    def go_safe(self, reason: str) -> None: ...
