"""Taps: what leaves an output while the flow runs, at no cost once nobody looks."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine import watching
from oppleo_flow.engine.backlog import Backlog
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.taps import Tap, Tapped
from oppleo_flow.errors import Refused
from oppleo_flow.flow_events import FlowStarted
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.oppleo_flow.engine.versions import Counter, house
from tests.oppleo_flow.engine.watched_chain import (
    Arrivals,
    Door,
    Doubled,
    Odd,
    Sent,
    Slow,
    chain,
    counts,
    longest_run,
)

PATIENCE_S = 10.0
ALL = ("a", "b", "c", "end")


def send(runtime: Runtime, *values: int) -> None:
    for value in values:
        runtime.inject("a", "in", value)
        runtime.run_for(0)


def seen(tap: Tap) -> list[Any]:
    payloads = []
    while (message := tap.get(0)) is not None:
        payloads.append(message.payload)
    return payloads


@pytest.mark.parametrize(
    "nodes",
    [{}, {"b": Sent}, {"b": Slow}, {"c": Sent}],
    ids=["fused", "a node that sends", "a worker", "at the end"],
)
@pytest.mark.parametrize("node", ["a", "b", "c"])
def test_a_tap_sees_what_leaves_an_output_from_then_on(run, nodes, node):
    runtime, plain = run(chain(**nodes)), run(chain(**nodes))
    send(runtime, 1)
    tap = runtime.tap(node, "out")
    send(runtime, 2, 3)
    send(plain, 1, 2, 3)

    assert len(seen(tap)) == 2
    assert runtime.node("end").got == plain.node("end").got
    assert counts(runtime) == counts(plain)


def test_what_it_sees_has_its_envelope(run, clock: VirtualClock):
    runtime = run(chain())
    tap = runtime.tap("b", "out")
    clock.advance(60)
    send(runtime, 3)
    (message,) = iter(lambda: tap.get(0), None)

    at = datetime(2026, 1, 15, 12, 1, tzinfo=UTC)
    assert message == Tapped(12, at, message.id, message.id, at, "test/inject")


def test_a_run_is_cut_at_a_tap_only_and_fused_again_when_the_last_has_closed(run):
    runtime = run(chain())
    send(runtime, 1)
    assert longest_run(runtime) == ALL
    first, second = runtime.tap("b", "out"), runtime.tap("b", "out")
    send(runtime, 1)
    assert longest_run(runtime) in [("a", "b"), ("c", "end")]
    first.close()
    first.close()
    send(runtime, 1)
    assert longest_run(runtime) in [("a", "b"), ("c", "end")]
    second.close()
    send(runtime, 1)
    assert longest_run(runtime) == ALL
    assert counts(runtime) == {"a": (4, 4), "b": (4, 4), "c": (4, 4), "end": (4, 0)}


@given(
    steps=st.lists(st.sampled_from(["send", "open a", "open b", "open c", "close"]), max_size=20)
)
def test_counts_go_on_however_often_somebody_looks(steps):
    runtime = Runtime(chain(b=Sent), clock=VirtualClock(NOON), site=BenchSite())
    runtime.start()
    taps: list[Tap] = []
    sent = 0
    for step in steps:
        if step == "send":
            send(runtime, 1)
            sent += 1
        elif step == "close":
            if taps:
                taps.pop().close()
        else:
            taps.append(runtime.tap(step.removeprefix("open "), "out"))
        assert counts(runtime)["end"] == (sent, 0)
    runtime.stop()
    assert runtime.node("end").got == [4] * sent


def test_timers_levels_and_state_stay_as_they_are(run):
    runtime = run(chain(b=Sent))
    send(runtime, 1)
    before = runtime.node("b")
    levels = runtime.tap("b", "last")
    out = runtime.tap("b", "out")
    runtime.run_for(1.0)
    send(runtime, 5)

    assert (seen(out), seen(levels)) == ([-2, 10], [10])
    out.close()
    levels.close()
    runtime.run_for(1.0)
    assert runtime.node("end").got == [4, -4, 20, -20]
    assert runtime.node("b") is before


def test_the_outputs_of_a_router_are_told_apart(run):
    wires = ["odd.odd > end.in", "odd.even > end.in"]
    runtime = run(graph_of({"odd": plan(Odd), "end": plan(Collect)}, wires))
    odd, even = runtime.tap("odd", "odd"), runtime.tap("odd", "even")
    for value in range(5):
        runtime.inject("odd", "in", value)
    runtime.run_for(0)

    assert (seen(odd), seen(even)) == ([1, 3], [0, 2, 4])


def test_an_output_that_nobody_is_wired_to_can_be_tapped(run):
    runtime = run(graph_of({"a": plan(Doubled)}))
    out, errors = runtime.tap("a", "out"), runtime.tap("flow", "errors")
    send(runtime, 4, -1)

    assert seen(out) == [8]
    assert [failure.message for failure in seen(errors)] == ["cannot be doubled"]


def test_a_tap_may_be_there_before_the_start(clock):
    runtime = Runtime(chain(), clock=clock, site=BenchSite())
    started, out = runtime.tap("flow", "start"), runtime.tap("a", "out")
    runtime.start()
    send(runtime, 1)
    runtime.stop()

    assert [type(one) for one in seen(started)] == [FlowStarted]
    assert seen(out) == [2]


def test_a_tap_stays_where_it_is_in_another_version_of_the_flow(run):
    runtime = run(house())
    tap = runtime.tap("counter", "total")
    runtime.inject("counter", "in", 1)
    runtime.run_for(0)
    runtime.deploy(house({"counter": plan(Counter, {"step": 10})}))
    runtime.inject("counter", "in", 1)
    runtime.run_for(0)
    assert seen(tap) == [1, 11]
    tap.close()


def test_who_reads_too_slowly_misses_the_oldest_and_is_told_how_many(run):
    runtime = run(chain())
    tap = runtime.tap("c", "out", size=2)
    send(runtime, 1, 2, 3, 4, 5)

    assert len(runtime.node("end").got) == 5
    assert (tap.missed, seen(tap)) == (3, [32, 40])


def test_closing_a_tap_wakes_who_waits_for_it(run):
    runtime = run(chain())
    tap = runtime.tap("c", "out")
    got: list[object] = []
    thread = threading.Thread(target=lambda: got.append(tap.get(PATIENCE_S)))
    thread.start()
    tap.close()
    thread.join(PATIENCE_S)
    assert got == [None]


@pytest.mark.parametrize(("node", "port"), [("nobody", "out"), ("a", "nothing"), ("end", "out")])
def test_an_output_that_is_not_there_cannot_be_tapped(run, node, port):
    with pytest.raises(KeyError):
        run(chain()).tap(node, port)


def test_there_are_only_so_many_taps(run, monkeypatch):
    monkeypatch.setattr(watching, "MOST_TAPS", 2)
    runtime = run(chain())
    runtime.tap("a", "out")
    kept = runtime.tap("a", "out")
    with pytest.raises(Refused, match="taps: 2 are open already"):
        runtime.tap("a", "out")
    kept.close()
    runtime.tap("a", "out")


def test_a_tap_opens_and_closes_while_threads_bring_messages(run, system_clock):
    graph = graph_of(
        {"door": plan(Door), **{n: plan(Doubled) for n in "abc"}, "end": plan(Arrivals)},
        ["door.out > a.in", "a.out > b.in", "b.out > c.in", "c.out > end.in"],
    )
    runtime = run(graph, system_clock)
    assert runtime.wait_settled(PATIENCE_S)
    stop = threading.Event()
    pushed: list[int] = []

    def push() -> None:
        while not stop.is_set():
            runtime.node("door").out.send(1)
            pushed.append(1)

    threads = [threading.Thread(target=push) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        tap = runtime.tap("b", "out", size=1)
        assert tap.get(PATIENCE_S).payload == 4
        tap.close()
    stop.set()
    for thread in threads:
        thread.join(PATIENCE_S)
    for _ in pushed:
        assert runtime.node("end").arrived.acquire(timeout=PATIENCE_S)
    assert counts(runtime)["end"] == (len(pushed), 0)
    assert counts(runtime)["c"] == (len(pushed), len(pushed))


def test_a_backlog_gives_back_what_was_put_in_its_order():
    backlog: Backlog[int] = Backlog(3, lambda _: None)
    for number in range(5):
        backlog.put(number)
    assert [backlog.get(0) for _ in range(4)] == [2, 3, 4, None]
