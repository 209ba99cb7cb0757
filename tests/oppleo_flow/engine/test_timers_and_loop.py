"""Timers, the virtual clock, and the loop."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow import Node, NodeConfig, Out, VirtualClock
from oppleo_flow.clock import SystemClock
from oppleo_flow.engine.loop import Loop
from oppleo_flow.engine.timers import TimerQueue
from oppleo_flow.testing import Collect, graph_of, plan


class Ticker(Node[NodeConfig]):
    """Count seconds, and stop to count at 5."""

    type_name = "ticker"
    ticks: Out[int]
    count: int = 0

    def start(self) -> None:
        self.timer = self.every(1.0, self.tick)

    def tick(self) -> None:
        self.count += 1
        self.ticks.send(self.count)
        if self.count == 5:
            self.timer.cancel()


class Alarm(Node[NodeConfig]):
    """Ring three seconds after the last message."""

    type_name = "alarm"
    ring: Out[str]

    def start(self) -> None:
        self.timer = None

    def on_message(self, word: str) -> None:
        if self.timer is not None:
            self.timer.cancel()
        self.timer = self.after(3.0, lambda: self.ring.send(word))


@given(st.lists(st.floats(0, 1000), max_size=30))
def test_calls_run_in_the_order_of_their_time_then_of_asking(times):
    queue = TimerQueue(earlier=lambda: None)
    ran: list[tuple[float, int]] = []
    for number, due in enumerate(times):
        queue.call_at(due, lambda key=(due, number): ran.append(key))
    while (call := queue.pop_due(1000)) is not None:
        call()
    assert ran == sorted((due, number) for number, due in enumerate(times))


def test_a_cancelled_call_is_neither_run_nor_waited_for():
    queue = TimerQueue(earlier=lambda: None)
    entry = queue.call_at(1.0, lambda: None)
    entry.cancel()
    assert (queue.next_due(), queue.pop_due(10.0)) == (None, None)


def test_a_repeated_call_comes_at_its_times_until_it_is_cancelled(run):
    runtime = run(graph_of({"t": plan(Ticker), "end": plan(Collect)}, ["t.ticks > end.in"]))
    runtime.run_for(3)
    assert runtime.node("end").got == [1, 2, 3]
    runtime.run_for(60)
    assert runtime.node("end").got == [1, 2, 3, 4, 5]


def test_a_timer_that_was_taken_back_does_not_ring(run):
    runtime = run(graph_of({"a": plan(Alarm), "end": plan(Collect)}, ["a.ring > end.in"]))
    runtime.inject("a", "in", "first")
    runtime.run_for(2)
    runtime.inject("a", "in", "second")
    runtime.run_for(10)
    assert runtime.node("end").got == ["second"]


def test_timers_of_a_stopped_node_do_not_run(run, clock):
    runtime = run(graph_of({"a": plan(Alarm), "end": plan(Collect)}, ["a.ring > end.in"]))
    runtime.inject("a", "in", "first")
    runtime.run_for(0)
    collect = runtime.node("end")
    runtime.stop()
    runtime.run_for(10)
    assert collect.got == []


def test_a_repeating_timer_needs_a_period(run):
    class Hurried(Node[NodeConfig]):
        """Ask for a timer without a period."""

        type_name = "hurried"

        def start(self) -> None:
            self.every(0, lambda: None)

    runtime = run(graph_of({"h": plan(Hurried)}))
    faults = runtime.snapshot().nodes[0].faults
    assert faults[0].text == "node 'h': every: more than 0 s is needed, got 0"


def test_virtual_time_jumps_to_each_timer_and_ends_where_it_was_told(clock):
    loop = Loop(clock)
    seen: list[float] = []
    for due in (5.0, 2.0, 70.0):
        loop.timers.call_at(due, lambda: seen.append(clock.monotonic()))
    loop.run_for(60)
    assert (seen, clock.monotonic()) == ([2.0, 5.0], 60.0)


def test_events_outside_the_engine_happen_at_their_time_too(clock):
    class Tide:
        def __init__(self) -> None:
            self.turns: list[float] = []

        def next_event_s(self) -> float | None:
            return 10.0 * (len(self.turns) + 1) if len(self.turns) < 3 else None

        def fire(self) -> None:
            if clock.monotonic() == self.next_event_s():
                self.turns.append(clock.monotonic())

    tide = Tide()
    Loop(clock, externals=[tide]).run_for(100)
    assert tide.turns == [10.0, 20.0, 30.0]


def test_a_loop_on_the_systems_clock_cannot_be_moved_on():
    with pytest.raises(TypeError, match="only a loop on a virtual clock can be moved on"):
        Loop(SystemClock()).run_for(1)


def test_the_dispatcher_beats_while_it_lives():
    beat = threading.Event()
    loop = Loop(SystemClock(), on_beat=beat.set)
    loop.start()
    assert beat.wait(10)
    beat.clear()
    assert beat.wait(10)
    loop.stop()


def test_a_timer_set_from_another_thread_wakes_the_loop():
    loop = Loop(SystemClock())
    loop.start()
    rang = threading.Event()
    loop.timers.call_at(loop.clock.monotonic() + 0.01, rang.set)
    assert rang.wait(10)
    loop.stop()


def test_the_same_month_comes_out_the_same_twice(run, clock, tmp_path):
    def month() -> list[int]:
        made = graph_of({"t": plan(Ticker), "end": plan(Collect)}, ["t.ticks > end.in"])
        runtime = run(made, VirtualClock(clock.now()))
        runtime.run_for(30 * 86400)
        return list(runtime.node("end").got)

    assert month() == month()
