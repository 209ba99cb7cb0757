"""Levels: held values, freshness, and outputs that go to their safe level."""

import threading
from dataclasses import dataclass
from typing import Any

import pytest

from oppleo_flow import Actuator, Level, Node, NodeConfig, Out, Payload
from oppleo_flow.flow_events import FlowStarted, FlowStopping, NodeChanged
from oppleo_flow.testing import Collect, graph_of, plan


@dataclass(frozen=True, slots=True)
class Wish(Payload):
    on: bool

    @property
    def urgent(self) -> bool:
        return not self.on


class Sensor(Node[NodeConfig]):
    """Hold what comes in; a negative number is a broken sensor."""

    type_name = "sensor"
    value: Level[int]

    def on_message(self, number: int) -> None:
        if number < 0:
            return self.fault("broken", f"read {number}")
        self.clear("broken")
        return self.value.set(number)


class Gate(Node[NodeConfig]):
    """Hold a wish to be on."""

    type_name = "gate"
    wish: Level[Wish]
    optional_inputs = frozenset({"in"})

    def on_message(self, number: int) -> None:
        self.wish.set(Wish(number > 0))


class Relay(Actuator[NodeConfig]):
    """Note what it was told to do; `contact` is the relay's contact."""

    type_name = "relay"
    safe_levels = ("off",)
    told: Out[Wish]

    def start(self) -> None:
        self.contact = ["off"]

    def on_message(self, wish: Wish) -> None:
        if self.contact[-1] == "stuck":
            raise OSError("the relay does not answer")
        self.contact.append("on" if wish.on else "off")

    def go_safe(self, reason: str) -> None:
        self.contact.append("off")

    def stop(self, reason: str) -> None:
        self.contact.append("stopped")


class BrokenRelay(Relay):
    """Cannot go to its safe level."""

    type_name = "broken-relay"

    def go_safe(self, reason: str) -> None:
        raise OSError("no power")


def charge_point(**relay: Any) -> Any:
    """sensor → gate → relay, all by levels."""
    return graph_of(
        {"sensor": plan(Sensor), "gate": plan(Gate), "relay": plan(Relay, **relay)},
        ["sensor.value > gate.in", "gate.wish > relay.in"],
    )


def snapshot(runtime: Any, name: str) -> Any:
    return next(n for n in runtime.snapshot().nodes if n.id == name)


def send(runtime: Any, name: str, number: int) -> None:
    runtime.inject(name, "in", number)
    runtime.run_for(0)


def test_a_level_holds_its_value_and_says_since_when(run, clock):
    runtime = run(charge_point())
    noon = clock.now()
    send(runtime, "sensor", 7)
    runtime.run_for(60)
    level = snapshot(runtime, "sensor").levels["value"]
    assert (level.value, level.fresh, level.since) == (7, True, noon)


def test_a_level_that_has_nothing_new_to_say_is_not_stale(run):
    runtime = run(charge_point(stale_after_s=90.0))
    send(runtime, "sensor", 1)
    runtime.run_for(24 * 3600)
    assert runtime.node("relay").contact == ["off", "on"]


def test_a_fault_upstream_makes_every_level_that_builds_on_it_stale(run):
    runtime = run(charge_point())
    send(runtime, "sensor", 1)
    send(runtime, "sensor", -1)
    assert not snapshot(runtime, "sensor").levels["value"].fresh
    assert not snapshot(runtime, "gate").levels["wish"].fresh


def test_an_output_goes_safe_when_its_input_is_stale_for_longer_than_it_may_be(run):
    runtime = run(charge_point(stale_after_s=90.0))
    send(runtime, "sensor", 1)
    send(runtime, "sensor", -1)
    runtime.run_for(89)
    assert runtime.node("relay").contact == ["off", "on"]
    runtime.run_for(1)
    assert runtime.node("relay").contact == ["off", "on", "off"]
    assert snapshot(runtime, "relay").made_safe == (
        "stale: its input is stale for 90 s: sensor: read -1"
    )


def test_a_fault_that_is_over_in_time_changes_nothing(run):
    runtime = run(charge_point(stale_after_s=90.0))
    send(runtime, "sensor", 1)
    send(runtime, "sensor", -1)
    runtime.run_for(60)
    send(runtime, "sensor", 1)
    runtime.run_for(3600)
    assert "off" not in runtime.node("relay").contact[1:]


def test_an_output_follows_its_input_again_when_that_is_fresh(run):
    runtime = run(charge_point(stale_after_s=90.0))
    send(runtime, "sensor", 1)
    send(runtime, "sensor", -1)
    runtime.run_for(100)
    send(runtime, "sensor", 1)
    assert runtime.node("relay").contact[-1] == "on"
    assert snapshot(runtime, "relay").made_safe is None


def test_an_output_at_its_safe_level_takes_no_wish_to_be_on_from_a_stale_input(run):
    runtime = run(charge_point(stale_after_s=90.0))
    send(runtime, "sensor", -1)
    runtime.run_for(100)
    send(runtime, "gate", 1)
    assert "on" not in runtime.node("relay").contact


def test_a_relay_that_fails_goes_safe_and_works_again_with_the_next_message(run):
    runtime = run(charge_point())
    send(runtime, "sensor", 1)
    runtime.node("relay").contact.append("stuck")
    send(runtime, "sensor", 2)
    assert runtime.node("relay").contact[-1] == "off"
    assert snapshot(runtime, "relay").made_safe == "fault: the relay does not answer"
    send(runtime, "sensor", 3)
    assert runtime.node("relay").contact[-1] == "on"
    assert snapshot(runtime, "relay").made_safe is None


def test_on_stop_outputs_go_to_their_safe_level_before_they_stop(run):
    runtime = run(charge_point())
    send(runtime, "sensor", 1)
    relay = runtime.node("relay")
    runtime.stop()
    assert relay.contact == ["off", "on", "off", "stopped"]


def test_an_output_that_cannot_go_safe_says_so(run):
    runtime = run(
        graph_of({"gate": plan(Gate), "relay": plan(BrokenRelay)}, ["gate.wish > relay.in"])
    )
    send(runtime, "gate", 1)
    runtime.stop()
    assert [(f.code, f.text) for f in snapshot(runtime, "relay").faults] == [
        ("not-safe", "could not go to its safe level: no power")
    ]


class Restarting(Sensor):
    """A sensor that cannot start the first time, and holds 5 when it can."""

    type_name = "restarting"
    attempts = 0

    def start(self) -> None:
        type(self).attempts += 1
        if type(self).attempts == 1:
            raise OSError("no such device")
        self.value.set(5)


def test_a_node_that_cannot_start_is_in_fault_and_tried_again_while_the_rest_runs(run):
    Restarting.attempts = 0
    runtime = run(
        graph_of(
            {"late": plan(Restarting), "other": plan(Sensor), "end": plan(Collect)},
            ["late.value > end.in", "other.value > end.in"],
        )
    )
    assert [(f.code, f.text) for f in snapshot(runtime, "late").faults] == [
        ("not-started", "no such device")
    ]
    send(runtime, "other", 1)
    assert runtime.node("end").got == [1]
    runtime.run_for(1)
    assert runtime.node("end").got == [1, 5]
    assert snapshot(runtime, "late").faults == ()


class LateConsumer(Collect):
    """A consumer that can only start a second later."""

    type_name = "late-consumer"
    attempts = 0

    def start(self) -> None:
        super().start()
        type(self).attempts += 1
        if type(self).attempts == 1:
            raise OSError("not yet")


def test_a_consumer_that_starts_later_is_told_what_the_level_holds(run):
    LateConsumer.attempts = 0
    runtime = run(graph_of({"s": plan(Sensor), "end": plan(LateConsumer)}, ["s.value > end.in"]))
    send(runtime, "s", 1)
    send(runtime, "s", 2)
    runtime.run_for(2)
    assert runtime.node("end").got == [2]


def test_a_node_in_quarantine_is_not_started_and_its_levels_are_not_fresh(run):
    runtime = run(charge_point(stale_after_s=10.0), quarantine=frozenset({"sensor"}))
    send(runtime, "gate", 1)
    runtime.run_for(10)
    assert [f.code for f in snapshot(runtime, "sensor").faults] == ["quarantined"]
    assert runtime.node("relay").contact[-1] == "off"


def test_a_flow_is_ready_while_every_node_runs_without_a_fault(run):
    runtime = run(charge_point())
    assert runtime.wait_settled(timeout_s=0)
    assert runtime.ready
    send(runtime, "sensor", -1)
    assert not runtime.ready
    send(runtime, "sensor", 1)
    assert runtime.ready
    runtime.stop()
    assert not runtime.ready


def test_a_flow_with_a_node_that_cannot_start_has_settled_and_is_not_ready(run):
    runtime = run(charge_point(), quarantine=frozenset({"sensor"}))
    assert (runtime.wait_settled(timeout_s=0), runtime.ready) == (True, False)


def test_a_listener_hears_of_levels_faults_and_safe_outputs_and_loses_the_oldest(run):
    runtime = run(charge_point(stale_after_s=90.0))
    everything = runtime.subscribe()
    last = runtime.subscribe(size=1)
    send(runtime, "sensor", 1)
    send(runtime, "sensor", -1)
    runtime.run_for(90)
    heard = []
    while (event := everything.get(timeout_s=0)) is not None:
        heard.append((event.kind, event.node))
    assert heard == [
        ("level", "sensor"),
        ("level", "gate"),
        ("fault", "sensor"),
        ("level", "sensor"),
        ("level", "gate"),
        ("safe", "relay"),
    ]
    assert (last.get(timeout_s=0).kind, last.missed) == ("safe", 5)


def test_a_listener_hears_of_no_more_than_it_asks_for(run):
    runtime = run(charge_point(stale_after_s=90.0))
    faults = runtime.subscribe(kinds=frozenset({"fault", "clear"}))
    for value in (1, -1, 1):
        send(runtime, "sensor", value)
    heard = []
    while (event := faults.get(timeout_s=0)) is not None:
        heard.append((event.kind, event.node))
    assert heard == [("fault", "sensor"), ("clear", "sensor")]


def test_a_listener_that_closes_is_woken_and_hears_no_more(run):
    events = run(charge_point()).subscribe()
    heard = []
    listener = threading.Thread(target=lambda: heard.append(events.get(timeout_s=60)))
    listener.start()
    events.close()
    listener.join(timeout=30)
    assert heard == [None]


def test_flow_status_carries_every_change_of_a_nodes_condition(run):
    runtime = run(graph_of({"s": plan(Sensor), "end": plan(Collect)}, ["flow.status > end.in"]))
    send(runtime, "s", -4)
    assert runtime.node("end").got == [
        NodeChanged("s", "fault", "broken", "read -4", runtime.node("s").clock.now())
    ]


def test_flow_start_and_stop_are_told(run):
    runtime = run(graph_of({"end": plan(Collect)}, ["flow.start > end.in", "flow.stop > end.in"]))
    collect = runtime.node("end")
    now = collect.clock.now()
    runtime.stop()
    assert collect.got == [FlowStarted(now, flow="test"), FlowStopping(now, flow="test")]


@pytest.mark.parametrize("name", ["sensor", "gate"])
def test_reading_a_value_before_the_first_is_none(run, name):
    runtime = run(charge_point())
    assert snapshot(runtime, name).levels == {}


class DeadRelay(Relay):
    """Has no pin to claim."""

    type_name = "dead-relay"

    def start(self) -> None:
        raise OSError("no such pin")


def test_a_stop_says_which_outputs_were_never_driven(run):
    runtime = run(graph_of({"gate": plan(Gate), "r": plan(DeadRelay)}, ["gate.wish > r.in"]))
    assert runtime.stop().problems == ("node 'r': never started, so its output was not driven",)


class Jammed(Relay):
    """A relay that jams when it is told to be on again."""

    type_name = "jammed"
    state: Level[Wish]

    def on_message(self, wish: Wish) -> None:
        if wish.on and "off" in self.contact[1:]:
            raise OSError("jammed")
        super().on_message(wish)
        self.state.set(wish)


def test_what_fails_while_it_is_told_to_follow_again_keeps_what_builds_on_it_safe(run):
    """The second judgement begins within the first, and is the one that counts."""
    runtime = run(
        graph_of(
            {
                "sensor": plan(Sensor),
                "gate": plan(Gate),
                "lamp": plan(Relay, stale_after_s=5.0),
                "relay": plan(Jammed, stale_after_s=5.0),
                "later": plan(Relay, stale_after_s=5.0),
            },
            [
                "sensor.value > gate.in",
                "gate.wish > relay.in",
                "relay.state > lamp.in",
                "relay.state > later.in",
            ],
        )
    )

    def safe() -> list[str | None]:
        return [snapshot(runtime, name).made_safe for name in ("lamp", "relay", "later")]

    for number in (1, -1):
        send(runtime, "sensor", number)
    runtime.run_for(6)
    assert safe() == ["stale: its input is stale for 5 s: sensor: read -1"] * 3
    send(runtime, "sensor", 1)
    assert safe()[1:] == ["fault: jammed", "stale: its input is stale for 5 s: sensor: read -1"]
    assert runtime.node("later").contact == ["off", "on", "off"]
    runtime.run_for(6)
    assert safe()[0] == "stale: its input is stale for 5 s: relay: jammed"
    assert runtime.node("lamp").contact[-1] == "off"
