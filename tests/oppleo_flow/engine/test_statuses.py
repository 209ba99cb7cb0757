"""What a node said of itself, as long as it is of interest."""

from datetime import timedelta
from typing import Any

from oppleo_flow import Node, NodeConfig
from oppleo_flow.engine.core import STATUSES_KEPT
from oppleo_flow.engine.snapshot import PastStatus
from oppleo_flow.flow_events import NodeChanged
from oppleo_flow.testing import Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON


class Talker(Node[NodeConfig]):
    """Say what comes in."""

    type_name = "talker"

    def on_message(self, number: int) -> None:
        self.status("warn" if number < 0 else "ok", f"read {number}")


def said(runtime: Any) -> Any:
    return runtime.snapshot().nodes[0].past_statuses


def test_what_was_said_before_is_kept_with_its_times(run: Any) -> None:
    runtime = run(graph_of({"talker": plan(Talker)}, []))
    for number in (1, 1, -2, 3):
        runtime.inject("talker", "in", number)
        runtime.run_for(1)
    second = timedelta(seconds=1)
    assert said(runtime) == (
        PastStatus("ok", "read 1", NOON, NOON + 2 * second),
        PastStatus("warn", "read -2", NOON + 2 * second, NOON + 3 * second),
    )


def test_only_the_last_few_are_kept(run: Any) -> None:
    runtime = run(graph_of({"talker": plan(Talker)}, []))
    for number in range(STATUSES_KEPT + 5):
        runtime.inject("talker", "in", number)
    runtime.run_for(1)
    kept = [status.text for status in said(runtime)]
    assert kept == [f"read {number}" for number in range(4, STATUSES_KEPT + 4)]


class Faulty(Node[NodeConfig]):
    """Be in fault from the start."""

    type_name = "faulty"

    def start(self) -> None:
        self.fault("broken", "it is worn")

    def on_message(self, number: int) -> None:
        """Take what comes."""


def test_what_was_wrong_with_a_node_that_is_taken_out_is_told_to_be_over(run: Any) -> None:
    listening = ["flow.status > end.in"]
    runtime = run(graph_of({"old": plan(Faulty), "end": plan(Collect)}, listening))
    runtime.deploy(graph_of({"end": plan(Collect)}, listening))
    runtime.run_for(0)
    assert runtime.node("end").got == [
        NodeChanged("old", kind, "broken", "it is worn", NOON) for kind in ("fault", "clear")
    ]
