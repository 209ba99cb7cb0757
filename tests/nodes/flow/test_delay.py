"""`delay`: each message later, in order, and never more than fit."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodes.flow.delay import Delay
from oppleo_flow.clock import VirtualClock
from oppleo_flow.payloads import Beep
from oppleo_flow.testing.bench import NOON, Bench


def test_a_message_leaves_when_its_time_has_come_and_not_before() -> None:
    with Bench(Delay, {"wait": "10s"}) as bench:
        bench.send(1)
        bench.advance(4.0)
        bench.send(2)
        bench.advance(5.9)
        assert bench.sent("delayed") == []
        bench.advance(0.1)
        assert bench.sent("delayed") == [1]
        bench.advance(4.0)
        assert bench.sent("delayed") == [1, 2]


def test_the_status_tells_how_many_wait() -> None:
    with Bench(Delay, {"wait": "10s"}) as bench:
        bench.send(1)
        bench.send(2)
        assert bench.run().status == "2 waiting"
        bench.advance(10.0)
        assert bench.run().status == "0 waiting"


def test_one_too_many_is_dropped_and_counted() -> None:
    with Bench(Delay, {"wait": "10s", "max_waiting": "2"}) as bench:
        for number in (1, 2, 3):
            bench.send(number)
        assert bench.run().status == "2 waiting, 1 dropped"
        bench.advance(10.0)
        assert bench.sent("delayed") == [1, 2]


def test_under_a_steady_load_those_that_wait_still_leave() -> None:
    with Bench(Delay, {"wait": "10s", "max_waiting": "3"}) as bench:
        for number in range(30):
            bench.send(number)
            bench.advance(1.0)
        assert bench.sent("delayed") == [0, 1, 2, 10, 11, 12, 20]


def test_no_wait_is_no_wait() -> None:
    with Bench(Delay, {"wait": "0s"}) as bench:
        bench.send(1)
        assert bench.sent("delayed") == [1]


@pytest.mark.parametrize(
    ("away_s", "left_at_once"),
    [
        pytest.param(3.0, [], id="those whose time has not come wait on"),
        pytest.param(60.0, [Beep(pattern="error"), 7], id="those whose time has passed leave"),
    ],
)
def test_what_waits_survives_a_restart(
    away_s: float, left_at_once: list[object], tmp_path: Path
) -> None:
    clock = VirtualClock(NOON)
    path = tmp_path / "state.sqlite"
    config = {"wait": "10s"}
    with Bench(Delay, config, durable=True, state_path=path, clock=clock) as bench:
        bench.send(Beep(pattern="error"))
        bench.send(7)
    clock.advance(away_s)
    with Bench(Delay, config, durable=True, state_path=path, clock=clock) as bench:
        bench.advance(0.0)
        assert bench.sent("delayed") == left_at_once
        bench.advance(7.0)
        assert bench.sent("delayed") == [Beep(pattern="error"), 7]


@given(st.lists(st.floats(0.0, 20.0), max_size=15))
def test_messages_keep_their_order_and_their_distance(gaps: list[float]) -> None:
    with Bench(Delay, {"wait": "5s"}) as bench:
        for number, gap in enumerate(gaps):
            bench.advance(gap)
            bench.send(number)
        bench.advance(5.0 + 1e-5)
        assert bench.sent("delayed") == list(range(len(gaps)))
