"""Beep when the house draws more than a limit for a while."""

from pydantic import Field

from oppleo_flow import Example, Instant, Node, NodeConfig, Out, Seconds
from oppleo_flow.payloads import Beep, MeterReading

BEEP = Beep(pattern="error")


class GridAlarmConfig(NodeConfig):
    limit_w: float = Field(17_000, gt=0, le=50_000, description="Limit of the total power.")
    hold: Seconds = Field("10s", validate_default=True, description="How long above it first.")


class GridAlarm(Node[GridAlarmConfig]):
    type_name = "grid-alarm"
    icon = "bell"
    alarm: Out[Beep]
    above_since: Instant | None = None  # state; durable if the flow says so
    examples = [
        Example({"hold": "0s"}, send=MeterReading.sample(power_w=2e4), expect={"alarm": BEEP})
    ]

    def on_message(self, reading: MeterReading) -> None:
        if reading.power_w <= self.config.limit_w:
            self.above_since = None
            self.status("ok", f"{reading.power_w:.0f} W")
            return
        self.above_since = self.above_since or self.clock.instant()
        if self.clock.since(self.above_since) >= self.config.hold:
            self.status("warn", "over the limit")
            self.alarm.send(BEEP)
