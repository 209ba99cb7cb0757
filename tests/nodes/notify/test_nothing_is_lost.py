"""A recipient and a sender together: what could not be sent is sent later, in order, or said."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event
from time import monotonic

import pytest

from nodes.notify.prowl import Prowl
from nodes.notify.recipient import Recipient
from oppleo_flow.clock import Clock, SystemClock, VirtualClock
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.payloads import Failure, Notification
from oppleo_flow.store import StoreLocation, open_ledger
from oppleo_flow.testing import BenchSite, Collect, graph_of, plan
from oppleo_flow.testing.bench import NOON
from tests.nodes.notify.service import RealWeb, Service, service

GOOD = (200, '<prowl><success code="200" remaining="9" resetdate="1"/></prowl>')
WRONG_KEY = (401, '<prowl><error code="401"></error></prowl>')
BUSY = (503, "later")
HOUR = 3600.0
PATIENT = OnError(retry=60, backoff_min_s=5.0, backoff_max_s=HOUR, then="dead-letter")
BRIEF = OnError(retry=2, backoff_min_s=5.0, backoff_max_s=5.0, then="dead-letter")


@contextmanager
def flow(
    prowl: Service,
    folder: Path,
    on_error: OnError = PATIENT,
    clock: Clock | None = None,
    wires: tuple[str, ...] = (),
) -> Iterator[Runtime]:
    """Run `owner >> push`, with what fails told to `second`."""
    push = plan(Prowl, {"http": "web", "key": "a key", "server": prowl.url}, on_error=on_error)
    nodes = {
        "owner": plan(Recipient, {"language": "en"}, durable=True),
        "push": push,
        "second": plan(Recipient),
        "heard": plan(Collect),
    }
    graph = graph_of(
        nodes,
        ["owner.out >> push.in", "flow.errors > second.in", "second.out > heard.in", *wires],
        {"web": RealWeb},
    )
    folder.mkdir(exist_ok=True)
    location = StoreLocation(folder / "ledger.sqlite", lasting=False)
    made = Runtime(
        replace(graph, name="test"),
        clock=clock or VirtualClock(NOON),
        site=BenchSite(folder=folder, services={StoreLocation: location}),
        state_path=folder / "state.sqlite",
    )
    made.start()
    try:
        yield made
    finally:
        made.stop()


def tell(runtime: Runtime, *titles: str) -> None:
    for title in titles:
        runtime.inject("owner", "in", Notification(title, "text"))
        runtime.run_for(0)


def told(prowl: Service) -> list[str]:
    return [asked.form["event"] for asked in prowl.asked]


def test_what_a_busy_service_does_not_take_waits_for_it_in_order(tmp_path: Path) -> None:
    with service(BUSY, BUSY, BUSY, BUSY, GOOD) as prowl, flow(prowl, tmp_path) as runtime:
        tell(runtime, "one", "two", "three")
        assert told(prowl) == ["one"]
        runtime.run_for(HOUR)

    assert told(prowl) == ["one"] * 5 + ["two", "three"]


@pytest.mark.parametrize("sent_before", [0, 1, 2, 3])
def test_a_kill_at_any_point_loses_nothing_and_keeps_the_order(
    tmp_path: Path, sent_before: int
) -> None:
    answers = [GOOD] * sent_before + [BUSY]
    titles = ["one", "two", "three"]
    clock = VirtualClock(NOON)
    with service(*answers) as prowl, flow(prowl, tmp_path / "first", clock=clock) as runtime:
        tell(runtime, *titles)
        runtime.run_for(60.0)
        shutil.copytree(tmp_path / "first", tmp_path / "killed")
        before = told(prowl)[:sent_before]
    with service(GOOD) as prowl, flow(prowl, tmp_path / "killed", clock=clock) as runtime:
        runtime.run_for(60.0)

    assert before + told(prowl) == titles


def test_a_service_that_is_away_for_a_day_is_told_when_it_is_back(tmp_path: Path) -> None:
    with service(BUSY) as prowl, flow(prowl, tmp_path) as runtime:
        tell(runtime, "one", "two")
        runtime.run_for(24 * HOUR)
        tries = len(prowl.asked)
        prowl.answers = [GOOD]
        runtime.run_for(1.3 * HOUR)

    assert told(prowl)[tries:] == ["one", "two"]
    assert tries < 50  # it does not run at a closed door


def test_what_is_refused_for_good_is_a_dead_letter_that_somebody_else_is_told_of(
    tmp_path: Path,
) -> None:
    with service(WRONG_KEY) as prowl, flow(prowl, tmp_path) as runtime:
        tell(runtime, "one")
        runtime.run_for(1.0)
        letters = runtime.dead_letters(10)
        heard = runtime.node("heard").got  # type: ignore[attr-defined]

    assert ["'one'" in str(letter.message["payload"]) for letter in letters.letters] == [True]
    assert [(note.title, note.key) for note in heard] == [
        ("Failure: push", "failure:push:ServiceRefused")
    ]
    assert len(prowl.asked) == 1


def test_a_dead_letter_is_sent_when_the_key_is_right_and_it_is_replayed(tmp_path: Path) -> None:
    with service(WRONG_KEY, GOOD) as prowl, flow(prowl, tmp_path) as runtime:
        tell(runtime, "one")
        runtime.run_for(1.0)
        (letter,) = runtime.dead_letters().letters
        runtime.replay(letter.id)
        runtime.run_for(1.0)
        left = runtime.dead_letters().count
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "bench") as ledger:
        (once,) = ledger.told.newest()

    assert (told(prowl), left) == (["one", "one"], 0)
    assert (once.result, once.tries) == ("sent", 2)


def test_what_is_tried_for_too_long_is_a_dead_letter_and_the_next_goes_out(tmp_path: Path) -> None:
    answers = (BUSY, BUSY, BUSY, GOOD)
    with service(*answers) as prowl, flow(prowl, tmp_path, BRIEF) as runtime:
        tell(runtime, "one", "two")
        runtime.run_for(60.0)
        letters = runtime.dead_letters(10)

    assert told(prowl) == ["one", "one", "one", "two"]
    assert letters.count == 1


def test_its_own_failure_comes_back_to_nobody(tmp_path: Path) -> None:
    with service(WRONG_KEY) as prowl, flow(prowl, tmp_path) as runtime:
        failure = Failure.sample(node="push", error="ServiceRefused", message="no")
        runtime.inject("owner", "in", failure)
        runtime.run_for(HOUR)

    assert prowl.asked == []


def test_each_message_is_in_the_history_once_with_how_it_went(tmp_path: Path) -> None:
    with service(BUSY, GOOD) as prowl, flow(prowl, tmp_path) as runtime:
        tell(runtime, "one", "two")
        runtime.run_for(60.0)
    with open_ledger(StoreLocation(tmp_path / "ledger.sqlite"), "bench") as ledger:
        history = ledger.told.newest()

    assert [(one.node, one.title, one.result, one.tries) for one in reversed(history)] == [
        ("push", "one", "sent", 2),
        ("push", "two", "sent", 1),
    ]


def test_a_start_a_stop_and_a_start_after_a_crash_are_told_in_time(tmp_path: Path) -> None:
    wires = ("flow.start > owner.in", "flow.stop > owner.in")
    with service(GOOD) as prowl:
        with flow(prowl, tmp_path / "one", wires=wires) as runtime:
            runtime.run_for(60.0)
            shutil.copytree(tmp_path / "one", tmp_path / "killed")
        assert told(prowl) == ["bench has started", "bench stops"]
        with flow(prowl, tmp_path / "killed", wires=wires) as runtime:
            runtime.run_for(60.0)

    assert told(prowl)[2:] == ["bench is back", "bench stops"]


def test_a_service_that_never_answers_keeps_no_other_node_waiting(tmp_path: Path) -> None:
    """Oppleo sends from the threads that switch, so a switch waits for the network."""
    never, patience_s = Event(), 60.0
    with service(never) as prowl, flow(prowl, tmp_path, clock=SystemClock()) as runtime:
        runtime.inject("push", "in", Notification("to nobody", "text"))
        until = monotonic() + patience_s
        while not prowl.asked and monotonic() < until:
            never.wait(0.01)
        runtime.inject("heard", "in", Notification("a switch", "text"))
        heard = runtime.node("heard").got  # type: ignore[attr-defined]
        while not heard and monotonic() < until:
            never.wait(0.01)
        answered = never.is_set()
        never.set()

    assert [note.title for note in heard] == ["a switch"]
    assert not answered
