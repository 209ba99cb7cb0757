"""Nodes for flows of which several versions run, one after the other."""

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from oppleo_flow import Actuator, Connection, DeviceMissing, Level, Node, NodeConfig, Out, Ref
from oppleo_flow.flowfile.graph import GraphNode
from oppleo_flow.testing import Collect, graph_of, plan


class CounterConfig(NodeConfig):
    step: int = Field(1, description="What each message adds.")
    broken: bool = Field(False, description="Whether it cannot start.")


class Counter(Node[CounterConfig]):
    """Add up; `ring` says the sum ten seconds after the first message."""

    type_name = "counter"
    total: Level[int]
    rang: Out[int]
    sum: int = 0
    stops: ClassVar[list[str]] = []

    def start(self) -> None:
        if self.config.broken:
            raise DeviceMissing("no such counter")

    def stop(self, reason: str) -> None:
        Counter.stops.append(f"{self.id}: {reason}")

    def on_message(self, number: int) -> None:
        if not self.sum:
            self.after(10.0, self.ring)
        self.sum += self.config.step
        self.total.set(self.sum)

    def ring(self) -> None:
        self.rang.send(self.sum)


class Lamp(Actuator[NodeConfig]):
    """Show a number, and keep a record of all that it was told."""

    type_name = "lamp"
    safe_levels = ("off",)
    shown: ClassVar[list[str]] = []

    def on_message(self, number: int) -> None:
        Lamp.shown.append(f"{self.id} {number}")

    def go_safe(self, reason: str) -> None:
        Lamp.shown.append(f"{self.id} off")


class Touchy(Node[CounterConfig]):
    """Fail on every message but the second try."""

    type_name = "touchy"
    out_: Out[int]
    tries: int = 0

    def on_message(self, number: int) -> None:
        self.tries += 1
        if self.tries == 1:
            raise OSError("not now")
        self.out_.send(number)


class Bus(Connection[CounterConfig]):
    """Note when it opens and closes."""

    type_name = "bus"
    log: ClassVar[list[str]] = []

    def open(self) -> None:
        Bus.log.append(f"open {self.name} {self.config.step}")

    def close(self) -> None:
        Bus.log.append(f"close {self.name} {self.config.step}")


class OnBusConfig(NodeConfig):
    bus: Ref[Bus] = Field(Ref("bus"), description="The bus.")


class OnBus(Node[OnBusConfig]):
    """Work on a bus."""

    type_name = "on-bus"
    blocking = True

    def on_message(self, number: int) -> None:
        self.status("ok", f"{self.use(self.config.bus).config.step}")


def house(nodes: Mapping[str, GraphNode] = {}, *wires: str) -> Any:
    """Return a counter that shows on a lamp, with other nodes in place of these or beside them."""
    usual = {
        "counter": plan(Counter),
        "lamp": plan(Lamp, stale_after_s=90.0),
        "other": plan(Counter),
        "end": plan(Collect),
    }
    return graph_of(
        {**usual, **nodes}, ["counter.total > lamp.in", "counter.rang > end.in", *wires]
    )
