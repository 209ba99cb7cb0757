"""An actuator for the checker's tests."""

from collections.abc import Iterable, Sequence

from pydantic import Field

from oppleo_flow import Actuator, Claim, Level, NodeConfig, Ref, SafePin
from oppleo_flow.devices.gpio import GpioChip
from oppleo_flow.payloads import SwitchRequest, SwitchState


class RelayConfig(NodeConfig):
    chip: Ref[GpioChip] = Field(Ref("gpio"), description="The chip of the pin.")
    pin: int = Field(ge=0, le=27, description="The pin's BCM number.")
    inverted: bool = Field(True, description="Whether low is on.")


class Relay(Actuator[RelayConfig]):
    type_name = "relay"
    safe_levels = ("off", "on")
    state: Level[SwitchState]

    def on_message(self, request: SwitchRequest) -> None: ...

    def go_safe(self, reason: str) -> None: ...

    @classmethod
    def claims(cls, config: RelayConfig) -> Iterable[Claim]:
        return [Claim(f"GPIO {config.pin}", config.chip)]

    @classmethod
    def safe_pins(cls, config: RelayConfig, safe: str) -> Sequence[SafePin]:
        return [SafePin(config.pin, high=(safe == "off") is config.inverted, within=config.chip)]
