"""A wall clock that is set while a flow runs: it is told, once, to whoever goes by it."""

import logging
import threading
from datetime import datetime, timedelta

import pytest

from oppleo_flow import Node, NodeConfig, Out
from oppleo_flow.clock import SystemClock, VirtualClock
from oppleo_flow.testing import Collect, graph_of, plan


class Almanac(Node[NodeConfig]):
    """Go by the wall clock."""

    type_name = "almanac"
    told: Out[float]

    def start(self) -> None:
        self.was_told = threading.Event()

    def clock_set(self, seconds: float) -> None:
        self.told.send(seconds)
        self.was_told.set()


class Hourglass(Node[NodeConfig]):
    """Go by elapsed time."""

    type_name = "hourglass"
    empty: Out[str]

    def start(self) -> None:
        self.after(100.0, lambda: self.empty.send("empty"))


def flow():
    return graph_of(
        {
            "almanac": plan(Almanac),
            "hourglass": plan(Hourglass),
            "told": plan(Collect),
            "empty": plan(Collect),
        },
        ["almanac.told > told.in", "hourglass.empty > empty.in"],
    )


@pytest.mark.parametrize("jump", [timedelta(minutes=10), timedelta(days=-3650)], ids=str)
def test_a_node_that_goes_by_the_wall_clock_is_told_once_and_no_timer_moves(run, clock, jump):
    runtime = run(flow())
    runtime.run_for(60.0)
    clock.set_wall(clock.now() + jump)
    runtime.run_for(0.0)
    assert runtime.node("told").got == [pytest.approx(jump.total_seconds())]
    runtime.run_for(39.0)
    assert runtime.node("empty").got == []
    runtime.run_for(1.0)
    assert runtime.node("empty").got == ["empty"]
    runtime.run_for(3600.0)
    assert len(runtime.node("told").got) == 1


def test_a_clock_that_something_outside_sets_is_noticed_at_that_moment(run, clock):
    class Hand:
        """Sets the clock an hour forward after a minute."""

        done = False

        def next_event_s(self) -> float | None:
            return None if self.done else 60.0

        def fire(self) -> None:
            if clock.monotonic() == self.next_event_s():
                self.done = True
                clock.set_wall(clock.now() + timedelta(hours=1))

    runtime = run(flow(), externals=[Hand()])
    runtime.run_for(59.0)
    assert runtime.node("told").got == []
    runtime.run_for(1.0)
    assert runtime.node("told").got == [3600.0]


def test_the_log_says_which_way_and_what_time_it_is_now(run, clock, caplog):
    runtime = run(flow())
    with caplog.at_level(logging.WARNING, "oppleo_flow.engine"):
        clock.set_wall(clock.now() - timedelta(hours=2))
        runtime.run_for(1.0)
    assert [record.getMessage() for record in caplog.records] == [
        "the system clock was set back by 7200 s; it is 2026-01-15 10:00:00 UTC now"
    ]


class SettableClock(SystemClock):
    """The machine's clock with a wall that a test may set."""

    ahead = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.ahead

    def epoch_s(self) -> float:
        return super().epoch_s() + self.ahead.total_seconds()


def test_it_is_noticed_within_a_beat_on_the_machines_own_clock(run):
    settable = SettableClock()
    runtime = run(flow(), settable)
    assert runtime.wait_settled(10)
    settable.ahead = timedelta(hours=1)
    assert runtime.node("almanac").was_told.wait(10)


def test_a_clock_that_is_only_moved_on_tells_nobody(run):
    runtime = run(flow(), VirtualClock(datetime.fromisoformat("2026-03-29T00:30:00+00:00")))
    runtime.run_for(3 * 3600.0)  # summer time begins meanwhile: no clock is set for that
    assert runtime.node("told").got == []
