"""What does not fit into an inbox waits on disk: in order, over a restart, within a size."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oppleo_flow import Node, NodeConfig
from oppleo_flow.clock import VirtualClock
from oppleo_flow.engine import spool
from oppleo_flow.engine.runtime import Runtime
from oppleo_flow.engine.state_store import Append, StateStore, Transaction
from oppleo_flow.engine.wire_log import BEFORE_ALL, read_page
from oppleo_flow.flowfile.graph import InboxPolicy, OnError
from oppleo_flow.testing import BenchSite, graph_of, plan
from oppleo_flow.testing.bench import NOON

SPOOL = InboxPolicy(3, "spool")
LOG = "inbox of w.in"
TRY_AGAIN = OnError(retry=1000, backoff_min_s=1.0, backoff_max_s=1.0)


class Writer(Node[NodeConfig]):
    """Write numbers down while the database is there; whatever was written stays."""

    type_name = "writer"
    there = True
    starts = True
    written = ()

    def start(self) -> None:
        if not type(self).starts:
            raise OSError("no database")

    def on_message(self, number: int) -> None:
        if not type(self).there:
            raise OSError("no database")
        type(self).written = (*type(self).written, number)

    def on_other(self, number: int) -> None:
        pass


@pytest.fixture(autouse=True)
def _database_is_there() -> None:
    Writer.there = Writer.starts = True
    Writer.written = ()


@pytest.fixture
def start(run: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run a writer whose inbox holds three; a new one takes up what the last one left."""

    def started(policy: InboxPolicy = SPOOL, **options: Any) -> Any:
        options = {"on_error": TRY_AGAIN, **options}
        made = graph_of({"w": plan(Writer, inbox={"in": policy}, **options)})
        return run(made, state_path=tmp_path / "state.sqlite")

    return started


def send(runtime: Any, *numbers: int) -> None:
    for number in numbers:
        runtime.inject("w", "in", number)
    runtime.run_for(0)


def waits(runtime: Any) -> tuple[int, int, int]:
    """Return how many wait in the inbox and on disk, and how many were dropped."""
    node = next(node for node in runtime.snapshot().nodes if node.id == "w")
    return node.waiting, node.spooled, node.dropped


def on_disk(tmp_path: Path) -> list[int]:
    with closing(sqlite3.connect(tmp_path / "state.sqlite")) as db:
        page = read_page(db, wire=LOG, after=BEFORE_ALL, most=100)
    return [json.loads(text)["payload"]["value"] for _, text in page.rows]


def test_nothing_is_written_while_the_inbox_has_room(start, tmp_path):
    runtime = start()
    Writer.there = False
    send(runtime, 1, 2, 3, 4)
    assert (waits(runtime), on_disk(tmp_path)) == ((3, 0, 0), [])


def test_what_does_not_fit_waits_on_disk_and_is_handled_in_order(start, tmp_path):
    runtime = start()
    Writer.there = False
    send(runtime, *range(1, 11))
    assert (waits(runtime), on_disk(tmp_path)) == ((3, 6, 0), [5, 6, 7, 8, 9, 10])
    Writer.there = True
    runtime.run_for(2)
    assert Writer.written == tuple(range(1, 11))
    assert (waits(runtime), on_disk(tmp_path)) == ((0, 0, 0), [])


def test_what_waits_when_a_flow_stops_is_handled_by_the_next_run_in_order(start, tmp_path):
    runtime = start()
    Writer.there = False
    send(runtime, *range(1, 11))
    assert runtime.stop().undelivered == 10
    assert on_disk(tmp_path) == list(range(1, 11))
    Writer.there = True
    again = start()
    send(again, 11)
    assert Writer.written == tuple(range(1, 12))
    assert on_disk(tmp_path) == []


def test_what_comes_while_the_node_cannot_start_waits_on_disk(start, tmp_path):
    Writer.starts = False
    runtime = start()
    send(runtime, 1, 2, 3, 4, 5)
    assert (waits(runtime), on_disk(tmp_path)) == ((0, 5, 0), [1, 2, 3, 4, 5])
    Writer.starts = True
    runtime.run_for(2)
    assert Writer.written == (1, 2, 3, 4, 5)


def test_a_message_that_was_on_disk_is_there_until_it_is_handled(start, tmp_path):
    runtime = start()
    Writer.there = False
    send(runtime, *range(1, 6))
    Writer.there = True
    runtime.run_for(2)
    Writer.there = False
    send(runtime, *range(6, 12))
    runtime.run_for(2)
    assert on_disk(tmp_path) == [10, 11]
    Writer.there = True
    runtime.run_for(5)
    assert (Writer.written, on_disk(tmp_path)) == (tuple(range(1, 12)), [])


def test_a_message_from_disk_that_fails_for_good_is_taken_off_it(start, tmp_path):
    Writer.starts = False
    runtime = start(on_error=OnError())
    send(runtime, 1, 2)
    Writer.starts, Writer.there = True, False
    runtime.run_for(2)
    assert (waits(runtime), on_disk(tmp_path)) == ((0, 0, 0), [])
    assert runtime.snapshot().nodes[0].failed == 2


def test_a_full_spool_drops_the_newest_and_counts_them(start, tmp_path):
    runtime = start(InboxPolicy(3, "spool", disk_bytes=600))
    Writer.there = False
    send(runtime, *range(1, 21))
    kept = on_disk(tmp_path)
    assert kept == list(range(5, 5 + len(kept)))
    assert 2 <= len(kept) <= 5
    assert waits(runtime) == (3, len(kept), 16 - len(kept))
    Writer.there = True
    runtime.run_for(5)
    send(runtime, 99)
    assert Writer.written == (1, 2, 3, 4, *kept, 99)


def test_a_disk_that_takes_nothing_costs_no_more_than_so_many_messages(
    run, system_clock, tmp_path, monkeypatch
):
    """The writer tries again and again meanwhile; the newest messages are dropped."""
    monkeypatch.setattr(spool, "MOST_UNCOMMITTED", 5)
    Writer.starts = False
    path = tmp_path / "state.sqlite"
    made = graph_of({"w": plan(Writer, inbox={"in": SPOOL})})
    runtime = run(made, system_clock, state_path=path)
    assert runtime.wait_settled(20)
    with closing(sqlite3.connect(path, isolation_level=None)) as disk:
        disk.execute("BEGIN EXCLUSIVE")
        for number in range(20):
            runtime.inject("w", "in", number)
        assert waits(runtime) == (0, 5, 15)
        disk.execute("ROLLBACK")
    runtime.stop()
    assert on_disk(tmp_path) == [0, 1, 2, 3, 4]


def test_what_comes_while_an_older_message_of_the_last_run_is_tried_stays_behind_it(start):
    Writer.there = False
    for number in (1, 2):
        runtime = start()
        send(runtime, number)
        runtime.stop()
    Writer.there = True
    runtime = start()
    runtime.run_for(2)
    assert Writer.written == (1, 2)


def test_what_nobody_can_read_becomes_a_dead_letter(start, tmp_path):
    with closing(StateStore(tmp_path / "state.sqlite", threaded=False)) as store:
        message = {
            "payload": {"type": "Florin", "value": {}},
            "id": 1,
            "trace_id": 1,
            "time": "2026-01-15T12:00:00+00:00",
            "source": "test/x",
        }
        store.submit(Transaction(appends=[Append(LOG, message)]))
    runtime = start()
    assert [one.node for one in runtime.dead_letters().letters] == ["w"]
    assert (waits(runtime), on_disk(tmp_path)) == ((0, 0, 1), [])


def test_another_input_of_the_node_has_an_inbox_as_ever(start):
    runtime = start()
    Writer.starts = False
    runtime.inject("w", "other", 1)
    runtime.run_for(0)
    assert waits(runtime) == (0, 0, 0)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.integers(1, 9)),
        st.tuples(st.sampled_from(["away", "back", "restart", "wait", "locked"]), st.just(0)),
    ),
    max_size=25,
)


@given(STEPS)
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_whatever_happens_every_message_is_handled_once_and_in_order(tmp_path_factory, steps):
    path = tmp_path_factory.mktemp("spool") / "state.sqlite"
    Writer.there, Writer.starts, Writer.written = True, True, ()
    sent = 0

    def begin() -> Runtime:
        made = graph_of({"w": plan(Writer, on_error=TRY_AGAIN, inbox={"in": SPOOL})})
        runtime = Runtime(
            made, clock=VirtualClock(NOON), site=BenchSite(folder=path.parent), state_path=path
        )
        runtime.start()
        runtime.run_for(0)
        return runtime

    runtime = begin()
    for step, count in [*steps, ("back", 0), ("wait", 0), ("restart", 0), ("wait", 0)]:
        if step == "send":
            for _ in range(count):
                sent += 1
                runtime.inject("w", "in", sent)
            runtime.run_for(0)
        elif step == "restart":
            runtime.stop()
            runtime = begin()
        elif step == "wait":
            runtime.run_for(60)
        else:
            Writer.starts = step != "locked"
            Writer.there = step == "back"
    runtime.stop()
    assert Writer.written == tuple(range(1, sent + 1))
