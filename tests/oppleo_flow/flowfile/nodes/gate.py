"""Windows within options, for the checker's tests."""

from typing import Literal

from pydantic import Field, model_validator

from oppleo_flow import Level, Node, NodeConfig, TimeZone
from oppleo_flow.options import TimeOfDay
from oppleo_flow.payloads import SwitchRequest


class Window(NodeConfig):
    days: str = Field("mon-sun", description="The days.")
    begins: TimeOfDay = Field(alias="from", description="When it opens.")
    ends: TimeOfDay = Field(alias="to", description="When it closes.")


class GateConfig(NodeConfig):
    timezone: TimeZone = Field("UTC", description="The zone.")
    open: tuple[Window, ...] = Field((), max_length=3, description="The windows.")
    closed: Literal["hold", "drop"] = Field("hold", description="What a closed gate does.")

    @model_validator(mode="after")
    def _some_window(self) -> "GateConfig":
        if self.closed == "drop" and not self.open:
            raise ValueError("a gate that drops needs a window in 'open'")
        return self


class Gate(Node[GateConfig]):
    type_name = "gate"
    out: Level[SwitchRequest]

    def on_message(self, request: SwitchRequest) -> None: ...
