"""A flow to look at: a straight run that is fused, with a worker, a level and a timer beside it."""

import threading
from typing import Any

from oppleo_flow import Level, Node, NodeConfig, Out, Router
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import Collect, graph_of, plan


class Doubled(Node[NodeConfig]):
    """Return twice what comes in; -1 cannot be doubled."""

    type_name = "doubled"

    def on_message(self, value: int) -> int:
        if value == -1:
            raise ValueError("cannot be doubled")
        return 2 * value


class Sent(Node[NodeConfig]):
    """Send what comes in, and once more a second later."""

    type_name = "sent"
    out: Out[int]
    last: Level[int]

    def on_message(self, value: int) -> None:
        self.last.set(value)
        self.out.send(value)
        self.after(1.0, lambda: self.out.send(-value))


class Odd(Router[NodeConfig]):
    """Part odd numbers from even ones."""

    type_name = "odd"
    odd: Out[int]
    even: Out[int]

    def on_message(self, value: int) -> Out[int]:
        return self.odd if value % 2 else self.even


class Slow(Node[NodeConfig]):
    """Return what comes in, on a thread of its own."""

    type_name = "slow"
    blocking = True

    def on_message(self, value: int) -> int:
        return value + 1


class Door(Node[NodeConfig]):
    """A source whose thread sends when a test says so."""

    type_name = "door"
    out: Out[int]

    def push(self, value: int) -> None:
        thread = threading.Thread(target=self.out.send, args=(value,))
        thread.start()
        thread.join()


class Arrivals(Node[NodeConfig]):
    """Let a test wait for what comes in."""

    type_name = "arrivals"

    def start(self) -> None:
        self.arrived = threading.Semaphore(0)

    def on_message(self, value: object) -> None:
        self.arrived.release()


CHAIN = ["a.out > b.in", "b.out > c.in", "c.out > end.in"]


def chain(**nodes: type[Node[Any]]) -> Any:
    """Return a straight run `a > b > c > end`, of doublers unless a node is given."""
    kinds = {name: nodes.get(name, Doubled) for name in "abc"}
    return graph_of({**{n: plan(k) for n, k in kinds.items()}, "end": plan(Collect)}, CHAIN)


def longest_run(runtime: Runtime) -> tuple[str, ...]:
    """Return the nodes of the longest run that is fused as the routes are compiled now."""
    routes = runtime._assembly.routes
    runs = [segment.run for segment in routes.segments if segment not in runtime._watching._late]
    return tuple(host.node_id for host in max(runs, key=len, default=()))


def counts(runtime: Runtime) -> dict[str, tuple[int, int]]:
    """Return how many messages each node has received and sent."""
    return {node.id: (node.received, node.sent) for node in runtime.snapshot().nodes}
