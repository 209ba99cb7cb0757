"""Messages that nobody could handle: kept within bounds, replayed to their node, or discarded."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from oppleo_flow import Actuator, Node, NodeConfig, Out
from oppleo_flow.engine import letters
from oppleo_flow.engine.letters import DeadLetter
from oppleo_flow.engine.state_store import Append, StateStore, Transaction
from oppleo_flow.engine.wire_log import read_page
from oppleo_flow.errors import Refused
from oppleo_flow.flowfile.graph import OnError
from oppleo_flow.testing import Collect, graph_of, plan

DEAD = OnError(then="dead-letter")
NOW = "2026-01-15T12:00:00+00:00"


class Clerk(Node[NodeConfig]):
    """Write numbers down, once the book is there."""

    type_name = "clerk"
    written: Out[int]
    book: tuple[int, ...] = ()
    broken = True

    def on_message(self, number: int) -> None:
        self.book = (*self.book, number)
        if self.broken:
            raise OSError("there is no book")
        self.written.send(number)


class Sender(Node[NodeConfig]):
    """Send what comes in, so that a durable wire can begin here."""

    type_name = "sender"
    number: Out[int]

    def on_message(self, number: int) -> None:
        self.number.send(number)


def office(**clerk: Any) -> Any:
    return graph_of(
        {"clerk": plan(Clerk, **{"on_error": DEAD, **clerk}), "end": plan(Collect)},
        ["clerk.written > end.in"],
    )


@pytest.fixture
def start(run: Callable[..., Any], tmp_path: Path) -> Callable[..., Any]:
    """Run an office; with numbers, each becomes a dead letter."""

    def started(*numbers: int, **clerk: Any) -> Any:
        runtime = run(office(**clerk), state_path=tmp_path / "state.sqlite")
        for number in numbers:
            runtime.inject("clerk", "in", number)
        runtime.run_for(0)
        return runtime

    return started


def kept(runtime: Any) -> list[tuple[int, Any, str, int]]:
    """Return the number, the payload, the error and the tries of each dead letter."""
    return [
        (one.id, one.message["payload"]["value"], one.error, one.tries)
        for one in runtime.dead_letters().letters
    ]


def test_a_letter_says_whose_it_is_what_it_was_and_when_it_failed(start, clock):
    runtime = start(5)
    (letter,) = runtime.dead_letters().letters
    message = {key: letter.message[key] for key in ("payload", "source", "time")}
    assert message == {
        "payload": {"type": "int", "value": 5},
        "source": "test/inject",
        "time": clock.now().isoformat(),
    }
    assert replace(letter, message={}) == DeadLetter(
        "clerk", "in", {}, "OSError: there is no book", clock.now().isoformat(), 1, 1
    )


def test_a_letter_that_is_replayed_and_handled_is_one_no_more(start):
    runtime = start(5, 6)
    runtime.node("clerk").broken = False
    runtime.replay(1)
    runtime.run_for(0)
    assert runtime.node("end").got == [5]
    assert [one[:2] for one in kept(runtime)] == [(2, 6)]


def test_a_letter_that_fails_again_stays_with_its_new_error(start, clock):
    runtime = start(5)
    runtime.run_for(60)
    runtime.replay(1)
    runtime.run_for(0)
    assert kept(runtime) == [(1, 5, "OSError: there is no book", 2)]
    assert runtime.dead_letters().letters[0].at == clock.now().isoformat()


@pytest.mark.parametrize(
    ("on_error", "stays"),
    [
        pytest.param(OnError(), True, id="fault: it stays"),
        pytest.param(OnError(then="stop-flow"), True, id="stop-flow: it stays"),
        pytest.param(OnError(then="drop"), False, id="drop: it is dropped"),
        pytest.param(OnError(then="written"), False, id="a port: it left by that"),
    ],
)
def test_what_on_error_says_now_holds_for_a_letter_too(start, on_error, stays):
    start(5).stop()
    runtime = start(on_error=on_error)
    runtime.replay(1)
    runtime.run_for(0)
    assert bool(kept(runtime)) is stays


def test_a_letter_that_waits_for_another_try_can_be_replayed_only_once(start):
    start(5).stop()
    runtime = start(on_error=OnError(retry=1, backoff_min_s=10.0))
    runtime.replay(1)
    runtime.replay(1)
    runtime.run_for(5)
    runtime.node("clerk").broken = False
    runtime.run_for(60)
    assert runtime.node("end").got == [5]


def test_a_letter_and_the_state_it_brings_about_are_settled_together(start):
    runtime = start(5, durable=True)
    runtime.node("clerk").broken = False
    runtime.replay(1)
    runtime.run_for(0)
    runtime.stop()
    again = start(durable=True)
    assert (again.node("clerk").book, kept(again)) == ((5,), [])


def test_a_letter_that_is_discarded_is_gone(start):
    runtime = start(5, 6)
    assert runtime.discard(1).message["payload"]["value"] == 5
    assert [one[0] for one in kept(runtime)] == [2]


@pytest.mark.parametrize("do", ["replay", "discard"])
def test_a_letter_that_is_not_there_is_an_error(start, do):
    with pytest.raises(LookupError, match="there is no dead letter 7"):
        getattr(start(5), do)(7)


class Relay(Actuator[NodeConfig]):
    """Fail to switch."""

    type_name = "relay"
    safe_levels = ("off",)

    def on_message(self, number: int) -> None:
        raise OSError("stuck")

    def go_safe(self, reason: str) -> None:
        pass


@pytest.mark.parametrize(
    ("nodes", "refusal"),
    [
        pytest.param(
            {"other": plan(Clerk)},
            "dead letter 1: node 'clerk' has no input 'in' now; discard it, or bring the node back",
            id="its node is gone",
        ),
        pytest.param(
            {"clerk": plan(Clerk, disabled=True)},
            "dead letter 1: node 'clerk' has no input 'in' now; discard it, or bring the node back",
            id="its node is disabled",
        ),
        pytest.param(
            {"clerk": plan(Relay)},
            "dead letter 1: node 'clerk' moves the world, and what it was told on 2026-01-15 is "
            "too old to be acted on; discard it",
            id="its node is an output",
        ),
    ],
)
def test_a_letter_that_cannot_be_replayed_is_refused_with_the_reason(
    run, start, tmp_path, nodes, refusal
):
    start(5).stop()
    runtime = run(graph_of(nodes), state_path=tmp_path / "state.sqlite")
    with pytest.raises(Refused) as refused:
        runtime.replay(1)
    assert str(refused.value) == refusal
    assert len(kept(runtime)) == 1


def test_a_message_of_a_durable_wire_is_acknowledged_and_kept_in_one_transaction(run, tmp_path):
    """A state file that takes no dead letter takes no acknowledgement either."""
    path = tmp_path / "state.sqlite"
    made = graph_of(
        {"s": plan(Sender), "clerk": plan(Clerk, on_error=DEAD)}, ["s.number >> clerk.in"]
    )
    runtime = run(made, state_path=path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TRIGGER full BEFORE INSERT ON dead_letter "
            "BEGIN SELECT raise(ABORT, 'disk is full'); END"
        )
    runtime.inject("s", "in", 5)
    runtime.run_for(0)
    runtime.stop()
    with closing(sqlite3.connect(path)) as db:
        page = read_page(db, wire="s.number->clerk.in", after=0, most=10)
    assert [json.loads(text)["payload"]["value"] for _, text in page.rows] == [5]


@pytest.fixture
def store(tmp_path: Path) -> Any:
    made = StateStore(tmp_path / "state.sqlite", threaded=False)
    yield made
    made.close()


def put(store: StateStore, *texts: str, at: str = NOW) -> None:
    for text in texts:
        store.submit(Transaction(dead_letter=DeadLetter("n", "in", {"n": text}, "E", at)))


def left(store: StateStore) -> tuple[list[str], int]:
    found = store.dead_letters()
    assert found.count == len(found.letters)
    return [letter.message["n"] for letter in found.letters], found.lost


def test_of_too_many_letters_the_oldest_go_and_are_counted(store, monkeypatch):
    monkeypatch.setattr(letters, "LETTERS_KEPT", 3)
    put(store, "a", "b", "c", "d", "e")
    assert left(store) == (["c", "d", "e"], 2)


def test_of_too_large_letters_the_oldest_go_and_are_counted(store, monkeypatch):
    monkeypatch.setattr(letters, "LETTERS_KEPT_BYTES", 250)
    put(store, "a" * 100, "b" * 100, "c" * 100)
    assert left(store) == (["b" * 100, "c" * 100], 1)
    put(store, "d" * 300)
    assert left(store) == ([], 4)


def test_only_the_newest_letters_are_read_when_that_is_asked_for(store):
    put(store, "a", "b", "c")
    found = store.dead_letters(2)
    assert ([one.message["n"] for one in found.letters], found.count) == (["b", "c"], 3)


def test_letters_that_are_too_old_go_with_the_next_and_at_the_start(store, clock):
    put(store, "a", at=(clock.now() - letters.LETTERS_KEPT_FOR - timedelta(1)).isoformat())
    put(store, "b")
    assert left(store) == (["b"], 1)
    later = clock.now() + letters.LETTERS_KEPT_FOR + timedelta(1)
    store.start(later.isoformat())
    assert left(store) == ([], 2)


def test_the_table_of_an_older_version_is_taken_over(tmp_path):
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "CREATE TABLE dead_letter (id INTEGER PRIMARY KEY AUTOINCREMENT, node TEXT NOT NULL, "
            "port TEXT NOT NULL, message TEXT NOT NULL, error TEXT NOT NULL, at TEXT NOT NULL)"
        )
        db.execute(
            "INSERT INTO dead_letter (node, port, message, error, at) "
            "VALUES ('n', 'in', '{\"n\": 1}', 'E', ?)",
            (NOW,),
        )
    store = StateStore(path, threaded=False)
    (found,) = store.dead_letters().letters
    assert found == DeadLetter("n", "in", {"n": 1}, "E", NOW, tries=1, id=1)
    store.close()


def test_a_transaction_with_nothing_in_it_is_empty():
    assert Transaction().empty
    assert not Transaction(settled_letter=1).empty
    assert not Transaction(appends=[Append("wire", {})]).empty
