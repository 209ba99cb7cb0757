"""What follows a failure, and what happens to messages that have to wait."""

from typing import Any

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.engine.state_store import StateStore
from oppleo_flow.flowfile.graph import InboxPolicy, OnError
from oppleo_flow.testing import Collect, graph_of, plan


def got(runtime: Any, name: str) -> list[Any]:
    return runtime.node(name).got


def snapshot(runtime: Any, name: str) -> Any:
    return next(n for n in runtime.snapshot().nodes if n.id == name)


def send(runtime: Any, name: str, *numbers: int) -> None:
    for number in numbers:
        runtime.inject(name, "in", number)
    runtime.run_for(0)


class Flaky(Node[NodeConfig]):
    """Fail the first two times."""

    type_name = "flaky"
    done: Out[int]
    rejected: Out[int]

    def start(self) -> None:
        self.tries = 0

    def on_message(self, number: int) -> None:
        self.tries += 1
        if self.tries <= 2:
            raise OSError(f"try {self.tries}")
        self.done.send(number)


def flaky(**on_error: Any) -> Any:
    return graph_of(
        {
            "flaky": plan(Flaky, on_error=OnError(**on_error)),
            "done": plan(Collect),
            "rejected": plan(Collect),
            "errors": plan(Collect),
        },
        ["flaky.done > done.in", "flaky.rejected > rejected.in", "flow.errors > errors.in"],
    )


def test_a_retry_waits_longer_each_time_and_keeps_the_order(run):
    runtime = run(flaky(retry=3, backoff_min_s=10.0))
    send(runtime, "flaky", 1, 2)
    assert (got(runtime, "done"), runtime.node("flaky").tries) == ([], 1)
    runtime.run_for(13)
    assert runtime.node("flaky").tries == 2
    runtime.run_for(25)
    assert got(runtime, "done") == [1, 2]
    assert got(runtime, "errors") == []


def test_when_the_retries_are_used_up_the_failure_is_reported_once(run):
    runtime = run(flaky(retry=1, backoff_min_s=1.0))
    send(runtime, "flaky", 1)
    runtime.run_for(5)
    assert [f.message for f in got(runtime, "errors")] == ["try 2"]


def test_another_port_can_take_what_could_not_be_handled(run):
    runtime = run(flaky(then="rejected"))
    send(runtime, "flaky", 5)
    assert got(runtime, "rejected") == [5]
    assert snapshot(runtime, "flaky").faults == ()


def test_drop_forgets_the_message_but_flow_errors_hears_of_it(run):
    runtime = run(flaky(then="drop"))
    send(runtime, "flaky", 5)
    assert snapshot(runtime, "flaky").faults == ()
    assert len(got(runtime, "errors")) == 1


def test_a_dead_letter_is_kept_with_its_error(run, tmp_path):
    runtime = run(flaky(then="dead-letter"), state_path=tmp_path / "state.sqlite")
    send(runtime, "flaky", 5)
    runtime.stop()
    letters = StateStore(tmp_path / "state.sqlite", threaded=False).dead_letters().letters
    assert [(x.node, x.port, x.message["payload"], x.error) for x in letters] == [
        ("flaky", "in", {"type": "int", "value": 5}, "OSError: try 1")
    ]


def test_stop_flow_asks_for_the_stop_and_says_why(run):
    asked: list[str] = []
    runtime = run(flaky(then="stop-flow"), stop_requested=asked.append)
    send(runtime, "flaky", 5)
    assert asked == ["node 'flaky': try 1"]


@pytest.mark.parametrize(
    ("full", "handled", "dropped"),
    [
        pytest.param("drop-oldest", [1, 4, 5], 2, id="drop-oldest keeps the newest"),
        pytest.param("drop-newest", [1, 2, 3], 2, id="drop-newest keeps the first that came"),
        pytest.param("latest", [1, 5], 3, id="latest keeps one"),
    ],
)
def test_a_full_inbox_drops_by_its_policy_and_counts(run, full, handled, dropped):
    runtime = run(
        graph_of(
            {
                "flaky": plan(
                    Flaky,
                    on_error=OnError(retry=2, backoff_min_s=1.0),
                    inbox={"in": InboxPolicy(2, full)},
                ),
                "done": plan(Collect),
            },
            ["flaky.done > done.in"],
        )
    )
    send(runtime, "flaky", 1, 2, 3, 4, 5)
    runtime.run_for(10)
    assert (got(runtime, "done"), snapshot(runtime, "flaky").dropped) == (handled, dropped)


def test_at_most_limits_what_a_node_takes_in_a_period(run):
    runtime = run(graph_of({"end": plan(Collect, at_most=(2, 3600.0))}))
    send(runtime, "end", 1, 2, 3)
    assert got(runtime, "end") == [1, 2]
    runtime.run_for(3600)
    send(runtime, "end", 4)
    assert got(runtime, "end") == [1, 2, 4]
    assert snapshot(runtime, "end").dropped == 1
