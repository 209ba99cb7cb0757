"""What survives: the state of nodes, messages on durable wires, and nothing by half."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from oppleo_flow import Level, Node, NodeConfig, Out, Payload, VirtualClock
from oppleo_flow.engine.state_store import Append, StateStore, Transaction
from oppleo_flow.errors import StoreError
from oppleo_flow.testing import Collect, graph_of, plan


@dataclass(frozen=True, slots=True)
class Coin(Payload):
    cents: int


@dataclass(frozen=True, slots=True)
class Purse:
    owner: UUID
    total: Decimal


class Bank(Node[NodeConfig]):
    """Add up coins; a coin of 13 cents breaks the bank."""

    type_name = "bank"
    receipt: Out[Coin]
    balance: Level[int]
    cents: int = 0
    last: datetime | None = None
    purse: Purse | None = None

    def start(self) -> None:
        self.balance.set(self.cents)

    def on_message(self, coin: Coin) -> None:
        self.cents += coin.cents
        self.last = self.clock.now()
        self.purse = Purse(UUID(int=1), Decimal(self.cents) / 100)
        if coin.cents == 13:
            raise ValueError("a bad coin")
        self.balance.set(self.cents)
        self.receipt.send(coin)


class Clerk(Node[NodeConfig]):
    """Write down coins; `broken` makes it fail."""

    type_name = "clerk"
    blocking = True
    book: tuple[int, ...] = ()
    broken = False

    def on_message(self, coin: Coin) -> None:
        if type(self).broken:
            raise OSError("the book is full")
        self.book = (*self.book, coin.cents)


def office() -> Any:
    return graph_of(
        {"bank": plan(Bank, durable=True), "clerk": plan(Clerk), "end": plan(Collect)},
        ["bank.receipt >> clerk.in", "bank.receipt > end.in"],
    )


@pytest.fixture
def state(tmp_path: Path) -> dict[str, Path]:
    return {"state_path": tmp_path / "state.sqlite"}


@pytest.fixture(autouse=True)
def _clerk_works() -> None:
    Clerk.broken = False


def pay(runtime: Any, *cents: int) -> None:
    for amount in cents:
        runtime.inject("bank", "in", Coin(amount))
    runtime.run_for(0)


def test_durable_state_is_there_after_a_restart_with_its_types(run, clock, state):
    runtime = run(office(), **state)
    pay(runtime, 50, 20)
    runtime.stop()
    bank = run(office(), **state).node("bank")
    assert (bank.cents, bank.last, bank.purse) == (
        70,
        clock.now(),
        Purse(UUID(int=1), Decimal("0.7")),
    )


def test_state_that_is_not_durable_begins_anew(run, state):
    made = graph_of({"bank": plan(Bank)})
    runtime = run(made, **state)
    pay(runtime, 50)
    runtime.stop()
    assert run(made, **state).node("bank").cents == 0


def test_a_message_on_a_durable_wire_waits_for_a_consumer_that_fails(run, state):
    Clerk.broken = True
    runtime = run(office(), **state)
    pay(runtime, 50, 20)
    runtime.run_for(120)
    assert runtime.node("clerk").book == ()
    Clerk.broken = False
    runtime.run_for(60)
    assert runtime.node("clerk").book == (50, 20)


def test_an_undelivered_message_is_delivered_by_the_next_run_once_and_in_order(run, state):
    Clerk.broken = True
    runtime = run(office(), **state)
    pay(runtime, 50, 20, 10)
    report = runtime.stop()
    assert report.undelivered == 3
    Clerk.broken = False
    again = run(office(), **state)
    pay(again, 5)
    assert again.node("clerk").book == (50, 20, 10, 5)
    again.stop()
    assert run(office(), **state).node("clerk").book == ()


def test_a_wire_that_is_not_durable_gets_its_copy_after_the_commit(run, state):
    runtime = run(office(), **state)
    pay(runtime, 50)
    assert runtime.node("end").got == [Coin(50)]


def test_a_handler_that_raises_neither_sends_nor_saves(run, state):
    runtime = run(office(), **state)
    pay(runtime, 13)
    assert (runtime.node("end").got, runtime.node("clerk").book) == ([], ())
    runtime.stop()
    assert run(office(), **state).node("bank").cents == 0


def test_state_of_another_type_is_refused_and_left_as_it_is(run, state):
    runtime = run(office(), **state)
    pay(runtime, 50)
    runtime.stop()

    class Vault(Bank):
        """Another kind of bank."""

        type_name = "vault"

    other = run(graph_of({"bank": plan(Vault, durable=True)}), **state)
    fault = other.snapshot().nodes[0].faults[0]
    assert fault.text == (
        f"{state['state_path']}: node 'bank': the saved state is of a 'bank', the flow says "
        "'vault'; rename the node to begin anew"
    )
    other.stop()
    assert run(office(), **state).node("bank").cents == 50


def test_a_state_file_that_is_a_directory_is_an_error_that_says_so(tmp_path):
    with pytest.raises(StoreError, match="cannot keep the state of the flow here"):
        StateStore(tmp_path, threaded=False)


def test_a_state_file_that_is_no_database_is_an_error_that_says_so(tmp_path):
    path = tmp_path / "state.sqlite"
    path.write_text("not a database, but long enough to be read as one" * 30)
    with pytest.raises(StoreError, match="file is not a database"):
        StateStore(path, threaded=False)


def test_a_transaction_is_committed_whole_or_not_at_all(tmp_path):
    store = StateStore(tmp_path / "state.sqlite", threaded=False)
    errors: list[StoreError | None] = []
    bad = Append("wire", {"payload": 1})
    broken = Transaction(
        state=("bank", "bank", {"cents": 1}, "now"), appends=[bad], then=errors.append
    )
    with sqlite3.connect(tmp_path / "state.sqlite") as db:
        db.execute("DROP TABLE wire_log")
    store.submit(broken)
    assert store.state_of("bank") is None
    assert "no such table" in str(errors[0])


def test_virtual_time_and_a_state_file_go_together(run, clock, state):
    other = VirtualClock(clock.now())
    runtime = run(office(), other, **state)
    pay(runtime, 1)
    assert runtime.node("clerk").book == (1,)


class Egg(Node[NodeConfig]):
    """Ring ten minutes after the egg was put in."""

    type_name = "egg"
    ring: Out[Coin]

    def on_message(self, coin: Coin) -> None:
        self.after(600, self.done)

    def done(self) -> None:
        self.ring.send(Coin(1))


def test_a_durable_timer_keeps_what_remains_of_it_over_a_restart(run, clock, state):
    made = graph_of({"egg": plan(Egg, durable=True), "end": plan(Collect)}, ["egg.ring > end.in"])
    runtime = run(made, **state)
    runtime.inject("egg", "in", Coin(0))
    runtime.run_for(400)
    runtime.stop()
    clock.advance(100)
    again = run(made, **state)
    again.run_for(99)
    assert again.node("end").got == []
    again.run_for(1)
    assert again.node("end").got == [Coin(1)]
    again.stop()
    once_more = run(made, **state)
    once_more.run_for(3600)
    assert once_more.node("end").got == []


class Strange(Node[NodeConfig]):
    """Send something that no log can keep."""

    type_name = "strange"
    things: Out[object]

    def on_message(self, coin: Coin) -> None:
        self.things.send(object())


def test_what_has_no_form_to_be_kept_in_is_a_failure_of_the_node_that_sends_it(run, state):
    runtime = run(
        graph_of(
            {"s": plan(Strange), "end": plan(Collect), "errors": plan(Collect)},
            ["s.things >> end.in", "flow.errors > errors.in"],
        ),
        **state,
    )
    runtime.inject("s", "in", Coin(1))
    runtime.run_for(0)
    assert [failure.node for failure in runtime.node("errors").got] == ["s"]
    assert runtime.node("end").got == []


def test_a_kept_message_that_nobody_can_read_becomes_a_dead_letter(run, state):
    store = StateStore(state["state_path"], threaded=False)
    for number, kind in enumerate(("Florin", "Coin")):
        message = {
            "payload": {"type": kind, "value": {"cents": 5}},
            "id": number,
            "trace_id": number,
            "time": "2026-01-15T12:00:00+00:00",
            "source": "test/bank.receipt",
        }
        store.submit(Transaction(appends=[Append("bank.receipt->clerk.in", message)]))
    store.close()
    runtime = run(office(), **state)
    assert runtime.node("clerk").book == (5,)
    runtime.stop()
    letters = StateStore(state["state_path"], threaded=False).dead_letters().letters
    assert [(x.node, x.error) for x in letters] == [("clerk", "KeyError: 'Florin'")]


class Payer(Node[NodeConfig]):
    """Send a coin after three seconds."""

    type_name = "payer"
    coin: Out[Coin]

    def start(self) -> None:
        self.after(3, lambda: self.coin.send(Coin(5)))


class LateClerk(Clerk):
    """Start at the third try, three seconds late: when the coin is sent."""

    type_name = "late-clerk"
    tries = 0

    def start(self) -> None:
        self.tries += 1
        if self.tries < 3:
            raise OSError("the book is locked")


def test_a_consumer_that_starts_while_its_message_is_committed_is_given_it_once(run, state):
    made = graph_of({"payer": plan(Payer), "clerk": plan(LateClerk)}, ["payer.coin >> clerk.in"])
    runtime = run(made, **state)
    runtime.run_for(3)
    assert runtime.node("clerk").book == (5,)
    runtime.run_for(60)
    assert runtime.node("clerk").book == (5,)
    assert runtime.stop().undelivered == 0


def coins(count: int) -> list[int]:
    return list(range(20, 20 + count))


@pytest.mark.parametrize("left", [0, 1, 3, 4, 5, 20], ids=lambda n: f"{n} left behind")
def test_a_backlog_of_any_length_is_delivered_in_order_a_part_of_it_in_memory(
    run, state, monkeypatch, left
):
    monkeypatch.setattr("oppleo_flow.engine.durable.IN_MEMORY", 4)
    Clerk.broken = True
    runtime = run(office(), **state)
    pay(runtime, *coins(left))
    assert runtime.stop().undelivered == left
    again = run(office(), **state)
    pay(again, *(100 + n for n in coins(9)))
    Clerk.broken = False
    again.run_for(60)
    assert again.node("clerk").book == (*coins(left), *(100 + n for n in coins(9)))
    pay(again, 99)
    assert again.node("clerk").book[-1] == 99
    assert again.stop().undelivered == 0
