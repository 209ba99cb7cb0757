"""Whose turn it is: one thread at a time runs jobs, and who brings one may run it."""

import sys
import threading
from collections.abc import Iterator
from threading import get_ident

import pytest

from oppleo_flow.clock import SystemClock
from oppleo_flow.engine import loop as engine_loop
from oppleo_flow.engine.loop import MANY, Loop

PATIENCE_S = 10.0


@pytest.fixture
def loop() -> Iterator[Loop]:
    made = Loop(SystemClock())
    made.start()
    yield made
    made.stop()


@pytest.fixture
def often() -> Iterator[None]:
    """Let threads change over as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


class Held:
    """A job that holds the turn until it is let go, on a thread that brings it."""

    def __init__(self, loop: Loop) -> None:
        self._begun, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=loop.bring, args=(self._run, 0, 0))
        self._thread.start()
        assert self._begun.wait(PATIENCE_S)

    def _run(self, one: int, two: int) -> None:
        self._begun.set()
        assert self._go.wait(PATIENCE_S)

    @property
    def ident(self) -> int | None:
        return self._thread.ident

    def let_go(self) -> None:
        self._go.set()
        self._thread.join(PATIENCE_S)


def test_who_brings_a_job_while_nobody_runs_one_runs_it(loop):
    ran: set[int] = set()
    done = threading.Semaphore(0)

    def job(one: int, two: int) -> None:
        ran.add(get_ident())
        done.release()

    while get_ident() not in ran:  # the dispatcher may have its turn once more before it rests
        loop.bring(job, 1, 2)
        assert done.acquire(timeout=PATIENCE_S)


def test_who_brings_a_job_while_another_runs_does_not_wait(loop):
    held = Held(loop)
    done = threading.Event()
    loop.bring(lambda one, two: done.set(), 1, 2)
    assert not done.is_set()
    held.let_go()
    assert done.wait(PATIENCE_S)


def test_what_a_brought_job_posts_runs_too(loop):
    done = threading.Event()
    loop.bring(loop.post, loop.queue, done.set)
    assert done.wait(PATIENCE_S)


def test_the_loop_is_told_by_the_thread_that_has_the_turn(loop):
    seen: list[bool] = []
    loop.call(lambda: seen.append(loop.inside))
    assert (seen, loop.inside) == ([True], False)
    held = Held(loop)
    assert loop.ident == held.ident
    held.let_go()


def test_jobs_of_many_threads_never_overlap_and_keep_the_order_of_each(loop, often):
    running: list[int] = []
    came: list[tuple[int, int]] = []
    overlaps: list[int] = []

    def job(producer: int, number: int) -> None:
        running.append(producer)
        came.append((producer, number))
        if number % 7 == 0:
            loop.post(lambda: None)
        if len(running) > 1:
            overlaps.append(number)
        running.pop()

    def produce(producer: int) -> None:
        for number in range(1000):
            give = loop.post if number % 3 == 0 else loop.bring
            give(job, producer, number)

    threads = [threading.Thread(target=produce, args=(p,)) for p in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    loop.call(lambda: None)
    assert overlaps == []
    assert {p: [n for q, n in came if q == p] for p in range(8)} == {
        p: list(range(1000)) for p in range(8)
    }


def test_a_timer_has_its_turn_although_somebody_brings_without_end(loop, often):
    rang = threading.Event()
    loop.timers.call_at(loop.clock.monotonic() + 0.05, rang.set)
    give_up = loop.clock.monotonic() + PATIENCE_S
    while not rang.is_set() and loop.clock.monotonic() < give_up:
        loop.bring(lambda one, two: None, 1, 2)
    assert rang.is_set()


def test_what_is_brought_before_the_start_runs_after_it_and_after_the_stop_never():
    loop = Loop(SystemClock())
    ran: list[str] = []

    def note(first: str, second: str) -> None:
        ran.append(first + second)

    loop.bring(note, "be", "fore")
    assert ran == []
    loop.start()
    loop.call(lambda: None)
    assert ran == ["before"]
    loop.stop()
    loop.bring(note, "af", "ter")
    assert ran == ["before"]


def test_who_brings_more_than_is_taken_up_helps(loop, often):
    taken: list[int] = []
    helped: set[int] = set()

    def job(number: int, _: int) -> None:
        taken.append(number)
        helped.add(get_ident())

    def produce() -> None:
        for number in range(5 * MANY):
            loop.bring(job, number, 0)

    threads = [threading.Thread(target=produce) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    loop.call(lambda: None)
    assert sorted(taken) == sorted([*range(5 * MANY)] * 2)
    assert helped & {thread.ident for thread in threads}


def test_nobody_waits_for_ever_to_help(loop, monkeypatch):
    monkeypatch.setattr(engine_loop, "HELP_S", 0.01)
    held = Held(loop)
    for _ in range(MANY):
        loop.post(lambda: None)
    done = threading.Event()
    loop.bring(lambda one, two: done.set(), 1, 2)
    assert not done.is_set()
    held.let_go()
    assert done.wait(PATIENCE_S)
