"""A flow of a site that answers as a running one does, for commands that listen to it."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from oppleo_flow import Actuator, Node, NodeConfig, Out
from oppleo_flow.cli.running_address import address_of
from oppleo_flow.clock import SystemClock
from oppleo_flow.devices.frames import Frames
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from webui.access import Demo
from webui.ports import SiteFacts
from webui.server import listen

REPOSITORY = Path(__file__).parents[3]
PATIENCE_S = 20.0


class Doubled(Node[NodeConfig]):
    """Return twice what comes in."""

    type_name = "doubled"

    def on_message(self, value: int) -> int:
        return 2 * value


class Fork(Node[NodeConfig]):
    """Send what comes in by one of two outputs."""

    type_name = "fork"
    left: Out[int]
    right: Out[int]

    def on_message(self, value: int) -> None:
        (self.left if value < 0 else self.right).send(value)


class Door(Actuator[NodeConfig]):
    """Something that moves."""

    type_name = "door"
    safe_levels = ("shut",)

    def make_safe(self) -> None:
        """Be shut already."""

    def on_message(self, value: int) -> None:
        """Move."""


@contextmanager
def served(site: Path, built_page: Path) -> Iterator[Runtime]:
    """Run a flow `double > end`, `fork`, `door`, and answer for it."""
    (site / ".oppleo").mkdir(exist_ok=True)
    nodes = {
        "double": plan(Doubled), "end": plan(Collect), "fork": plan(Fork), "door": plan(Door),
    }  # fmt: skip
    runtime = Runtime(
        graph_of(nodes, ["double.out > end.in", "fork.left > door.in"]),
        clock=SystemClock(),
        site=BenchSite(),
    )
    runtime.start()
    assert runtime.wait_settled(PATIENCE_S)
    runtime.frames = Frames()
    facts = SiteFacts(charge_point="garage", frames=runtime.frames)
    try:
        with (
            listen(
                runtime,
                access=Demo(),
                clock=SystemClock(),
                port=0,
                built_page=built_page,
                site=facts,
            ).start() as server,
            address_of(site, server.url),
        ):
            runtime.server = server
            yield runtime
    finally:
        runtime.stop()


def until(condition: Callable[[], object]) -> None:
    """Wait for what another process does; it is not for ever."""
    give_up_s = SystemClock().monotonic() + PATIENCE_S
    while not condition():
        assert SystemClock().monotonic() < give_up_s


@contextmanager
def command(*words: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a process of its own; nothing of it is left behind."""
    with subprocess.Popen(
        [sys.executable, "-m", "oppleo_flow", *words],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
