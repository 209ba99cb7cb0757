"""A disk that does not take the state of durable nodes."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from oppleo_flow import Level, Node, NodeConfig, Payload
from oppleo_flow.testing import graph_of, plan
from tests.oppleo_flow.engine.listener import PATIENCE_S, Heard


@dataclass(frozen=True, slots=True)
class Wish(Payload):
    on: bool

    @property
    def urgent(self) -> bool:
        return not self.on


@pytest.fixture
def live(run: Callable[..., Any], system_clock: Any) -> Callable[..., Any]:
    return lambda made, **options: run(made, system_clock, **options)


class Dimmer(Node[NodeConfig]):
    """Hold a wish, durably."""

    type_name = "dimmer"
    wish: Level[Wish]
    wishes: int = 0

    def on_message(self, on: bool) -> None:
        self.wishes += 1
        self.wish.set(Wish(on))


def test_switching_off_does_not_wait_for_a_disk_that_does_not_take_the_state(live, tmp_path):
    path = tmp_path / "state.sqlite"
    runtime = live(
        graph_of(
            {"dimmer": plan(Dimmer, durable=True), "heard": plan(Heard)}, ["dimmer.wish > heard.in"]
        ),
        state_path=path,
    )
    disk = sqlite3.connect(path, isolation_level=None)
    disk.execute("BEGIN EXCLUSIVE")
    runtime.inject("dimmer", "in", True)
    runtime.inject("dimmer", "in", False)
    assert runtime.node("heard").wait_for(1) == [Wish(False)]
    disk.execute("ROLLBACK")
    disk.close()
    runtime.inject("dimmer", "in", True)
    assert runtime.node("heard").wait_for(2) == [Wish(False), Wish(True)]


@contextmanager
def first_word_of(logger: str) -> Iterator[threading.Event]:
    """Give an event that is set when a logger says something."""
    said = threading.Event()

    def listen(record: logging.LogRecord) -> bool:
        said.set()
        return True

    logging.getLogger(logger).addFilter(listen)
    yield said
    logging.getLogger(logger).removeFilter(listen)


def test_a_disk_that_takes_no_state_is_a_trouble_until_it_does(live, tmp_path):
    path = tmp_path / "state.sqlite"
    runtime = live(
        graph_of(
            {"dimmer": plan(Dimmer, durable=True), "heard": plan(Heard)}, ["dimmer.wish > heard.in"]
        ),
        state_path=path,
    )
    assert runtime.wait_settled(PATIENCE_S)
    assert runtime.ready
    disk = sqlite3.connect(path, isolation_level=None)
    disk.execute("BEGIN EXCLUSIVE")
    with first_word_of("oppleo_flow.engine.troubles") as said:
        runtime.inject("dimmer", "in", True)
        assert said.wait(PATIENCE_S)
    assert runtime.snapshot().troubles == (
        f"{path}: the state could not be written: database is locked; "
        "make room, or see to the disk: it is tried again",
    )
    assert not runtime.ready
    disk.execute("ROLLBACK")
    disk.close()
    assert runtime.node("heard").wait_for(1) == [Wish(True)]
    assert runtime.snapshot().troubles == ()
