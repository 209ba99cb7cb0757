"""An actuator that takes several payloads, for the checker's tests."""

from oppleo_flow import Actuator, NodeConfig
from oppleo_flow.payloads import EvseState, EvseUnknown, Rejected, SessionStatus


class Lamp(Actuator[NodeConfig]):
    type_name = "lamp"
    safe_levels = ("off",)
    shows = True

    def on_message(self, what: SessionStatus | EvseState | EvseUnknown | Rejected) -> None: ...

    def go_safe(self, reason: str) -> None: ...
