"""Another version of a flow while it runs: only what changed restarts, and nothing is lost."""

import threading
from dataclasses import replace
from typing import Any, ClassVar

import pytest

from oppleo_flow import (
    Node,
    Out,
    SystemClock,
)
from oppleo_flow.engine import retiring
from oppleo_flow.engine.deploy import Hooks
from oppleo_flow.engine.retiring import DeployFailed
from oppleo_flow.flowfile.graph import GraphNode, OnError
from oppleo_flow.testing import Collect, graph_of, plan
from tests.oppleo_flow.engine.versions import (
    Bus,
    Counter,
    CounterConfig,
    Lamp,
    OnBus,
    Touchy,
    house,
)

PATIENCE_S = 20.0


@pytest.fixture(autouse=True)
def _begin_anew() -> None:
    for log in (Counter.stops, Lamp.shown, Bus.log):
        log.clear()


def count(runtime: Any, *numbers: int, node: str = "counter") -> None:
    for number in numbers:
        runtime.inject(node, "in", number)
    runtime.run_for(0)


# -- what goes on ----------------------------------------------------------------------------------


def test_an_output_shows_no_edge_when_an_unrelated_node_changes(run):
    runtime = run(house())
    count(runtime, 1, 1)
    runtime.deploy(house({"other": plan(Counter, {"step": "2"})}))
    count(runtime, 1)
    assert Lamp.shown == ["lamp 1", "lamp 2", "lamp 3"]
    assert Counter.stops == ["other: deploy"]


def test_timers_of_unchanged_nodes_ring_at_their_time(run):
    runtime = run(house())
    count(runtime, 1)
    runtime.run_for(4)
    runtime.deploy(house({"other": plan(Counter, {"step": "2"})}))
    runtime.run_for(5)
    assert runtime.node("end").got == []
    runtime.run_for(1)
    assert runtime.node("end").got == [1]


def test_a_node_that_restarts_goes_on_with_its_state_and_its_timers(run):
    runtime = run(house())
    count(runtime, 1, 1)
    runtime.run_for(4)
    runtime.deploy(house({"counter": plan(Counter, {"step": "10"})}))
    count(runtime, 1)
    runtime.run_for(6)
    assert (runtime.node("counter").sum, runtime.node("end").got) == (12, [12])


def test_what_a_node_was_about_to_try_again_is_tried_by_the_one_in_its_place(run):
    wire = "touchy.out_ > end.in"
    patient = OnError(retry=3, backoff_min_s=60.0, backoff_max_s=60.0)
    runtime = run(house({"touchy": plan(Touchy, on_error=patient)}, wire))
    count(runtime, 7, 8, node="touchy")
    runtime.deploy(house({"touchy": plan(Touchy, {"step": "2"}, on_error=patient)}, wire))
    runtime.run_for(0)
    assert runtime.node("end").got == [7, 8]


def test_durable_state_is_there_after_a_deploy_and_after_a_restart(run, clock, tmp_path):
    state = tmp_path / "state.sqlite"
    durable = house({"counter": plan(Counter, durable=True)})
    runtime = run(durable, state_path=state)
    count(runtime, 1, 1)
    changed = house({"counter": plan(Counter, {"step": "10"}, durable=True)})
    runtime.deploy(changed)
    count(runtime, 1)
    runtime.stop()
    assert run(changed, state_path=state).node("counter").sum == 12


def test_what_waits_on_a_durable_wire_is_delivered_to_the_node_in_its_place(run, tmp_path):
    wire = "counter.rang >> touchy.in"
    failing = OnError(retry=5, backoff_min_s=60.0, backoff_max_s=60.0)

    def version(step: str) -> Any:
        touchy = plan(Touchy, {"step": step}, on_error=failing)
        return house({"touchy": touchy}, wire, "touchy.out_ > end.in")

    runtime = run(version("1"), state_path=tmp_path / "state.sqlite")
    count(runtime, 1)
    runtime.run_for(10)
    assert runtime.node("end").got == [1]  # from the counter itself
    runtime.deploy(version("2"))
    runtime.run_for(5)
    assert runtime.node("end").got == [1, 1]


def test_counts_go_on(run):
    runtime = run(house())
    count(runtime, 1, 1, 1)
    runtime.deploy(house({"other": plan(Counter, {"step": "2"})}))
    count(runtime, 1)
    by_name = {node.id: node for node in runtime.snapshot().nodes}
    assert (by_name["counter"].received, by_name["counter"].sent) == (4, 4)


# -- what changes ----------------------------------------------------------------------------------


def test_an_output_that_restarts_goes_safe_and_then_follows_again(run):
    runtime = run(house())
    count(runtime, 1)
    runtime.deploy(house({"lamp": plan(Lamp, stale_after_s=60.0)}))
    runtime.run_for(0)
    assert Lamp.shown == ["lamp 1", "lamp off", "lamp 1"]


def test_a_node_that_is_removed_stops_and_its_output_goes_safe(run):
    runtime = run(house())
    count(runtime, 1)
    runtime.deploy(graph_of({"counter": plan(Counter)}))
    assert Lamp.shown == ["lamp 1", "lamp off"]
    assert [node.id for node in runtime.snapshot().nodes] == ["counter"]


def test_a_new_wire_tells_what_its_level_holds(run):
    runtime = run(house({"spare": plan(Lamp, stale_after_s=90.0)}, "other.total > spare.in"))
    count(runtime, 1)
    runtime.deploy(house({"spare": plan(Lamp, stale_after_s=90.0)}, "counter.total > spare.in"))
    runtime.run_for(0)
    assert Lamp.shown == ["lamp 1", "spare 1"]


def test_a_wire_that_is_gone_carries_nothing(run):
    runtime = run(house())
    runtime.deploy(graph_of({name: plan(cls) for name, cls in (("counter", Counter),)}))
    count(runtime, 1)
    assert Lamp.shown == ["lamp off"]


def test_a_connection_that_changes_is_opened_anew_with_its_nodes(run):
    def version(step: int, **nodes: GraphNode) -> Any:
        made = graph_of({"a": plan(OnBus), **nodes}, (), {"bus": Bus})
        (bus,) = made.connections.values()
        return replace(made, connections={"bus": replace(bus, config=CounterConfig(step=step))})

    runtime = run(version(1))
    changes = runtime.deploy(version(2))
    count(runtime, 1, node="a")
    assert changes.restarted == {"a": "its connection 'bus' changes"}
    assert Bus.log == ["open bus 1", "close bus 1", "open bus 2"]
    assert runtime.snapshot().nodes[0].status_text == "2"
    runtime.deploy(graph_of({"counter": plan(Counter)}))
    runtime.run_for(0)
    assert Bus.log[3:] == ["close bus 2"]


# -- what goes wrong -------------------------------------------------------------------------------


def test_when_a_node_does_not_start_what_ran_before_runs_again(run):
    runtime = run(house())
    count(runtime, 1, 1)
    runtime.run_for(4)
    with pytest.raises(DeployFailed) as caught:
        runtime.deploy(house({"counter": plan(Counter, {"step": "10", "broken": "true"})}))
    assert str(caught.value) == (
        "test: node 'counter': no such counter; what ran before runs again"
    )
    count(runtime, 1)
    runtime.run_for(6)
    assert (runtime.node("counter").sum, runtime.node("end").got) == (3, [3])
    assert Lamp.shown == ["lamp 1", "lamp 2", "lamp 3"]


def test_a_new_node_that_does_not_start_is_not_kept(run):
    runtime = run(house())
    with pytest.raises(DeployFailed):
        runtime.deploy(house({"new": plan(Counter, {"broken": "true"})}))
    assert "new" not in {node.id for node in runtime.snapshot().nodes}


def test_a_node_that_did_not_run_before_need_not_run_after(run):
    runtime = run(house({"other": plan(Counter, {"broken": "true"})}))
    runtime.deploy(house({"other": plan(Counter, {"broken": "true", "step": "2"})}))
    assert runtime.graph.nodes["other"].config.step == 2


def test_a_version_that_cannot_be_kept_does_not_run(run):
    def full() -> None:
        raise OSError(28, "No space left on device")

    runtime = run(house())
    count(runtime, 1)
    with pytest.raises(DeployFailed, match="No space left on device; what ran before runs again"):
        runtime.deploy(house({"counter": plan(Counter, {"step": "10"})}), Hooks(commit=full))
    count(runtime, 1)
    assert runtime.node("counter").sum == 2


def test_what_is_done_before_the_start_comes_between_stop_and_start(run):
    runtime = run(house())
    seen: list[str] = []
    hooks = Hooks(before_start=lambda graph: seen.extend([*Counter.stops, graph.name]))
    runtime.deploy(house({"other": plan(Counter, {"step": "2"})}), hooks)
    assert seen == ["other: deploy", "test"]


# -- while it runs ---------------------------------------------------------------------------------


class Slow(Node[CounterConfig]):
    """Wait until it may go on."""

    type_name = "slow"
    blocking = True
    gate: ClassVar[threading.Event] = threading.Event()
    begun: ClassVar[threading.Event] = threading.Event()

    def on_message(self, number: int) -> None:
        self.begun.set()
        assert self.gate.wait(PATIENCE_S)


def test_a_handler_that_does_not_end_keeps_its_version(run, system_clock, monkeypatch):
    monkeypatch.setattr(retiring, "QUIET_S", 0.05)
    runtime = run(house({"slow": plan(Slow)}), system_clock)
    runtime.inject("slow", "in", 1)
    assert Slow.begun.wait(PATIENCE_S)
    with pytest.raises(DeployFailed) as caught:
        runtime.deploy(house({"slow": plan(Slow, {"step": "2"})}))
    assert str(caught.value) == "node 'slow': its handler still runs; nothing was changed"
    Slow.gate.set()
    assert runtime.graph.nodes["slow"].config.step == 1


class Gate(Node[CounterConfig]):
    """Let pass."""

    type_name = "gate"
    out_: Out[int]

    def on_message(self, number: int) -> None:
        self.out_.send(number)


def test_no_message_is_lost_and_none_doubled_while_versions_come_and_go(run):
    def version(step: int) -> Any:
        nodes = {
            "gate": plan(Gate, on_error=OnError(then="drop")),
            "changes": plan(Counter, {"step": str(step)}),
            "end": plan(Collect),
        }
        return graph_of(nodes, ["gate.out_ > end.in", "gate.out_ > changes.in"])

    runtime = run(version(1), SystemClock())
    enough = threading.Event()
    sent: list[int] = []

    def send() -> None:
        while not enough.is_set():
            runtime.inject("gate", "in", len(sent))
            sent.append(len(sent))

    sender = threading.Thread(target=send)
    sender.start()
    for step in range(2, 12):
        runtime.deploy(version(step))
    enough.set()
    sender.join(PATIENCE_S)
    end = runtime.node("end")
    runtime.stop()
    assert end.got == sent
