"""Three inputs and three outputs, for the checker's tests."""

from decimal import Decimal

from pydantic import Field

from oppleo_flow import Level, Node, NodeConfig, Out, Seconds
from oppleo_flow.payloads import (
    Authorised,
    EvseState,
    EvseUnknown,
    MeterReading,
    MeterUnknown,
    SessionEnded,
    SessionStatus,
    SwitchRequest,
)


class SessionConfig(NodeConfig):
    tariff: Decimal = Field(Decimal(0), ge=0, description="Price of a kWh.")
    stop_after_unplug: Seconds | None = Field(None, description="When it stops by itself.")


class Session(Node[SessionConfig]):
    type_name = "session"
    optional_inputs = frozenset({"plug"})
    request: Level[SwitchRequest]
    status_now: Level[SessionStatus]
    ended: Out[SessionEnded]
    open_since: float | None = None

    def on_token(self, token: Authorised) -> None: ...

    def on_meter(self, reading: MeterReading | MeterUnknown) -> None: ...

    def on_plug(self, state: EvseState | EvseUnknown) -> None: ...
