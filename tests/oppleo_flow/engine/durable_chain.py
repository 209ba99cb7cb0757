"""A process to be killed: a flow of durable wires, run again and again on one state file.

`python -m tests.oppleo_flow.engine.durable_chain STATE` forks once for each line on its standard
input, so that nothing has to be imported anew.  The fork writes its process id, then a line for
every number that a node handles; after it is gone its parent writes `gone`.  On the line `finish`
the fork sends no new numbers, delivers what waits and ends by itself.
"""

import os
import sys
import threading
from pathlib import Path

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import BenchSite, graph_of, plan

PATIENCE_S = 20.0


class SourceConfig(NodeConfig):
    sends: bool = True


class Source(Node[SourceConfig]):
    """Count on over any number of lives; send three more when the last one has arrived."""

    type_name = "source"
    number: Out[int]
    sent: int = 0

    def start(self) -> None:
        if self.config.sends:
            self.after(0, self.send_more)

    def on_arrived(self, number: int) -> None:
        tell(f"source {number}")
        if self.config.sends and number == self.sent:
            self.send_more()

    def send_more(self) -> None:
        for _ in range(3):
            self.sent += 1
            self.number.send(self.sent)


class Adder(Node[NodeConfig]):
    """Add up what comes in, and let it pass."""

    type_name = "adder"
    number: Out[int]
    total: int = 0

    def on_message(self, number: int) -> None:
        tell(f"adder {number}")
        self.total += number
        self.number.send(number)


class Last(Node[NodeConfig]):
    """Tell the world of each number; keep the newest, and how many were not the next."""

    type_name = "last"
    blocking = True
    arrived: Out[int]
    newest: int = 0
    applied: int = 0
    out_of_turn: int = 0

    def on_message(self, number: int) -> None:
        tell(f"last {number}")
        self.applied += 1
        self.out_of_turn += number != self.newest + 1
        self.newest = number
        self.arrived.send(number)


def tell(text: str) -> None:
    """Write a line at once; end when nobody reads any more."""
    try:
        os.write(1, f"{text}\n".encode())
    except BrokenPipeError:
        os._exit(1)


def live(state: Path, *, sends: bool) -> None:
    """Run the flow until it is killed; one that does not send runs until nothing waits."""
    graph = graph_of(
        {
            "source": plan(Source, {"sends": sends}, durable=True),
            "adder": plan(Adder, durable=True),
            "last": plan(Last, durable=True),
        },
        ["source.number >> adder.in", "adder.number >> last.in", "last.arrived > source.arrived"],
    )
    site = BenchSite(folder=state.parent)
    runtime = Runtime(graph, clock=SystemClock(), site=site, state_path=state)
    runtime.start()
    runtime.wait_settled(PATIENCE_S)
    if sends:
        threading.Event().wait()
    report = runtime.stop()
    tell(f"left {report.undelivered}")


def main() -> None:
    """Fork for each line."""
    sys.setswitchinterval(1e-6)  # threads change over wherever they can
    state = Path(sys.argv[1])
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            tell(f"{os.getpid()}")
            live(state, sends=line != "finish\n")
            os._exit(0)
        os.waitpid(child, 0)
        tell("gone")


if __name__ == "__main__":
    main()
